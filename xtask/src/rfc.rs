//! `cargo xtask rfc`: which test holds which promise and which section.

mod checklist;
mod links;
mod names;
mod report;

use crate::sources::{self, Source};
use crate::work::Work;

const CHECKLIST: &str = "docs/reference/checklist.txt";
const SECTIONS: &str = "docs/reference/rfc-coverage.md";
const NUMBERS: &str = "docs/reference/contract-coverage.md";

/// All that was found in the sources.
struct Found {
    /// Every test, in the order of files and lines.
    tests: Vec<Test>,
    /// Every section that production code names.
    links: Vec<CodeLink>,
}

/// A test function, or a test of a client.
struct Test {
    file: String,
    name: String,
    /// The checklist numbers that it carries.
    items: Vec<names::Item>,
    /// The sections that it names.
    sections: Vec<links::Section>,
}

/// A section named by a comment of production code.
struct CodeLink {
    file: String,
    section: links::Section,
}

/// Runs the check, after renewing the two tables if that is asked for.
pub(crate) fn run(write: bool) -> Result<(), String> {
    let root = Work::find()?.root().to_path_buf();
    let rust = sources::read(&root, &["bins", "crates", "tests/clients"], "rs")?;
    let mut script = sources::read(&root, &["tests/clients"], "mjs")?;
    script.extend(sources::read(&root, &["tests/clients"], "py")?);
    let found = find(&rust, &script);
    let promised = checklist::parse(&sources::read_text(&root.join(CHECKLIST))?)?;
    let mut faults = Vec::new();
    for (path, text) in [(SECTIONS, report::sections(&found)), (NUMBERS, report::numbers(&found))] {
        let path_in_root = root.join(path);
        if write {
            sources::write_text(&path_in_root, &text)?;
        } else if sources::read_text(&path_in_root).ok().as_deref() != Some(text.as_str()) {
            faults.push(format!("{path} is stale: run `cargo xtask rfc --write`"));
        }
    }
    faults.extend(report::without_test(&found, &promised));
    if faults.is_empty() {
        println!(
            "{} promised items and {} section links have their tests",
            promised.len(),
            found.links.len()
        );
        return Ok(());
    }
    let gaps = faults.join("\n");
    if write {
        println!("{gaps}");
        return Ok(());
    }
    Err(gaps)
}

fn find(rust: &[Source], script: &[Source]) -> Found {
    let mut found = Found { tests: Vec::new(), links: Vec::new() };
    for file in rust {
        let sections = links::in_comments(&file.text);
        let tests = names::in_rust(&file.text, takes_clauses(file));
        if !file.is_test() {
            let sections = sections.iter().filter(|link| !tests.iter().any(|test| test.covers(link.line)));
            found.links.extend(
                sections.map(|link| CodeLink { file: file.path.clone(), section: link.section.clone() }),
            );
        }
        // What a test file's header names, every test of the file is about.
        let header = file.text.lines().take_while(|line| line.starts_with("//!")).count();
        let named = |test: &names::TestFn| {
            let own = sections
                .iter()
                .filter(|link| test.covers(link.line) || (file.is_test() && link.line < header));
            own.map(|link| link.section.clone()).collect()
        };
        found.tests.extend(tests.iter().map(|test| Test {
            file: file.path.clone(),
            name: test.name.clone(),
            items: test.items.clone(),
            sections: named(test),
        }));
    }
    for file in script {
        let tests = names::in_script(&file.text).into_iter();
        found.tests.extend(tests.map(|(name, items)| Test {
            file: file.path.clone(),
            name,
            items,
            sections: Vec::new(),
        }));
    }
    found
}

/// Tells whether plain functions with a number count: clauses of the storage contract and the tests
/// that a macro runs on every backend carry no `#[test]` of their own.
fn takes_clauses(file: &Source) -> bool {
    file.is_test() || file.path.starts_with("crates/storage-contract/")
}

#[cfg(test)]
mod tests;
