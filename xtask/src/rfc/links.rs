//! Sections of standards in comments: `RFC 7636 §4.1`, `RFC 9449 section 4.3`.

use std::cmp::Ordering;
use std::fmt;

/// How other standards than RFCs are spelled, and their one name in the table.
const DOCUMENTS: [(&str, &str); 10] = [
    ("OpenID Connect Core", "OpenID Connect Core"),
    ("OIDC Core", "OpenID Connect Core"),
    ("OpenID Connect Discovery", "OpenID Connect Discovery"),
    ("OpenID Connect RP-Initiated Logout", "OpenID Connect RP-Initiated Logout"),
    ("OpenID Connect Back-Channel Logout", "OpenID Connect Back-Channel Logout"),
    ("OpenID Connect Session Management", "OpenID Connect Session Management"),
    ("OAuth 2.0 Multiple Response Type Encoding Practices", "OAuth 2.0 Multiple Response Types"),
    ("OAuth 2.0 Multiple Response Types", "OAuth 2.0 Multiple Response Types"),
    ("OAuth 2.0 Form Post Response Mode", "OAuth 2.0 Form Post Response Mode"),
    ("FAPI 2.0 Security Profile", "FAPI 2.0 Security Profile"),
];

/// A section of a standard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Section {
    document: String,
    number: String,
}

impl fmt::Display for Section {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} §{}", self.document, self.number)
    }
}

impl Section {
    fn parts(&self) -> (&str, Vec<(u32, &str)>) {
        // A letter (an appendix) comes after all numbers.
        let part = |part| (str::parse(part).unwrap_or(u32::MAX), part);
        (&self.document, self.number.split('.').map(part).collect())
    }
}

impl Ord for Section {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Section {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A section and the line (from 0) that names it.
pub(super) struct Link {
    pub(super) section: Section,
    pub(super) line: usize,
}

/// Finds the sections named in a file's comments. A name may be broken over two lines.
pub(super) fn in_comments(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut block = String::new();
    let mut starts: Vec<(usize, usize)> = Vec::new();
    // The empty line at the end closes the last block.
    for (at, line) in text.lines().chain([""]).enumerate() {
        let Some(comment) = comment(line) else {
            links.extend(in_block(&block, &starts));
            block.clear();
            starts.clear();
            continue;
        };
        starts.push((block.len(), at));
        block.push_str(comment);
        block.push(' ');
    }
    links
}

/// The words of a comment, if the line has one.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim();
    let words = match line.strip_prefix("//") {
        Some(words) => words.trim_start_matches(['/', '!']),
        None => line.split_once(" // ")?.1,
    };
    Some(words.trim())
}

fn in_block(block: &str, starts: &[(usize, usize)]) -> Vec<Link> {
    let mut links = Vec::new();
    let line_of = |rest: &str| {
        let offset = block.len() - rest.len();
        let started = starts.iter().rev().find(|(start, _)| *start <= offset);
        started.map_or(0, |(_, line)| *line)
    };
    let mut rest = block;
    while let Some(first) = rest.chars().next() {
        let Some((document, after)) = document(rest) else {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        };
        let line = line_of(rest);
        rest = after;
        while let Some((number, after)) = section(rest) {
            let section = Section { document: document.clone(), number: number.to_owned() };
            links.push(Link { section, line });
            rest = after;
        }
    }
    links
}

/// Reads the name of a standard.
fn document(text: &str) -> Option<(String, &str)> {
    if let Some(after) = text.strip_prefix("RFC") {
        let after = after.trim_start_matches([' ', '-']);
        let end = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        return (3..=4).contains(&end).then(|| (format!("RFC {number}"), after));
    }
    let (spelled, name) = DOCUMENTS.iter().find(|(spelled, _)| text.starts_with(spelled))?;
    let after = text.strip_prefix(spelled)?;
    Some(((*name).to_owned(), after.strip_prefix(" 1.0").unwrap_or(after)))
}

/// Reads the next section of the standard named before: ` §4.1`, `, section 4.3`, ` and §5`.
fn section(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', ',', ';', ']', '`', '/']);
    let text = text.strip_prefix("and ").unwrap_or(text);
    let marks = ["§§", "§", "section ", "Section ", "sections ", "Sections "];
    let text = marks.iter().find_map(|mark| text.strip_prefix(mark))?.trim_start();
    let end =
        text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.').unwrap_or(text.len());
    let (number, after) = text.split_at(end);
    let number = number.trim_end_matches('.');
    let first = number.split('.').next().unwrap_or_default();
    let numbered = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let appendix = first.len() == 1 && first.bytes().all(|byte| byte.is_ascii_uppercase());
    (numbered || appendix).then_some((number, after))
}
