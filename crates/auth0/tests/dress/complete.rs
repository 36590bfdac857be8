//! No rule is left out of the table: whoever adds one decides how it is dressed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::table::{AUTHORIZE, LOGOUT, TOKEN};

/// The crates below this one whose refusals it dresses.
const CRATES: [&str; 10] = [
    "oauth",
    "pkce",
    "client-auth",
    "gate",
    "users",
    "token-endpoint",
    "grants",
    "authorization-endpoint",
    "openid",
    "dpop",
];

/// Kinds of rules that are no refusals of OAuth: userinfo has challenges of its own, a login its page,
/// and what a provider said is for the log.
const ELSEWHERE: [&str; 3] = ["userinfo.", "login.", "connections."];

/// Rule ids in string literals: a word, a full stop, words with underscores.
fn rules_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2).filter(|literal| {
        let halves = literal.split_once('.');
        halves.is_some_and(|(kind, rule)| {
            let word = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            };
            word(kind) && word(rule)
        })
    })
}

pub(crate) fn collect(folder: &Path, rules: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, rules);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                rules.extend(rules_in(line).map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_rule_of_the_crates_below_has_its_row() {
    let crates = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut rules = BTreeSet::new();
    for name in CRATES {
        collect(&crates.join(name).join("src"), &mut rules);
    }
    collect(&crates.join("auth0/src/social"), &mut rules);
    rules.retain(|rule| !ELSEWHERE.iter().any(|kind| rule.starts_with(kind)));
    assert!(rules.len() > 100, "the search finds them: {rules:?}");
    let known: BTreeSet<String> =
        TOKEN.iter().chain(AUTHORIZE).chain(LOGOUT).map(|row| row.0.to_owned()).collect();
    let missing: Vec<_> = rules.difference(&known).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
}
