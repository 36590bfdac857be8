//! The list of rules is whole and true: whoever adds a rule explains it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::complete::collect;
use crate::page::{Rule, code, page, parse};
use crate::table::{AUTHORIZE, LOGOUT, TOKEN};

/// The crates whose rules a request can break.
const CRATES: [&str; 12] = [
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
    "token",
    "http",
];

/// What has the shape of a rule and is none: the contexts of faults, hosts, and what a provider said.
const NO_RULES: [&str; 5] =
    ["access_tokens.claims", "connections.token_not_bound", "auth0.com", "webtask.io", "webtask.run"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rules() -> Vec<Rule> {
    parse(&fs::read_to_string(root().join("docs/reference/rules.txt")).unwrap()).unwrap()
}

#[test]
fn every_rule_in_the_sources_is_explained_and_no_other() {
    let mut found = BTreeSet::new();
    for name in CRATES {
        collect(&root().join("crates").join(name).join("src"), &mut found);
    }
    // Its other words of this shape are the names of what scripts call.
    let mut of_scripts = BTreeSet::new();
    collect(&root().join("crates/actions/src"), &mut of_scripts);
    found.extend(of_scripts.into_iter().filter(|rule| rule.starts_with("actions.")));
    collect(&root().join("crates/auth0/src/social"), &mut found);
    found.retain(|rule| !NO_RULES.contains(&rule.as_str()));
    let explained: BTreeSet<String> = rules().into_iter().map(|rule| rule.id).collect();
    let lacking: Vec<_> = found.difference(&explained).collect();
    let idle: Vec<_> = explained.difference(&found).collect();
    assert!(
        lacking.is_empty() && idle.is_empty(),
        "not explained: {lacking:?}; not in the sources: {idle:?}"
    );
}

#[test]
fn rules_stand_in_order_and_once() {
    let ids: Vec<String> = rules().into_iter().map(|rule| rule.id).collect();
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn codes_are_those_of_the_dialects_table() {
    let rows = TOKEN.iter().chain(AUTHORIZE).chain(LOGOUT);
    let known: BTreeMap<&str, _> = rows.map(|row| (row.0, row.1.clone())).collect();
    for rule in rules() {
        if let Some(known) = known.get(rule.id.as_str()) {
            assert_eq!(&code(&rule.code), known, "{}", rule.id);
        }
    }
}

#[test]
fn texts_are_those_of_the_sources() {
    let mut sources = String::new();
    for name in CRATES.iter().chain(&["auth0", "actions"]) {
        read(&root().join("crates").join(name).join("src"), &mut sources);
    }
    // A literal may be broken over lines, and has its quotes escaped.
    let joined = sources.split("\\\n").map(str::trim_start).collect::<String>().replace("\\\"", "\"");
    for rule in rules().into_iter().filter(|rule| rule.text != "-") {
        assert!(joined.contains(&rule.text), "{} says elsewhere: {}", rule.id, rule.text);
    }
}

#[test]
fn the_page_is_up_to_date() {
    let path = root().join("docs/reference/errors.md");
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == page(&rules()), "docs/reference/errors.md is stale: run `cargo xtask docs --write`");
}

fn read(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}
