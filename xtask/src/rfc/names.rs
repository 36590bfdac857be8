//! Checklist numbers in the names of tests.

use std::fmt;

/// The lists that tests are numbered by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum List {
    /// The Authentication API's core contract.
    Core,
    /// Its extended contract.
    Ext,
    /// The security promises.
    Sp,
    /// The reliability promises.
    Rp,
}

/// The lists with their prefix, their digits in a name, and their last number.
const LISTS: [(List, &str, usize, u16); 4] = [
    (List::Core, "core", 3, 276),
    (List::Ext, "ext", 3, 170),
    (List::Sp, "sp", 3, 198),
    (List::Rp, "rp", 2, 45),
];

/// One number of one list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Item {
    pub(super) list: List,
    pub(super) number: u16,
}

impl fmt::Display for List {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(LISTS.iter().find(|(list, ..)| list == self).map_or("", |(_, prefix, ..)| prefix))
    }
}

impl fmt::Display for Item {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.list, self.number)
    }
}

impl Item {
    /// Reads a number of a list, such as `core` and `34`.
    pub(super) fn parse(prefix: &str, number: &str) -> Option<Self> {
        let (list, .., last) = LISTS.iter().find(|(_, known, ..)| *known == prefix)?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|number| digits && (1..=*last).contains(number))?;
        Some(Self { list: *list, number })
    }
}

/// A test function and the lines that it takes.
pub(super) struct TestFn {
    pub(super) name: String,
    pub(super) items: Vec<Item>,
    from: usize,
    to: usize,
}

impl TestFn {
    /// Tells whether a line belongs to the test: its comment, its attributes, its body.
    pub(super) fn covers(&self, line: usize) -> bool {
        (self.from..self.to).contains(&line)
    }
}

/// Reads the numbers of a name: those that follow a list's prefix at once, as in
/// `core_039_040_sp_024_one_winner`.
pub(super) fn items(name: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut list = None;
    for word in name.split('_') {
        if let Some(found) = LISTS.iter().find(|(_, prefix, ..)| *prefix == word) {
            list = Some(found);
            continue;
        }
        let item = list.and_then(
            |(_, prefix, digits, _)| {
                if word.len() == *digits { Item::parse(prefix, word) } else { None }
            },
        );
        match item {
            Some(item) => items.push(item),
            None => list = None,
        }
    }
    items
}

/// Finds the test functions of a Rust file. With `clauses`, a function with a number needs no `#[test]`.
pub(super) fn in_rust(text: &str, clauses: bool) -> Vec<TestFn> {
    let mut tests: Vec<TestFn> = Vec::new();
    let mut head = None;
    let mut attributes = String::new();
    let mut count = 0;
    for (at, line) in text.lines().enumerate() {
        count = at + 1;
        let line = line.trim();
        if line.starts_with("#[") || line.starts_with("///") || line.starts_with("// ") {
            head.get_or_insert(at);
            if line.starts_with("#[") {
                attributes.push_str(line);
            }
            continue;
        }
        if let Some(name) = function(line) {
            let items = items(name);
            let from = head.unwrap_or(at);
            let marked = attributes.contains("[test]") || attributes.contains("::test");
            if let Some(before) = tests.last_mut().filter(|before| before.to == usize::MAX) {
                before.to = from;
            }
            if (marked || (clauses && !items.is_empty())) && !attributes.contains("#[ignore") {
                tests.push(TestFn { name: name.to_owned(), items, from, to: usize::MAX });
            }
        }
        head = None;
        attributes.clear();
    }
    if let Some(last) = tests.last_mut().filter(|last| last.to == usize::MAX) {
        last.to = count;
    }
    tests
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let mut rest = line;
    for word in ["pub(crate) ", "pub(super) ", "pub ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

/// Finds the numbers of a script of client tests: `core_034` anywhere, and `core 34, 35:` in a line.
pub(super) fn in_script(text: &str) -> Vec<(String, Vec<Item>)> {
    let mut tests: Vec<(String, Vec<Item>)> = Vec::new();
    for line in text.lines() {
        let words = line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let mut found: Vec<Item> = words.flat_map(items).collect();
        for (_, prefix, ..) in LISTS {
            found.extend(spelled_out(line, prefix));
        }
        if found.is_empty() {
            continue;
        }
        let title = method(line).or_else(|| quoted(line)).unwrap_or_else(|| line.trim());
        found.sort_unstable();
        found.dedup();
        tests.push((title.to_owned(), found));
    }
    tests
}

/// Reads `core 34, 35:`; the colon tells a title from a sentence.
fn spelled_out(line: &str, prefix: &str) -> Vec<Item> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices(prefix) {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + prefix.len()..).and_then(|after| after.strip_prefix(' '));
        let (Some(after), false) = (after, before.is_some_and(char::is_alphanumeric)) else { continue };
        let Some((numbers, _)) = after.split_once(':') else { continue };
        // Another list's number may stand between, as in `core 34 sp 24:`.
        let numbers = numbers.split([' ', ',', '/']).filter(|word| !word.is_empty());
        found.extend(numbers.map_while(|number| Item::parse(prefix, number)));
    }
    found
}

/// The name of the Python function that a line begins.
fn method(line: &str) -> Option<&str> {
    line.trim().strip_prefix("def ")?.split('(').next()
}

/// The first string in a line.
fn quoted(line: &str) -> Option<&str> {
    let quote = line.chars().find(|letter| matches!(letter, '"' | '\'' | '`'))?;
    line.split(quote).nth(1)
}
