//! The two tables, and what is missing from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::links::Section;
use super::names::Item;
use super::{CodeLink, Found, Test};
use crate::sources::crate_folder;

const GENERATED: &str = "<!-- Written by `cargo xtask rfc --write`; edit the sources instead. -->\n";

/// The table of sections, each with the code that names it and a test.
pub(super) fn sections(found: &Found) -> String {
    let mut text = format!(
        "# Sections of the standards in the code\n\n{GENERATED}\n\
         A comment names the section that its check enforces. The test is one that names the same section, \
         or else the first one of the same module.\n\n\
         | section | code | test |\n|---|---|---|\n"
    );
    for (section, file) in rows(found) {
        let test = nearest(found, section, file);
        let test =
            test.map_or_else(|| "none".to_owned(), |test| format!("`{}` in `{}`", test.name, test.file));
        let _ = writeln!(text, "| {section} | `{file}` | {test} |");
    }
    text
}

/// The table of checklist numbers, each with its tests.
pub(super) fn numbers(found: &Found) -> String {
    let mut text = format!(
        "# Checklist numbers and their tests\n\n{GENERATED}\n\
         `core` and `ext` count the Authentication API's contract, `sp` the security promises, `rp` the \
         reliability promises.\n\n\
         | number | test | file |\n|---|---|---|\n"
    );
    let mut rows: BTreeMap<Item, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for test in &found.tests {
        for item in &test.items {
            rows.entry(*item).or_default().insert((&test.file, &test.name));
        }
    }
    for (item, tests) in &rows {
        for (file, name) in tests {
            let _ = writeln!(text, "| {item} | `{}` | `{file}` |", name.replace('|', "\\|"));
        }
    }
    text
}

/// Says which promised number and which section has no test.
pub(super) fn without_test(found: &Found, promised: &[Item]) -> Vec<String> {
    let tested: BTreeSet<_> = found.tests.iter().flat_map(|test| &test.items).collect();
    let mut missing: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for item in promised.iter().filter(|item| !tested.contains(item)) {
        missing.entry(item.list).or_default().push(item.number.to_string());
    }
    let numbers = missing.iter().map(|(list, numbers)| {
        format!("{} promised items of {list} have no test: {}", numbers.len(), numbers.join(" "))
    });
    let untested = rows(found).into_iter().filter(|(section, file)| nearest(found, section, file).is_none());
    numbers
        .chain(untested.map(|(section, file)| format!("{file} names {section}, and no test does")))
        .collect()
}

/// Each section with each file that names it, once.
fn rows(found: &Found) -> BTreeSet<(&Section, &str)> {
    found.links.iter().map(|CodeLink { file, section }| (section, file.as_str())).collect()
}

/// The test that stands nearest to a section's code: in its module and naming the section, then in its crate
/// and naming it, then in its module, then anywhere and naming it.
fn nearest<'a>(found: &'a Found, section: &Section, file: &str) -> Option<&'a Test> {
    let names = |test: &&Test| test.sections.contains(section);
    let beside = |test: &&Test| module_tests(file).contains(&test.file);
    let same_crate = |test: &&Test| crate_folder(&test.file) == crate_folder(file);
    let tests = || found.tests.iter();
    tests()
        .filter(beside)
        .find(names)
        .or_else(|| tests().filter(same_crate).find(names))
        .or_else(|| tests().find(beside))
        .or_else(|| tests().find(names))
}

/// Where the tests of a source file stand: in it, in its `tests.rs`, or below the crate's `tests` folder under
/// its name.
fn module_tests(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    let of_folder = format!("{folder}/tests.rs");
    let mut places = vec![file.to_owned()];
    if !matches!(name, "lib" | "main" | "mod") {
        places.push(format!("{stem}/tests.rs"));
        places.push(format!("{}/tests/{name}.rs", crate_folder(file)));
    }
    places.push(of_folder);
    places
}
