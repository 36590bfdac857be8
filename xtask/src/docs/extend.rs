//! The code in `docs/extend` is the code of `examples`, which the tests compile and run.

use std::path::Path;

use crate::sources;

const BEGIN: &str = "<!-- code: ";
const PROOF: &str = "## Prove it";

/// The documents with the code that they name. One that ends without its proof is a fault.
pub(super) fn pages(root: &Path) -> Result<Vec<(String, String)>, String> {
    let documents = sources::read(root, &["docs/extend"], "md")?;
    let renewed = documents.into_iter().map(|document| {
        if !document.path.ends_with("README.md") && !proves(&document.text) {
            return Err(format!("{} does not end with `{PROOF}` and a command", document.path));
        }
        let text = renew(&document.text, &|name| cut(root, name));
        Ok((document.path.clone(), text.map_err(|error| format!("{}: {error}", document.path))?))
    });
    renewed.collect()
}

/// Puts under each marker the code that it names, in place of the block that stands there.
fn renew(text: &str, cut: &dyn Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut renewed = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        renewed.push_str(line);
        renewed.push('\n');
        let Some(name) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        let fence = lines.next().filter(|line| line.starts_with("```"));
        let fence = fence.ok_or_else(|| format!("no block of code follows {name}"))?;
        if !lines.any(|line| line == "```") {
            return Err(format!("the block after {name} has no end"));
        }
        renewed.push_str(&format!("{fence}\n{}```\n", cut(name)?));
    }
    Ok(renewed)
}

/// The lines of a file between `docs:begin NAME` and `docs:end NAME`, moved to the left; `FILE#NAME`.
fn cut(root: &Path, name: &str) -> Result<String, String> {
    let (path, part) = name.split_once('#').ok_or_else(|| format!("{name} names no part of a file"))?;
    between(&sources::read_text(&root.join(path))?, part).ok_or_else(|| format!("there is no {name}"))
}

fn between(text: &str, part: &str) -> Option<String> {
    let marks = |line: &str, mark: &str| line.trim() == format!("// docs:{mark} {part}");
    let mut lines = text.lines().skip_while(|line| !marks(line, "begin"));
    lines.next()?;
    let mut found = Vec::new();
    loop {
        let line = lines.next()?;
        if marks(line, "end") {
            break;
        }
        if !line.trim_start().starts_with("// docs:") {
            found.push(line);
        }
    }
    let indents = found.iter().filter(|line| !line.is_empty());
    let indent = indents.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    Some(found.iter().map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect())
}

/// Whether the last section is the proof, and has a command.
fn proves(text: &str) -> bool {
    text.rsplit_once("\n## ")
        .is_some_and(|(_, last)| format!("## {last}").starts_with(PROOF) && last.contains("```console\n$ "))
}

#[cfg(test)]
mod tests;
