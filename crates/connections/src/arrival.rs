use countersign_oauth::{Sealed, Sealer, Timestamp, UserId};
use countersign_storage::{
    Change, Connection, Identity, Profile, Upsert, UpstreamProfile, UpstreamUpdate, User,
};
use serde_json::{Map, Value};

use crate::{ProviderProfile, picture};

/// The claims that `set_user_root_attributes` rules; the rest always follows the provider.
const ROOT: [&str; 5] = ["name", "given_name", "family_name", "nickname", "picture"];

/// A user who came through a connection.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The account as it shall be.
    pub user: User,
    /// Whether it is new.
    pub is_new: bool,
    /// Writes it. Of two first logins at once one meets `Exists`, and is decided again with the account that the
    /// other made; later logins never conflict.
    pub change: Change,
}

/// When the root attributes follow the provider.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RootAttributes {
    OnEachLogin,
    OnFirstLogin,
    Never,
}

/// Makes or updates the account of whoever arrives (extended contract §2.6.3).
///
/// `known` is the account that has this very identity. No other account is looked at: an e-mail address links
/// nobody to anybody (SP-132).
#[must_use]
pub fn arrive(
    known: Option<User>,
    profile: &ProviderProfile,
    connection: &Connection,
    sealer: &dyn Sealer,
    now: Timestamp,
) -> Arrived {
    let is_new = known.is_none();
    let mut user = known.unwrap_or_else(|| new_user(profile, connection, now));
    let takes_root = match root_attributes(connection) {
        RootAttributes::OnEachLogin => true,
        RootAttributes::OnFirstLogin => is_new,
        RootAttributes::Never => false,
    };
    if profile.email.is_some() || !profile.partial {
        user.email.clone_from(&profile.email);
        user.email_verified = profile.email_verified;
    }
    user.profile.claims = claims(&user, profile, takes_root);
    if profile.partial {
        user.profile.attributes.extend(profile.attributes.clone());
    } else {
        user.profile.attributes.clone_from(&profile.attributes);
    }
    forget(&mut user, connection);
    let tokens = profile.tokens.seal(sealer);
    keep_tokens(&mut user, tokens.clone(), profile, connection);
    // A clock that is behind takes nothing back.
    user.updated_at = user.updated_at.max(now);
    let change =
        if is_new { insertion(&user) } else { update(&user, tokens, identity(profile, connection), now) };
    Arrived { user, is_new, change }
}

fn insertion(user: &User) -> Change {
    Change::UpsertUser(Upsert { record: user.clone(), expected_version: None, raise_epoch: false })
}

/// An account that is there takes what came. Tokens that did not come stay.
fn update(user: &User, tokens: Option<Sealed>, identity: Identity, now: Timestamp) -> Change {
    Change::UpdateFromUpstream(UpstreamUpdate {
        user: user.id.clone(),
        at: now,
        connection_id: identity.connection_id,
        provider: identity.provider,
        provider_user_id: identity.provider_user_id,
        profile: Some(UpstreamProfile {
            email: user.email.clone(),
            email_verified: user.email_verified,
            claims: user.profile.claims.clone(),
            attributes: user.profile.attributes.clone(),
        }),
        tokens,
    })
}

fn new_user(profile: &ProviderProfile, connection: &Connection, now: Timestamp) -> User {
    let strategy = &connection.strategy;
    User {
        id: UserId::new(format!("{strategy}|{}", profile.provider_user_id)),
        connection_id: connection.id.clone(),
        email: None,
        email_verified: false,
        username: None,
        password: None,
        profile: Profile::default(),
        blocked: false,
        identities: vec![identity(profile, connection)],
        created_at: now,
        updated_at: now,
        password_changed_at: None,
        last_login: None,
        last_ip: None,
        logins_count: 0,
        version: 0,
        epoch: 0,
    }
}

fn identity(profile: &ProviderProfile, connection: &Connection) -> Identity {
    Identity {
        connection_id: connection.id.clone(),
        provider: connection.strategy.clone(),
        provider_user_id: profile.provider_user_id.clone(),
        tokens: None,
    }
}

fn root_attributes(connection: &Connection) -> RootAttributes {
    match connection.settings.options.get("set_user_root_attributes").and_then(Value::as_str) {
        Some("on_first_login") => RootAttributes::OnFirstLogin,
        Some("never_on_login") => RootAttributes::Never,
        _ => RootAttributes::OnEachLogin,
    }
}

/// The claims of the account: those of the provider, those that stay, and those that every user has.
fn claims(user: &User, profile: &ProviderProfile, takes_root: bool) -> Map<String, Value> {
    let stays = |name: &str| profile.partial || (!takes_root && ROOT.contains(&name));
    let old = user.profile.claims.iter().filter(|(name, _)| stays(name));
    let mut claims: Map<String, Value> = old.map(|(name, value)| (name.clone(), value.clone())).collect();
    let said = profile.claims.iter().filter(|(name, _)| takes_root || !ROOT.contains(&name.as_str()));
    claims.extend(said.map(|(name, value)| (name.clone(), value.clone())));
    generate(&mut claims, user);
    claims
}

/// Every user has a name, a nickname and a picture.
fn generate(claims: &mut Map<String, Value>, user: &User) {
    let text =
        |claims: &Map<String, Value>, name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let local_part = user.email.as_deref().and_then(|email| email.split('@').next()).map(str::to_owned);
    let (_, id) = user.id.as_str().split_once('|').unwrap_or(("", user.id.as_str()));
    let nickname = text(claims, "nickname").or(local_part).or_else(|| text(claims, "name"));
    let nickname = nickname.unwrap_or_else(|| id.to_owned());
    let name = text(claims, "name").or_else(|| user.email.clone()).unwrap_or_else(|| nickname.clone());
    let picture = text(claims, "picture")
        .unwrap_or_else(|| picture::generated(user.email.as_deref(), user.id.as_str(), &nickname));
    for (key, value) in [("nickname", nickname), ("name", name), ("picture", picture)] {
        claims.insert(key.to_owned(), Value::from(value));
    }
}

/// Takes out what the connection does not keep.
fn forget(user: &mut User, connection: &Connection) {
    let names = connection.settings.options.get("non_persistent_attrs").and_then(Value::as_array);
    for name in names.into_iter().flatten().filter_map(Value::as_str) {
        user.profile.claims.remove(name);
        user.profile.attributes.remove(name);
        if name == "email" {
            user.email = None;
            user.email_verified = false;
        }
    }
}

/// Keeps the provider's tokens, sealed, in the identity that they belong to.
fn keep_tokens(user: &mut User, tokens: Option<Sealed>, profile: &ProviderProfile, connection: &Connection) {
    let wanted = identity(profile, connection);
    let kept = user.identities.iter_mut().find(|kept| kept.is_same_as(&wanted));
    if let (Some(kept), Some(tokens)) = (kept, tokens) {
        kept.tokens = Some(tokens);
    }
}

#[cfg(test)]
mod tests;
