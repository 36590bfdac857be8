use serde_json::Value;

use super::{Entry, TenantFile, rules::MAX_CODE_BYTES};
use crate::Problem;

impl TenantFile {
    /// Puts source texts in the place of the paths that the deploy CLI writes: `code: ./actions/first/code.js`.
    ///
    /// `read` gives the text of a path relative to the file, or says why there is none.
    ///
    /// # Errors
    /// A problem for every text that cannot be read or is too long.
    pub fn load_code(&mut self, read: impl Fn(&str) -> Result<String, String>) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        let lines = &self.lines;
        let mut load = |entry: &mut Entry, key: &str| {
            let path = entry.key(key);
            let Some(Value::String(given)) = entry.given.get_mut(key) else { return };
            if !is_path(given) {
                return;
            }
            match read(given) {
                Ok(code) if code.len() > MAX_CODE_BYTES => {
                    problems.push(lines.problem(path, format!("names {given}, which has more than 100 kB")));
                }
                Ok(code) => *given = code,
                Err(why) => problems.push(lines.problem(path, format!("names {given}: {why}"))),
            }
        };
        self.actions.iter_mut().for_each(|entry| load(entry, "code"));
        self.rules.iter_mut().for_each(|entry| load(entry, "script"));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// Whether a text is the path of a script: one line that ends in `.js`. Source that does is a comment at most.
fn is_path(text: &str) -> bool {
    text.ends_with(".js")
        && !text.contains('\n')
        && !text.starts_with("//")
        && !text.contains(['(', '{', ';'])
}

#[cfg(test)]
mod tests;
