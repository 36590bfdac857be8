/// The one form in which an e-mail address or username is stored, compared and counted: trimmed and
/// lower-cased. Over 320 bytes nothing matches.
#[must_use]
pub fn normalise_identifier(typed: &str) -> Option<String> {
    let trimmed = typed.trim();
    (!trimmed.is_empty() && trimmed.len() <= 320).then(|| trimmed.to_lowercase())
}

#[cfg(test)]
mod tests;
