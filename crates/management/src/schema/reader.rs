use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Fate, Key, Shape, Verdict};
use crate::{
    Problem, Warning,
    node::{Content, Member, Node},
};

/// The line of every key and value that was read, by its path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines(BTreeMap<String, u64>);

impl Lines {
    /// Notes where a path stands.
    pub(crate) fn note(&mut self, path: &str, line: Option<u64>) {
        if let Some(line) = line {
            self.0.insert(path.to_owned(), line);
        }
    }

    /// The line of a path, else that of what it stands in.
    pub(crate) fn of(&self, path: &str) -> Option<u64> {
        self.0.get(path).copied().or_else(|| {
            let parent = path.rfind(['.', '[']).and_then(|end| path.get(..end))?;
            self.of(parent)
        })
    }

    /// A problem at a path.
    pub(crate) fn problem(&self, path: impl Into<String>, message: impl Into<String>) -> Problem {
        let path = path.into();
        Problem { line: self.of(&path), path, message: message.into() }
    }

    /// A warning at a path.
    pub(crate) fn warning(&self, path: impl Into<String>, message: impl Into<String>) -> Warning {
        let path = path.into();
        Warning { line: self.of(&path), path, message: message.into() }
    }
}

/// Reads objects by their tables and collects all that is wrong, so that no problem hides another.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Whether what would restrict access is a warning alone.
    pub(crate) allow_unenforced: bool,
    /// What cannot be taken.
    pub(crate) problems: Vec<Problem>,
    /// What has no effect yet.
    pub(crate) warnings: Vec<Warning>,
    /// Where everything stands.
    pub(crate) lines: Lines,
}

impl Reader {
    /// Adds a problem at a path.
    pub(crate) fn problem(&mut self, path: &str, message: impl Into<String>) {
        let problem = self.lines.problem(path, message);
        self.problems.push(problem);
    }

    /// Adds a warning at a path.
    pub(crate) fn warning(&mut self, path: &str, message: impl Into<String>) {
        let warning = self.lines.warning(path, message);
        self.warnings.push(warning);
    }

    /// Reads an object: the values of the keys that are kept, `null` for those set to their default.
    pub(crate) fn object(&mut self, path: &str, node: &Node, keys: &[Key]) -> Map<String, Value> {
        self.lines.note(path, node.line);
        let Content::Object(members) = &node.content else {
            self.problem(path, format!("must be an object and is {}", node.kind()));
            return Map::new();
        };
        let mut values = Map::new();
        for (position, member) in members.iter().enumerate() {
            let path = join(path, &member.name);
            if let Some(first) = members.iter().take(position).find(|other| other.name == member.name) {
                self.repeated(&path, member, first.line);
            } else if let Some(value) = self.member(&path, member, keys) {
                values.insert(member.name.clone(), value);
            }
        }
        values
    }

    fn repeated(&mut self, path: &str, member: &Member, first: Option<u64>) {
        let first = first.map(|line| format!(", first on line {line}")).unwrap_or_default();
        let message = format!("stands twice{first}");
        self.problems.push(Problem { path: path.to_owned(), line: member.line, message });
    }

    fn member(&mut self, path: &str, member: &Member, keys: &[Key]) -> Option<Value> {
        self.lines.note(path, member.line);
        let Some(key) = keys.iter().find(|key| key.is_named(&member.name)) else {
            self.problem(path, "is no key that Auth0 or Countersign knows");
            return None;
        };
        if let Fate::Ignored(why) = key.fate {
            self.warning(path, format!("is left out: {why}"));
            return None;
        }
        let value = self.value(path, &member.value, key.shape)?;
        if key.restricts.is_some_and(|restricts| restricts(&value)) {
            self.unenforced(path);
        } else if key.fate == Fate::Unused {
            self.warning(path, "has no effect yet");
        }
        if let Some((_, instead)) = key.remark.filter(|(when, _)| when(&value)) {
            self.warning(path, instead);
        }
        Some(value)
    }

    /// Reports something that would restrict access and does not yet.
    pub(crate) fn unenforced(&mut self, path: &str) {
        if self.allow_unenforced {
            self.warning(path, "would restrict access at Auth0 and is not enforced");
        } else {
            self.problem(
                path,
                "would restrict access and is not enforced yet; allow that explicitly (--allow-unenforced) or take it out",
            );
        }
    }

    fn value(&mut self, path: &str, node: &Node, shape: Shape) -> Option<Value> {
        if node.is_null() {
            return Some(Value::Null);
        }
        match (shape, &node.content) {
            (Shape::Any, _) | (Shape::Free, Content::Object(_)) => Some(node.to_value()),
            (Shape::Flag, Content::Flag(flag)) => Some(Value::Bool(*flag)),
            (Shape::Whole(least, most), Content::Number(number)) => match number.as_i64() {
                Some(whole) if (least..=most).contains(&whole) => Some(Value::from(whole)),
                _ => self.refuse(path, &format!("must be a whole number from {least} to {most}")),
            },
            (Shape::Number(least, most), Content::Number(number)) => match number.as_f64() {
                Some(value) if (least..=most).contains(&value) => Some(Value::from(value)),
                _ => self.refuse(path, &format!("must be a number from {least} to {most}")),
            },
            (Shape::Text(rule), Content::Text(text)) => self.text(path, text, rule).flatten(),
            (Shape::Texts(rule), Content::List(items)) => Some(self.texts(path, items, rule)),
            (Shape::Choice(built, unbuilt), Content::Text(text)) => self.choice(path, text, (built, unbuilt)),
            (Shape::Object(keys), Content::Object(_)) => Some(Value::Object(self.object(path, node, keys))),
            (Shape::Objects(keys), Content::List(items)) => Some(self.objects(path, items, keys)),
            (shape, _) => {
                let hint = if wants_text(shape) { "; put it in quotes if it is one" } else { "" };
                let message = format!("must be {} and is {}{hint}", wanted(shape), node.kind());
                self.refuse(path, &message)
            }
        }
    }

    fn refuse<T>(&mut self, path: &str, message: &str) -> Option<T> {
        self.problem(path, message);
        None
    }

    /// The text as judged: outer `None` refused or left out, inner `None` unset.
    fn text(&mut self, path: &str, text: &str, rule: fn(&str) -> Verdict) -> Option<Option<Value>> {
        if has_keyword(text) {
            return self.refuse(
                path,
                "has a keyword of the deploy CLI (##NAME## or @@NAME@@), which is not replaced here",
            );
        }
        match rule(text) {
            Verdict::Keep => Some(Some(Value::from(text))),
            Verdict::KeepBut(warning) => {
                self.warning(path, warning);
                Some(Some(Value::from(text)))
            }
            Verdict::Leave(warning) => {
                self.warning(path, warning);
                None
            }
            Verdict::Unset => Some(Some(Value::Null)),
            Verdict::Refuse(message) => self.refuse(path, &message),
        }
    }

    fn texts(&mut self, path: &str, items: &[Node], rule: fn(&str) -> Verdict) -> Value {
        let mut texts: Vec<Value> = Vec::new();
        for (position, item) in items.iter().enumerate() {
            let path = format!("{path}[{position}]");
            self.lines.note(&path, item.line);
            let value = match &item.content {
                Content::Text(text) => self.text(&path, text, rule).flatten(),
                _ => self.refuse(&path, &format!("must be text and is {}", item.kind())),
            };
            if let Some(value) = value.filter(|value| !value.is_null() && !texts.contains(value)) {
                texts.push(value);
            }
        }
        Value::Array(texts)
    }

    fn objects(&mut self, path: &str, items: &[Node], keys: &[Key]) -> Value {
        let object = |(position, item): (usize, &Node)| {
            Value::Object(self.object(&format!("{path}[{position}]"), item, keys))
        };
        Value::Array(items.iter().enumerate().map(object).collect())
    }

    fn choice(&mut self, path: &str, text: &str, (built, unbuilt): (&[&str], &[&str])) -> Option<Value> {
        if built.contains(&text) {
            return Some(Value::from(text));
        }
        let all = built.join(", ");
        if unbuilt.contains(&text) {
            self.refuse(path, &format!("{text} is not built yet; today it is one of: {all}"))
        } else {
            self.refuse(path, &format!("must be one of: {all}"))
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn wanted(shape: Shape) -> &'static str {
    match shape {
        Shape::Any => "anything",
        Shape::Flag => "true or false",
        Shape::Whole(..) => "a whole number",
        Shape::Number(..) => "a number",
        Shape::Text(_) | Shape::Choice(..) => "text",
        Shape::Texts(_) => "a list of texts",
        Shape::Free | Shape::Object(_) => "an object",
        Shape::Objects(_) => "a list of objects",
    }
}

fn wants_text(shape: Shape) -> bool {
    matches!(shape, Shape::Text(_) | Shape::Choice(..))
}

/// Whether `##NAME##` or `@@NAME@@` stands in a text.
fn has_keyword(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    ["##", "@@"].into_iter().any(|mark| {
        let after = text.split_once(mark).map(|(_, after)| after);
        after.and_then(|after| after.split_once(mark)).is_some_and(|(name, _)| is_name(name))
    })
}
