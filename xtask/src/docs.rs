//! `cargo xtask docs`: the pages of `docs/reference` and the code in `docs/extend`, made from the sources.

mod api;
mod extend;

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::sources;
use crate::work::Work;

const RULES: &str = "docs/reference/rules.txt";
const ERRORS: &str = "docs/reference/errors.md";
const API: &str = "docs/reference/api";

/// Checks that the pages are what the sources make, or writes them.
pub(crate) fn run(write: bool) -> Result<(), String> {
    let work = Work::find()?;
    let mut pages = api::pages(&sources::read(work.root(), &["crates"], "rs")?);
    for (name, _) in &mut pages {
        *name = format!("{API}/{name}.txt");
    }
    let idle = idle(work.root(), &pages)?;
    pages.push((ERRORS.to_owned(), errors(&work)?));
    pages.extend(extend::pages(work.root())?);
    let mut faults = Vec::new();
    for (path, text) in &pages {
        let place = work.root().join(path);
        if sources::read_text(&place).is_ok_and(|found| found == *text) {
            continue;
        }
        if write {
            sources::write_text(&place, text)?;
        } else {
            faults.push(format!("{path} is stale: run `cargo xtask docs --write`"));
        }
    }
    for path in idle {
        if write {
            let removed = std::fs::remove_file(work.root().join(&path));
            removed.map_err(|error| format!("{path} cannot be removed: {error}"))?;
        } else {
            faults.push(format!("{path} is of no crate: run `cargo xtask docs --write`"));
        }
    }
    if faults.is_empty() {
        println!("{} pages are what the sources make", pages.len());
        return Ok(());
    }
    Err(faults.join("\n"))
}

/// Lists of crates that are no more.
fn idle(root: &Path, pages: &[(String, String)]) -> Result<Vec<String>, String> {
    let found = sources::read(root, &[API], "txt")?;
    let paths = found.into_iter().map(|source| source.path);
    Ok(paths.filter(|path| !pages.iter().any(|(known, _)| known == path)).collect())
}

/// The page of refusals, as the dialect itself dresses them.
fn errors(work: &Work) -> Result<String, String> {
    let rules = sources::read_text(&work.root().join(RULES))?;
    let mut command =
        work.cargo(&["run", "-q", "--locked", "-p", "countersign-auth0", "--example", "errors"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let fail = |error: std::io::Error| format!("the page of refusals is not made: {error}");
    let mut child = command.spawn().map_err(fail)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(rules.as_bytes()).map_err(fail)?;
    }
    let output = child.wait_with_output().map_err(fail)?;
    if !output.status.success() {
        return Err(format!("the page of refusals is not made: {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("the page of refusals is no text: {error}"))
}
