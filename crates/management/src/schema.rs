//! Which keys an object may have, and what becomes of each: the tables' types and their reader.

mod reader;

use serde_json::Value;

pub(crate) use reader::{Lines, Reader};

/// Says something of a value.
pub(crate) type Test = fn(&Value) -> bool;

/// One key of an object of Auth0's, or an extension of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Its name; a trailing `*` stands for any rest.
    pub(crate) name: &'static str,
    /// What its value must be.
    pub(crate) shape: Shape,
    /// What becomes of it.
    pub(crate) fate: Fate,
    /// Values that would restrict access and are not enforced yet.
    pub(crate) restricts: Option<Test>,
    /// Values that do not do what they do at Auth0, and what happens instead.
    pub(crate) remark: Option<(Test, &'static str)>,
}

/// What a value must be. `null` always is allowed and means the default.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// `true` or `false`.
    Flag,
    /// A whole number between the two.
    Whole(i64, i64),
    /// A number between the two.
    Number(f64, f64),
    /// A text that the rule judges.
    Text(fn(&str) -> Verdict),
    /// A list of texts, each judged.
    Texts(fn(&str) -> Verdict),
    /// One of the first; one of the second exists at Auth0 and is not built yet.
    Choice(&'static [&'static str], &'static [&'static str]),
    /// An object with whatever keys.
    Free,
    /// An object with these keys.
    Object(&'static [Key]),
    /// A list of objects with these keys.
    Objects(&'static [Key]),
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It has its effect.
    Used,
    /// Auth0 has it; it is kept and has no effect yet.
    Unused,
    /// It is not kept, for that reason.
    Ignored(&'static str),
}

/// What a rule thinks of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Right.
    Keep,
    /// Right, with a warning.
    KeepBut(String),
    /// Left out, with a warning.
    Leave(String),
    /// The same as `null`.
    Unset,
    /// Wrong.
    Refuse(String),
}

impl Key {
    const fn new(name: &'static str, shape: Shape, fate: Fate) -> Self {
        Self { name, shape, fate, restricts: None, remark: None }
    }

    /// Some values of it would restrict access.
    pub(crate) const fn restricting(mut self, when: Test) -> Self {
        self.restricts = Some(when);
        self
    }

    /// Some values of it do not do what they do at Auth0.
    pub(crate) const fn remarking(mut self, when: Test, instead: &'static str) -> Self {
        self.remark = Some((when, instead));
        self
    }

    /// Whether it is the key of that name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name.strip_suffix('*').map_or(self.name == name, |prefix| name.starts_with(prefix))
    }
}

/// A key that has its effect.
pub(crate) const fn used(name: &'static str, shape: Shape) -> Key {
    Key::new(name, shape, Fate::Used)
}

/// A key of Auth0's that has no effect yet.
pub(crate) const fn unused(name: &'static str, shape: Shape) -> Key {
    Key::new(name, shape, Fate::Unused)
}

/// A key of Auth0's that is not kept.
pub(crate) const fn ignored(name: &'static str, why: &'static str) -> Key {
    Key::new(name, Shape::Any, Fate::Ignored(why))
}

/// `true`.
pub(crate) fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true)
}

/// `false`.
pub(crate) fn is_false(value: &Value) -> bool {
    value == &Value::Bool(false)
}

/// Anything but `null`, the empty list and the empty object.
pub(crate) fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

/// Whether the value at a JSON pointer is `true`.
pub(crate) fn holds(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).is_some_and(is_true)
}

#[cfg(test)]
mod tests;
