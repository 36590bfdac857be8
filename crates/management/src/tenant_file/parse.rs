use countersign_oauth::Secret;
use serde_json::{Map, Value};

use super::{
    Entry, ParseOptions, TenantFile,
    check::check,
    connection,
    keys::{
        ACTION, API, CLIENT, CLIENT_GRANT, CONNECTION, DATABASE, RULE, RULES_CONFIG, SECTIONS, TENANT,
        TRIGGERS,
    },
};
use crate::{
    Problem, Warning,
    node::{Content, Member, Node, parse_yaml},
    schema::{Key, Reader},
};

impl TenantFile {
    /// Parses and checks a file: every key known, every value right, and each object valid by itself.
    ///
    /// What it refers to is looked up when it is applied, since it may stand in the store.
    ///
    /// # Errors
    /// All problems, each with its path and line.
    pub fn parse(yaml: &str, options: ParseOptions) -> Result<(Self, Vec<Warning>), Vec<Problem>> {
        let node = parse_yaml(yaml).map_err(|problem| vec![problem])?;
        Self::read(&node, options)
    }

    /// Reads and checks what a file holds.
    pub(crate) fn read(node: &Node, options: ParseOptions) -> Result<(Self, Vec<Warning>), Vec<Problem>> {
        let mut reader = Reader { allow_unenforced: options.allow_unenforced, ..Reader::default() };
        let mut file = Self::default();
        reader.lines.note("", node.line);
        match &node.content {
            Content::Null => {}
            Content::Object(members) => {
                for (position, member) in members.iter().enumerate() {
                    if members.iter().take(position).any(|other| other.name == member.name) {
                        reader.lines.note(&member.name, member.line);
                        reader.problem(&member.name, "stands twice");
                    } else {
                        file.read_section(&mut reader, member);
                    }
                }
            }
            _ => reader.problem("", format!("must be an object of sections and is {}", node.kind())),
        }
        check(&file, &mut reader);
        connection::check(&file, options, &mut reader);
        file.lines = reader.lines;
        if reader.problems.is_empty() { Ok((file, reader.warnings)) } else { Err(in_order(reader.problems)) }
    }

    fn read_section(&mut self, reader: &mut Reader, member: &Member) {
        match member.name.as_str() {
            "tenant" if member.value.is_null() => {}
            "tenant" => self.tenant = reader.object("tenant", &member.value, TENANT),
            "clients" => self.clients = read_list(reader, member, CLIENT),
            "resourceServers" => self.apis = read_list(reader, member, API),
            "clientGrants" => self.client_grants = read_list(reader, member, CLIENT_GRANT),
            "connections" => {
                self.connections = read_list(reader, member, CONNECTION);
                self.connections.iter_mut().for_each(connection::take_secrets);
            }
            "databases" => self.databases = read_list(reader, member, DATABASE),
            "actions" => self.actions = read_list(reader, member, ACTION),
            "rules" => self.rules = read_list(reader, member, RULE),
            "rulesConfigs" => {
                let entries = read_list(reader, member, RULES_CONFIG);
                let pairs = entries.into_iter().filter_map(|mut entry| pair(&mut entry.given, "key"));
                self.rules_configuration = Some(object_of(pairs));
            }
            "triggers" if member.value.is_null() => {}
            "triggers" => self.triggers = Some(reader.object("triggers", &member.value, TRIGGERS)),
            _ => {
                let section = Node { line: member.line, content: Content::Object(vec![member.clone()]) };
                reader.object("", &section, SECTIONS);
            }
        }
    }
}

fn read_list(reader: &mut Reader, member: &Member, keys: &[Key]) -> Vec<Entry> {
    reader.lines.note(&member.name, member.line);
    match &member.value.content {
        Content::Null => Vec::new(),
        Content::List(items) => {
            let entry = |(position, item): (usize, &Node)| {
                read_entry(reader, format!("{}[{position}]", member.name), item, keys)
            };
            items.iter().enumerate().filter_map(entry).collect()
        }
        _ => {
            reader.problem(&member.name, format!("must be a list and is {}", member.value.kind()));
            Vec::new()
        }
    }
}

fn read_entry(reader: &mut Reader, path: String, item: &Node, keys: &[Key]) -> Option<Entry> {
    if let Some(why) = foreign(item, keys) {
        reader.lines.note(&path, item.line);
        reader.warning(&path, why);
        return None;
    }
    let mut given = reader.object(&path, item, keys);
    if let Some(Value::Array(secrets)) = given.remove("secrets") {
        let pairs = secrets.into_iter().filter_map(|secret| match secret {
            Value::Object(mut secret) => pair(&mut secret, "name"),
            _ => None,
        });
        let secret = Some(object_of(pairs));
        return Some(Entry { path, given, secret });
    }
    let secret = ["client_secret", "signing_secret"].into_iter().find_map(|key| given.remove(key));
    let secret = match secret {
        Some(Value::String(text)) => Some(Secret::new(text)),
        _ => None,
    };
    Some(Entry { path, given, secret })
}

/// A name and a value that a script is given.
fn pair(given: &mut Map<String, Value>, name: &str) -> Option<(String, Value)> {
    match (given.remove(name), given.remove("value")) {
        (Some(Value::String(name)), Some(value @ Value::String(_))) => Some((name, value)),
        _ => None,
    }
}

/// The names and values as one JSON object, in the order of the names, so that equal ones are equal texts.
pub(super) fn object_of(pairs: impl Iterator<Item = (String, Value)>) -> Secret<String> {
    let sorted: std::collections::BTreeMap<String, Value> = pairs.collect();
    Secret::new(Value::Object(sorted.into_iter().collect()).to_string())
}

/// Why an entry is left out whole: it is one of Auth0's own objects.
fn foreign(item: &Node, keys: &[Key]) -> Option<&'static str> {
    let is = |key: &str, wanted: &Content| item.find(key).is_some_and(|value| value.content == *wanted);
    let names = |key: &str, end: &str| {
        keys.iter().any(|known| known.name == key)
            && item
                .find(key)
                .is_some_and(|value| matches!(&value.content, Content::Text(text) if text.ends_with(end)))
    };
    if keys.iter().any(|key| key.name == "global") && is("global", &Content::Flag(true)) {
        Some("is left out: it stands for all clients of a tenant at Auth0")
    } else if is("is_system", &Content::Flag(true)) || names("identifier", "/api/v2/") {
        Some("is left out: it is a system API of Auth0's")
    } else if names("audience", "/api/v2/") {
        Some("is left out: the Management API comes with a later release")
    } else if item.find("default_for").is_some_and(|value| !value.is_null()) {
        Some("is left out: defaults for third-party clients have no effect yet")
    } else {
        None
    }
}

/// Problems in the order of their lines.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| problem.line);
    problems
}
