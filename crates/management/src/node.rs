//! What stands in a file, with the line it stands on.

mod json;
mod yaml;

use serde_json::{Map, Number, Value};

pub(crate) use json::parse_json;
pub(crate) use yaml::parse_yaml;

/// A value of a YAML or JSON file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// The line it begins on; `None` for a value that was made, not read.
    pub(crate) line: Option<u64>,
    /// The value.
    pub(crate) content: Content,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Null,
    Flag(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A key and its value; a key may stand twice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) line: Option<u64>,
    pub(crate) value: Node,
}

impl Node {
    /// A node of a value that no file holds.
    pub(crate) fn made(value: Value) -> Self {
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(flag) => Content::Flag(flag),
            Value::Number(number) => Content::Number(number),
            Value::String(text) => Content::Text(text),
            Value::Array(items) => Content::List(items.into_iter().map(Self::made).collect()),
            Value::Object(members) => Content::Object(
                members
                    .into_iter()
                    .map(|(name, value)| Member { name, line: None, value: Self::made(value) })
                    .collect(),
            ),
        };
        Self { line: None, content }
    }

    /// The value alone; of a key that stands twice the last one.
    pub(crate) fn to_value(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Flag(flag) => Value::Bool(*flag),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Content::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|member| (member.name.clone(), member.value.to_value()))
                    .collect::<Map<String, Value>>(),
            ),
        }
    }

    /// The value of a key, of an object.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        match &self.content {
            Content::Object(members) => {
                members.iter().find(|member| member.name == name).map(|member| &member.value)
            }
            _ => None,
        }
    }

    /// Whether it is `null`, or a key without a value.
    pub(crate) fn is_null(&self) -> bool {
        self.content == Content::Null
    }

    /// What it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "nothing",
            Content::Flag(_) => "true or false",
            Content::Number(_) => "a number",
            Content::Text(_) => "text",
            Content::List(_) => "a list",
            Content::Object(_) => "an object",
        }
    }
}

#[cfg(test)]
mod tests;
