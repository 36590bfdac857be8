//! JSON inside a script.

use serde_json::Value;

/// Writes a value so that it can stand inside a `<script>`: nothing in it can end the element, begin a
/// comment or another one, or end a line.
pub(crate) fn in_script(value: &Value) -> String {
    let json = value.to_string();
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
