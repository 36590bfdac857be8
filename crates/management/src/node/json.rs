use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Content, Member, Node};
use crate::Problem;

/// Deeper than this is no profile.
const MAX_DEPTH: usize = 32;

/// Parses JSON (RFC 8259) and keeps the line of every value.
pub(crate) fn parse_json(text: &str) -> Result<Node, Problem> {
    let malformed = |error: serde_json::Error| Problem {
        path: String::new(),
        line: u64::try_from(error.line()).ok().filter(|line| *line > 0),
        message: format!("is no valid JSON: {error}"),
    };
    let whole: &RawValue = serde_json::from_str(text).map_err(malformed)?;
    Lines { text, starts: line_starts(text) }.node(whole, 0).map_err(malformed)
}

/// The text and where its lines begin, so that a part of it knows its line.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(breaks).collect()
}

impl<'a> Lines<'a> {
    fn node(&self, raw: &'a RawValue, depth: usize) -> Result<Node, serde_json::Error> {
        if depth > MAX_DEPTH {
            return Err(serde::de::Error::custom("nested too deeply"));
        }
        let line = self.line_of(raw);
        let content = match raw.get().as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(raw.get())?;
                let member = |(name, value): (String, &'a RawValue)| {
                    let value = self.node(value, depth + 1)?;
                    Ok(Member { name, line: value.line, value })
                };
                Content::Object(members.into_iter().map(member).collect::<Result<_, serde_json::Error>>()?)
            }
            Some(b'[') => {
                let Items(items) = serde_json::from_str(raw.get())?;
                let items = items.into_iter().map(|item| self.node(item, depth + 1));
                Content::List(items.collect::<Result<_, _>>()?)
            }
            _ => Node::made(serde_json::from_str(raw.get())?).content,
        };
        Ok(Node { line: Some(line), content })
    }

    fn line_of(&self, raw: &RawValue) -> u64 {
        let offset = raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        u64::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u64::MAX)
    }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl<'de> Visitor<'de> for Whole {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Whole)
    }
}

struct Items<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl<'de> Visitor<'de> for Whole {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(Whole)
    }
}
