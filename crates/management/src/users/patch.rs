use countersign_oauth::UserId;
use countersign_storage::{Change, User};
use serde_json::{Map, Value};

use super::{
    UserError,
    edit::{Edit, edit},
    profile,
};
use crate::{
    Admin,
    node::Node,
    sample,
    schema::{
        Key, Reader,
        Shape::{Flag, Free, Text},
        used,
    },
    tenant_file::rules,
};

/// What Auth0's `PATCH /users/{id}` takes (management §3.5.6).
const PATCH: &[Key] = &[
    used("email", Text(profile::email)),
    used("email_verified", Flag),
    used("username", Text(profile::username)),
    used("phone_number", Text(profile::phone)),
    used("phone_verified", Flag),
    used("blocked", Flag),
    used("name", Text(profile::line)),
    used("nickname", Text(profile::line)),
    used("given_name", Text(profile::line)),
    used("family_name", Text(profile::line)),
    used("picture", Text(rules::web_url)),
    used("user_metadata", Free),
    used("app_metadata", Free),
    used("connection", Text(rules::any_text)),
    used("client_id", Text(rules::any_text)),
    used("verify_email", Flag),
    used("verify_phone_number", Flag),
];

/// What Auth0 shows and nobody sets (SP-176).
const READ_ONLY: [&str; 13] = [
    "user_id",
    "created_at",
    "updated_at",
    "identities",
    "last_ip",
    "last_login",
    "logins_count",
    "last_password_reset",
    "multifactor",
    "blocked_for",
    "tenant",
    "password_hash",
    "custom_password_hash",
];

/// Keys of the patch that are claims of the profile under the same name.
const CLAIMS: [&str; 5] = ["name", "nickname", "given_name", "family_name", "picture"];

/// Changes a user by a patch in Auth0's shape: metadata unite on their first level, `null` takes a key out.
///
/// A new identifier or verified state ends the user's sessions (core §8.2); so that what was decided on him
/// as he was does not commit, that and blocking raise his epoch. A patch that changes nothing writes nothing.
///
/// # Errors
/// [`UserError`]: unknown, read-only and malformed keys all at once.
pub async fn patch_user(id: &UserId, patch: &Value, admin: &Admin<'_>) -> Result<User, UserError> {
    let patch = read(patch)?;
    edit(id, admin, |user| {
        let mut changed = user.clone();
        lay_over(&mut changed, &patch)?;
        let renamed = changed.email != user.email
            || changed.email_verified != user.email_verified
            || changed.username != user.username
            || claim(&changed, "phone_number") != claim(user, "phone_number");
        let blocked = changed.blocked && !user.blocked;
        let mut also = Vec::new();
        if renamed {
            also.push(Change::EndSessionsOfUser { user: user.id.clone(), at: admin.now });
        }
        if blocked {
            // A refresh token of a blocked user is dead for good, not only while the block lasts.
            let (user, at) = (user.id.clone(), admin.now);
            also.push(Change::EndFamilies { user, client: None, audience: None, at });
        }
        Ok((changed != *user).then(|| Edit {
            user: changed,
            raise_epoch: renamed || blocked,
            also,
            event: ("sapi", "Update a user"),
        }))
    })
    .await
}

fn claim<'a>(user: &'a User, name: &str) -> Option<&'a Value> {
    user.profile.claims.get(name)
}

fn read(patch: &Value) -> Result<Map<String, Value>, UserError> {
    let mut reader = Reader::default();
    let mut rest = patch.clone();
    if let Some(keys) = rest.as_object_mut() {
        for key in READ_ONLY {
            if keys.remove(key).is_some() {
                reader.problem(key, "cannot be changed");
            }
        }
        if keys.remove("password").is_some() {
            reader.problem("password", "is not set by a patch: it has a command of its own");
        }
    }
    let patch = reader.object("", &Node::made(rest), PATCH);
    for key in ["verify_email", "verify_phone_number"] {
        if patch.get(key) == Some(&Value::Bool(true)) {
            reader.problem(key, "asks for a message, and none is sent yet");
        }
    }
    if reader.problems.is_empty() { Ok(patch) } else { Err(UserError::Refused(reader.problems)) }
}

fn lay_over(user: &mut User, patch: &Map<String, Value>) -> Result<(), UserError> {
    let mut problems = Reader::default();
    if let Some(email) = patch.get("email") {
        let email = profile::stored_form(Some(email));
        if email != user.email {
            user.email = email;
            user.email_verified = false;
        }
    }
    if let Some(verified) = patch.get("email_verified") {
        user.email_verified = verified == &Value::Bool(true);
    }
    if let Some(username) = patch.get("username") {
        user.username = profile::stored_form(Some(username));
    }
    if user.email.is_none() && user.username.is_none() {
        problems.problem("email", "is needed where there is no username");
    }
    if user.email_verified && user.email.is_none() {
        problems.problem("email_verified", "is said of an e-mail address that is not there");
    }
    if let Some(blocked) = patch.get("blocked") {
        user.blocked = blocked == &Value::Bool(true);
    }
    let claims = &mut user.profile.claims;
    for key in CLAIMS {
        put(claims, key, patch.get(key));
    }
    if patch.get("phone_number").is_some_and(|phone| claims.get("phone_number") != Some(phone)) {
        claims.remove("phone_number_verified");
    }
    put(claims, "phone_number", patch.get("phone_number"));
    put(claims, "phone_number_verified", patch.get("phone_verified"));
    unite(&mut problems, &mut user.profile.user_metadata, ("user_metadata", patch.get("user_metadata")));
    unite(&mut problems, &mut user.profile.app_metadata, ("app_metadata", patch.get("app_metadata")));
    if problems.problems.is_empty() { Ok(()) } else { Err(UserError::Refused(problems.problems)) }
}

fn put(object: &mut Map<String, Value>, key: &str, value: Option<&Value>) {
    match value {
        None => {}
        Some(Value::Null) => {
            object.remove(key);
        }
        Some(value) => {
            object.insert(key.to_owned(), value.clone());
        }
    }
}

/// Unites metadata on its first level; `null` and the empty object clear it.
fn unite(problems: &mut Reader, metadata: &mut Map<String, Value>, (name, given): (&str, Option<&Value>)) {
    let Some(given) = given else { return };
    match given.as_object().filter(|given| !given.is_empty()) {
        None => metadata.retain(|key, _| key == sample::MARK),
        Some(given) => {
            if let Some(problem) = profile::reserved_key_problem(given).filter(|_| name == "app_metadata") {
                problems.problem(name, problem);
            }
            for (key, value) in given {
                put(metadata, key, Some(value));
            }
            if let Some(problem) = profile::size_problem(metadata) {
                problems.problem(name, problem);
            }
        }
    }
}
