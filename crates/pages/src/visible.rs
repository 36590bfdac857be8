/// A value as a page shows it: without characters that act on the text around them.
///
/// Control characters and the explicit marks of the bidirectional algorithm (UAX #9) go; with them, a
/// client's name could turn around or end the isolation of what the page itself says.
pub(crate) fn visible(value: &str) -> String {
    value.chars().filter(|c| !c.is_control() && !turns_text(*c)).collect()
}

fn turns_text(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
