use std::collections::BTreeMap;

use countersign_oauth::Secret;
use countersign_storage::PasswordHash;
use serde_json::{Map, Value};

use super::{
    ImportOptions,
    hash::{custom_password_hash, password_hash},
};
use crate::{
    Problem, Warning,
    node::{Content, Node},
    schema::{
        Key, Reader,
        Shape::{Any, Flag, Free, Text},
        Verdict, is_given, used,
    },
    tenant_file::rules,
    users::{password::password_problem, profile},
};

/// What a user of the bulk import may have (management §3.5.14), and our `password`.
const USER: &[Key] = &[
    used("email", Text(profile::email)),
    used("email_verified", Flag),
    used("username", Text(profile::username)),
    used("user_id", Text(user_id)),
    used("name", Text(profile::line)),
    used("nickname", Text(profile::line)),
    used("given_name", Text(profile::line)),
    used("family_name", Text(profile::line)),
    used("picture", Text(rules::web_url)),
    used("blocked", Flag),
    used("app_metadata", Free),
    used("user_metadata", Free),
    used("password_hash", Text(rules::any_text)),
    used("custom_password_hash", Free),
    used("mfa_factors", Any).restricting(is_given),
    used("password", Text(rules::any_text)),
];

/// A user of a file, judged and not stored yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewUser {
    /// The id without `auth0|`; one is drawn where it is absent.
    pub(crate) id: Option<String>,
    /// Normalised.
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    /// Normalised.
    pub(crate) username: Option<String>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) user_metadata: Map<String, Value>,
    pub(crate) app_metadata: Map<String, Value>,
    pub(crate) blocked: bool,
    pub(crate) hash: Option<PasswordHash>,
    pub(crate) password: Option<Secret<String>>,
}

/// Ids and identifiers that stood in the file before, and where.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, String>);

/// `auth0|abc` or `abc`: an id of a database.
fn user_id(text: &str) -> Verdict {
    let own = text.strip_prefix("auth0|").unwrap_or(text);
    if !own.is_empty() && own.len() <= 255 && own.bytes().all(|b| b.is_ascii_graphic() && b != b'|') {
        Verdict::Keep
    } else {
        Verdict::Refuse("must be an id of a database: visible ASCII, at most auth0| before it".to_owned())
    }
}

/// A text of a node that could not be read whole.
pub(super) fn text(node: &Node, key: &str) -> Option<String> {
    match node.find(key).map(|value| &value.content) {
        Some(Content::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Reads one user and all that is wrong with him.
pub(super) fn read(
    path: &str,
    node: &Node,
    options: ImportOptions,
    seen: &mut Seen,
) -> (Result<NewUser, Vec<Problem>>, Vec<Warning>) {
    let mut reader = Reader { allow_unenforced: options.allow_unenforced, ..Reader::default() };
    let mut given = reader.object(path, node, USER);
    let password = given.remove("password");
    let mut user = NewUser {
        id: given.get("user_id").and_then(Value::as_str).map(own_id),
        email: profile::stored_form(given.get("email")),
        email_verified: given.get("email_verified") == Some(&Value::Bool(true)),
        username: profile::stored_form(given.get("username")),
        blocked: given.get("blocked") == Some(&Value::Bool(true)),
        ..NewUser::default()
    };
    if user.email.is_none() && user.username.is_none() && reader.problems.is_empty() {
        reader.problem(path, "has neither email nor username");
    }
    user.claims = claims(&given, &user);
    for (key, metadata) in
        [("user_metadata", &mut user.user_metadata), ("app_metadata", &mut user.app_metadata)]
    {
        if let Some(Value::Object(object)) = given.remove(key) {
            let reserved = profile::reserved_key_problem(&object).filter(|_| key == "app_metadata");
            for problem in reserved.into_iter().chain(profile::size_problem(&object)) {
                reader.problem(&format!("{path}.{key}"), problem);
            }
            *metadata = object;
        }
    }
    read_password(&mut reader, &mut user, path, (&given, password), options);
    check_once(&mut reader, &user, path, seen);
    let warnings = std::mem::take(&mut reader.warnings);
    (if reader.problems.is_empty() { Ok(user) } else { Err(reader.problems) }, warnings)
}

fn own_id(text: &str) -> String {
    text.strip_prefix("auth0|").unwrap_or(text).to_owned()
}

/// The claims given, and Auth0's defaults: the name is the address, the nickname its local part.
fn claims(given: &Map<String, Value>, user: &NewUser) -> Map<String, Value> {
    let mut claims = Map::new();
    for key in ["name", "nickname", "given_name", "family_name", "picture"] {
        if let Some(value) = given.get(key).filter(|value| !value.is_null()) {
            claims.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(identifier) = user.email.as_ref().or(user.username.as_ref()) {
        let local = identifier.split('@').next().unwrap_or(identifier);
        claims.entry("nickname").or_insert_with(|| local.into());
        claims.entry("name").or_insert_with(|| identifier.as_str().into());
    }
    claims
}

fn read_password(
    reader: &mut Reader,
    user: &mut NewUser,
    path: &str,
    (given, password): (&Map<String, Value>, Option<Value>),
    options: ImportOptions,
) {
    let given_hash = given.get("custom_password_hash").and_then(Value::as_object);
    let bcrypt = given.get("password_hash").and_then(Value::as_str);
    if let Some(Value::String(text)) = password {
        let text = Secret::new(text);
        let path = format!("{path}.password");
        if !options.allow_clear_password {
            reader.problem(&path, "is in clear, which only the development server takes");
        } else if let Some(problem) = password_problem(&text) {
            reader.problem(&path, problem);
        } else if bcrypt.is_some() || given_hash.is_some() {
            reader.problem(&path, "stands beside a password hash: give one of them");
        }
        user.password = Some(text);
    }
    if let Some(text) = bcrypt {
        match password_hash(text) {
            _ if given_hash.is_some() => {
                reader.problem(
                    &format!("{path}.password_hash"),
                    "stands beside a custom_password_hash: give one of them",
                );
            }
            Ok(hash) => user.hash = Some(hash),
            Err(problem) => reader.problem(&format!("{path}.password_hash"), problem),
        }
    }
    if let Some(hash) = given_hash {
        match custom_password_hash(hash) {
            Ok(hash) => user.hash = Some(hash),
            Err(problem) => reader.problem(&format!("{path}.custom_password_hash"), problem),
        }
    }
}

/// Refuses a second user of the same id, e-mail address or username.
fn check_once(reader: &mut Reader, user: &NewUser, path: &str, seen: &mut Seen) {
    let id = user.id.as_ref().map(|id| ("user_id", format!("id {id}")));
    let identifiers = [("email", &user.email), ("username", &user.username)];
    let identifiers = identifiers.into_iter().filter_map(|(key, value)| Some((key, value.clone()?)));
    for (key, value) in id.into_iter().chain(identifiers) {
        match seen.0.get(&value) {
            Some(first) => {
                let message = format!("is the same as that of {first}");
                reader.problem(&format!("{path}.{key}"), message);
            }
            None => {
                seen.0.insert(value, path.to_owned());
            }
        }
    }
}
