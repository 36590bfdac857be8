//! The list of clauses is whole.

use std::collections::BTreeSet;

const LIB: &str = include_str!("lib.rs");

#[test]
fn every_clause_is_in_the_suite() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut written = BTreeSet::new();
    for file in source.read_dir().unwrap() {
        let path = file.unwrap().path();
        let subject = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for line in text.lines() {
            let clause =
                line.strip_prefix("pub fn ").and_then(|rest| rest.split_once("(storage: &dyn Storage)"));
            written.extend(clause.map(|(name, _)| format!("{subject}::{name}")));
        }
    }
    let listed: BTreeSet<_> = LIB
        .lines()
        .map(str::trim)
        .filter(|line| {
            line.contains("::") && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b))
        })
        .map(str::to_owned)
        .collect();
    assert!(written.len() > 100, "clauses are found by the form of their first line");
    assert_eq!(written, listed);
}
