//! The list of promised items.

use super::names::Item;

/// Reads one item a line, such as `core 34`; `#` begins a comment.
pub(super) fn parse(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let item = line.split_once(' ').and_then(|(list, number)| Item::parse(list, number.trim()));
        let item = item.ok_or_else(|| format!("line {} of the checklist is no item: `{line}`", at + 1))?;
        if items.contains(&item) {
            return Err(format!("line {} of the checklist comes twice: `{line}`", at + 1));
        }
        items.push(item);
    }
    Ok(items)
}
