//! What scripts are told of a login: the `event` of an Action, and the `user` and `context` of a rule.

use countersign_oauth::Timestamp;
use countersign_storage::{RefreshFamily, RefreshToken, Session, User};
use countersign_users::{LoginEvent, Method, Protocol, Verdict};
use serde_json::{Map, Value, json};

/// The event of a post-login Action (extended contract §2.5.2, §2.5.3), as far as it is the same for all scripts.
pub(crate) fn event(login: &LoginEvent) -> Map<String, Value> {
    let mut event = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            event.insert(name.to_owned(), value);
        }
    };
    set("authorization", json!({ "roles": [] }));
    set("client", client(login));
    set("connection", connection(login));
    set("refresh_token", login.refresh_token.as_ref().map(|(token, family)| refresh(token, family)).into());
    set("request", request(login));
    set("resource_server", login.audience.as_ref().map(|api| json!({ "identifier": api.as_str() })).into());
    set("session", login.session.as_ref().map(|session| of_session(session, login)).into());
    set("stats", json!({ "logins_count": login.user.logins_count }));
    set("tenant", json!({ "id": tenant(login) }));
    set("transaction", transaction(login));
    set("user", user(&login.user, login));
    event
}

/// Brings up to date what earlier scripts of the run have changed, and adds this script's own secrets.
pub(crate) fn update(
    event: &mut Map<String, Value>,
    login: &LoginEvent,
    verdict: &Verdict,
    secrets: &Map<String, Value>,
) {
    let methods = methods(login.methods.iter().chain(&verdict.methods));
    event.insert("authentication".to_owned(), json!({ "methods": methods }));
    event.insert("secrets".to_owned(), Value::Object(secrets.clone()));
    if let Some(user) = event.get_mut("user").and_then(Value::as_object_mut) {
        merge(user, "user_metadata", &verdict.user_metadata);
        merge(user, "app_metadata", &verdict.app_metadata);
    }
    if let Some(transaction) = event.get_mut("transaction").and_then(Value::as_object_mut) {
        let metadata = without_null(&verdict.transaction_metadata);
        transaction.insert("metadata".to_owned(), Value::Object(metadata));
    }
}

fn merge(user: &mut Map<String, Value>, name: &str, changes: &Map<String, Value>) {
    let Some(metadata) = user.get_mut(name).and_then(Value::as_object_mut) else { return };
    for (name, value) in changes {
        if value.is_null() {
            metadata.remove(name);
        } else {
            metadata.insert(name.clone(), value.clone());
        }
    }
}

fn without_null(members: &Map<String, Value>) -> Map<String, Value> {
    members
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The `context` of a rule (extended contract §2.5.5).
pub(crate) fn rule_context(login: &LoginEvent) -> Value {
    let request = request(login);
    let of_request = |name: &str| request.get(name).cloned().unwrap_or_default();
    json!({
        "tenant": tenant(login),
        "clientID": login.client.id.as_str(),
        "clientName": login.client.settings.name,
        "clientMetadata": client_metadata(login),
        "connectionID": login.connection.id.as_str(),
        "connection": login.connection.name,
        "connectionStrategy": login.connection.strategy,
        "connectionOptions": {},
        "connectionMetadata": connection_metadata(login),
        "samlConfiguration": {},
        // A rule knows by this that the user is back from where it sent them.
        "protocol": if login.continued.is_some() { "redirect-callback" } else { protocol(login) },
        "stats": { "loginsCount": login.user.logins_count },
        "sso": {},
        "accessToken": {},
        "idToken": {},
        "sessionID": login.session.as_ref().map(|session| session.id.as_str()),
        "request": {
            "userAgent": of_request("user_agent"),
            "ip": of_request("ip"),
            "hostname": of_request("hostname"),
            "query": of_request("query"),
            "body": of_request("body"),
            "geoip": {},
        },
        "primaryUser": login.user.id.as_str(),
        "authentication": { "methods": methods(&login.methods) },
        "authorization": { "roles": [] },
    })
}

/// The `user` of a rule: an Action's, and what the profile of a management call has beside it.
pub(crate) fn rule_user(login: &LoginEvent) -> Value {
    let mut user = user(&login.user, login);
    if let Some(user) = user.as_object_mut() {
        user.insert("logins_count".to_owned(), login.user.logins_count.into());
        user.insert("last_login".to_owned(), login.user.last_login.map(date).into());
        user.insert("last_ip".to_owned(), login.user.last_ip.clone().into());
    }
    user
}

fn date(at: Timestamp) -> String {
    at.to_iso8601()
}

/// The tenant's name: what stands first in the name of its domain.
fn tenant(login: &LoginEvent) -> &str {
    login.request.hostname.split(['.', ':']).next().unwrap_or_default()
}

fn client(login: &LoginEvent) -> Value {
    json!({
        "client_id": login.client.id.as_str(),
        "name": login.client.settings.name,
        "metadata": client_metadata(login),
    })
}

fn client_metadata(login: &LoginEvent) -> Value {
    login.client.settings.other.get("client_metadata").cloned().unwrap_or_else(|| json!({}))
}

fn connection(login: &LoginEvent) -> Value {
    json!({
        "id": login.connection.id.as_str(),
        "name": login.connection.name,
        "strategy": login.connection.strategy,
        "metadata": connection_metadata(login),
    })
}

fn connection_metadata(login: &LoginEvent) -> Value {
    login.connection.settings.other.get("metadata").cloned().unwrap_or_else(|| json!({}))
}

fn request(login: &LoginEvent) -> Value {
    let (request, continued) = (&login.request, login.continued.as_ref());
    json!({
        "ip": request.ip,
        "method": request.method,
        "hostname": request.hostname,
        "language": request.language,
        "user_agent": request.user_agent,
        "geoip": {},
        "body": continued.map_or(&request.body, |continued| &continued.body),
        "query": continued.map_or(&request.query, |continued| &continued.query),
    })
}

fn transaction(login: &LoginEvent) -> Value {
    let transaction = &login.transaction;
    let mut value = json!({
        "acr_values": transaction.acr_values,
        "locale": transaction.locale,
        "login_hint": transaction.login_hint,
        "prompt": transaction.prompt,
        "protocol": protocol(login),
        "redirect_uri": transaction.redirect_uri,
        "requested_scopes": transaction.requested_scopes.iter().collect::<Vec<_>>(),
        "response_mode": transaction.response_mode,
        "response_type": transaction.response_type,
        "state": transaction.state,
        "ui_locales": transaction.ui_locales,
        "subject_token_type": transaction.subject_token_type,
        "requested_authorization_details": [],
        "metadata": {},
    });
    drop_null(&mut value);
    value
}

/// The literals of extended contract §2.5.3.
pub(crate) fn protocol(login: &LoginEvent) -> &'static str {
    match login.transaction.protocol {
        Protocol::OidcBasic => "oidc-basic-profile",
        Protocol::OidcImplicit => "oidc-implicit-profile",
        Protocol::OidcHybrid => "oidc-hybrid-profile",
        Protocol::DeviceCode => "oauth2-device-code",
        Protocol::ResourceOwner => "oauth2-resource-owner",
        Protocol::Password => "oauth2-password",
        Protocol::AccessToken => "oauth2-access-token",
        Protocol::RefreshToken => "oauth2-refresh-token",
        Protocol::TokenExchange => "oauth2-token-exchange",
    }
}

fn methods<'a>(methods: impl IntoIterator<Item = &'a Method>) -> Vec<Value> {
    let describe = |method: &Method| json!({ "name": method.name, "timestamp": date(method.at) });
    methods.into_iter().map(describe).collect()
}

fn user(user: &User, login: &LoginEvent) -> Value {
    // What a provider says comes first, so that none of it stands for what we know ourselves.
    let mut members = user.profile.attributes.clone();
    members.extend(user.profile.claims.clone());
    let mut value = Value::Object(members);
    let known = json!({
        "user_id": user.id.as_str(),
        "email": user.email,
        "email_verified": user.email.as_ref().map(|_| user.email_verified),
        "username": user.username,
        "created_at": date(user.created_at),
        "updated_at": date(user.updated_at),
        "last_password_reset": user.password_changed_at.map(date),
        "app_metadata": user.profile.app_metadata,
        "user_metadata": user.profile.user_metadata,
        "identities": identities(user, login),
        "multifactor": [],
        "enrolledFactors": [],
    });
    if let (Value::Object(value), Value::Object(known)) = (&mut value, known) {
        value.extend(known);
    }
    drop_null(&mut value);
    value
}

fn identities(user: &User, login: &LoginEvent) -> Vec<Value> {
    let describe = |identity: &countersign_storage::Identity| {
        let is_this = identity.connection_id == login.connection.id;
        let mut value = json!({
            "provider": identity.provider,
            "user_id": identity.provider_user_id,
            "connection": is_this.then_some(&login.connection.name),
            "isSocial": identity.provider != "auth0",
        });
        drop_null(&mut value);
        value
    };
    user.identities.iter().map(describe).collect()
}

fn of_session(session: &Session, login: &LoginEvent) -> Value {
    let used = date(session.idle_expires_at.minus(session.idle_lifetime));
    let clients = login.session_clients.iter().map(|id| json!({ "client_id": id.as_str() }));
    json!({
        "id": session.id.as_str(),
        "user_id": session.user_id.as_str(),
        "created_at": date(session.created_at),
        "authenticated_at": date(session.authentication.authenticated_at),
        "updated_at": used,
        "last_interacted_at": used,
        "expires_at": date(session.expires_at),
        "idle_expires_at": date(session.idle_expires_at),
        "clients": clients.collect::<Vec<_>>(),
        "device": {
            "initial_ip": session.ip,
            "initial_user_agent": session.user_agent,
            "last_ip": login.request.ip,
            "last_user_agent": login.request.user_agent,
        },
        "cookie": { "mode": if session.persistent { "persistent" } else { "non-persistent" } },
        "metadata": {},
    })
}

fn refresh(token: &RefreshToken, family: &RefreshFamily) -> Value {
    let api = family.audience.as_ref();
    let mut value = json!({
        "id": family.id.as_str(),
        "client_id": family.client_id.as_str(),
        "user_id": family.user_id.as_str(),
        "session_id": family.session_id.as_ref().map(|id| id.as_str()),
        "created_at": date(family.created_at),
        "expires_at": family.expires_at.map(date),
        "idle_expires_at": token.idle_expires_at.map(date),
        "last_exchanged_at": token.last_used_at.map(date),
        "rotating": family.rotating,
        "resource_servers": api
            .map(|api| json!({ "audience": api.as_str(), "scopes": family.scope.to_string() }))
            .into_iter()
            .collect::<Vec<_>>(),
        "device": {},
        "metadata": {},
    });
    drop_null(&mut value);
    value
}

fn drop_null(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, value| !value.is_null());
    }
}
