//! Records to store: one plain of each kind, and its full twin in `round_trip`.

use countersign_jose::Algorithm;
use countersign_oauth::{
    Audience, AuthorizationId, ClientId, ConnectionId, HandleHash, Issuer, KeyId, Scope, ScriptId, Sealed,
    Seconds, Timestamp, UserId,
};
use countersign_storage::{
    AccessToken, Authentication, Authorization, Change, Client, ClientGrant, ClientSettings, Connection,
    ConnectionSettings, Consent, Identity, KeyState, LogEvent, PasswordHash, Profile, RefreshFamily,
    RefreshToken, ResourceServer, ResourceServerSettings, Script, ScriptKind, ScriptSettings, Session,
    SigningKey, SingleUse, SingleUseKind, SubjectType, Upsert, UpstreamProfile, UpstreamUpdate, User,
};

/// The moment that the records are made at, and `millis` later.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

/// An hour, in milliseconds: what is made expires so much later.
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) fn hash(name: &str) -> HandleHash {
    HandleHash::of(name)
}

pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse(text).expect("a scope")
}

pub(crate) fn insert<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: None, raise_epoch: false }
}

pub(crate) fn update<T>(record: T, version: i64) -> Upsert<T> {
    Upsert { record, expected_version: Some(version), raise_epoch: false }
}

pub(crate) fn narrow<T>(record: T, version: i64) -> Upsert<T> {
    Upsert { record, expected_version: Some(version), raise_epoch: true }
}

pub(crate) fn user(id: &str) -> User {
    User {
        id: UserId::new(id),
        connection_id: ConnectionId::new("con_1"),
        email: Some(format!("{id}@example.com")),
        email_verified: false,
        username: None,
        password: Some(PasswordHash::new("$argon2id$old")),
        profile: Profile::default(),
        blocked: false,
        identities: vec![identity(id)],
        created_at: at(0),
        updated_at: at(0),
        password_changed_at: None,
        last_login: None,
        last_ip: None,
        logins_count: 0,
        version: 1,
        epoch: 1,
    }
}

pub(crate) fn identity(id: &str) -> Identity {
    Identity {
        connection_id: ConnectionId::new("con_1"),
        provider: "auth0".to_owned(),
        provider_user_id: id.to_owned(),
        tokens: None,
    }
}

pub(crate) fn client(id: &str) -> Client {
    Client {
        id: ClientId::new(id),
        secret: None,
        settings: ClientSettings::default(),
        created_at: at(0),
        version: 1,
        epoch: 1,
    }
}

pub(crate) fn script(id: &str, kind: ScriptKind) -> Script {
    Script {
        id: ScriptId::new(id),
        kind,
        name: format!("name of {id}"),
        secrets: None,
        settings: ScriptSettings {
            code: "exports.onExecutePostLogin = () => {}".to_owned(),
            ..ScriptSettings::default()
        },
        version: 1,
        epoch: 1,
    }
}

pub(crate) fn upstream_update(id: &str, at: Timestamp) -> UpstreamUpdate {
    UpstreamUpdate {
        user: UserId::new(id),
        at,
        connection_id: ConnectionId::new("con_1"),
        provider: "auth0".to_owned(),
        provider_user_id: id.to_owned(),
        profile: Some(UpstreamProfile {
            email: Some("from-elsewhere@example.com".to_owned()),
            email_verified: true,
            claims: json_map(&serde_json::json!({ "name": "Zoë" })),
            attributes: json_map(&serde_json::json!({ "locale_of_upstream": "de" })),
        }),
        tokens: Some(sealed()),
    }
}

pub(crate) fn sealed() -> Sealed {
    Sealed { key_id: KeyId::new("data key 2"), ciphertext: (0..=255).collect() }
}

pub(crate) fn api(identifier: &str) -> ResourceServer {
    ResourceServer {
        id: format!("row of {identifier}").as_str().into(),
        identifier: Audience::new(identifier),
        signing_secret: None,
        settings: ResourceServerSettings::default(),
        version: 1,
        epoch: 1,
    }
}

pub(crate) fn client_grant(client: &str, audience: &str) -> ClientGrant {
    ClientGrant {
        id: format!("cgr_{client}_{audience}").as_str().into(),
        client_id: ClientId::new(client),
        audience: Audience::new(audience),
        subject_type: SubjectType::Client,
        scope: scope("read write"),
        allow_all_scopes: false,
        other: serde_json::Map::new(),
        version: 1,
        epoch: 1,
    }
}

pub(crate) fn connection(id: &str) -> Connection {
    Connection {
        id: ConnectionId::new(id),
        name: format!("name of {id}"),
        strategy: "auth0".to_owned(),
        settings: ConnectionSettings::default(),
        version: 1,
        epoch: 1,
    }
}

pub(crate) fn session(id: &str, user: &str) -> Session {
    Session {
        id: id.into(),
        handle: hash(id),
        user_id: UserId::new(user),
        connection_id: ConnectionId::new("con_1"),
        organization_id: None,
        issuer: Issuer::new("https://login.example.com"),
        authentication: Authentication { authenticated_at: at(0), amr: Vec::new(), acr: None },
        created_at: at(0),
        idle_lifetime: Seconds(3_600),
        idle_expires_at: at(HOUR),
        expires_at: at(2 * HOUR),
        persistent: true,
        user_agent: "browser".to_owned(),
        ip: "192.0.2.1".to_owned(),
        ended_at: None,
        epoch: 1,
    }
}

pub(crate) fn consent(id: &str, (user, client, audience): (&str, &str, &str)) -> Consent {
    Consent {
        id: id.into(),
        user_id: UserId::new(user),
        client_id: ClientId::new(client),
        audience: Audience::new(audience),
        organization_id: None,
        scope: scope("read"),
        created_at: at(0),
        epoch: 1,
    }
}

pub(crate) fn authorization(id: &str, (user, client, audience): (&str, &str, &str)) -> Authorization {
    Authorization {
        id: AuthorizationId::new(id),
        client_id: ClientId::new(client),
        user_id: UserId::new(user),
        session_id: None,
        audience: audience_of(audience),
        scope: scope("read"),
        organization_id: None,
        issuer: Issuer::new("https://login.example.com"),
        created_at: at(0),
        ended_at: None,
        epoch: 1,
    }
}

pub(crate) fn code(name: &str) -> SingleUse {
    SingleUse {
        kind: SingleUseKind::AuthorizationCode,
        handle: hash(name),
        second_handle: None,
        client_id: ClientId::new("client"),
        user_id: None,
        session_id: None,
        authorization_id: None,
        status: "issued".to_owned(),
        attempts: 0,
        created_at: at(0),
        expires_at: at(HOUR),
        redeemed_at: None,
        payload: serde_json::json!({ "version": 1 }),
    }
}

pub(crate) fn access_token(name: &str, authorization: &str) -> AccessToken {
    AccessToken {
        handle: hash(name),
        authorization_id: Some(AuthorizationId::new(authorization)),
        claims: None,
        expires_at: at(HOUR),
        denied_at: None,
    }
}

/// A family of that authorization's name.
pub(crate) fn family(id: &str, (user, client, audience): (&str, &str, &str)) -> RefreshFamily {
    RefreshFamily {
        id: id.into(),
        authorization_id: AuthorizationId::new(format!("authorization of {id}")),
        client_id: ClientId::new(client),
        user_id: UserId::new(user),
        session_id: None,
        audience: audience_of(audience),
        scope: scope("read offline_access"),
        organization_id: None,
        issuer: Issuer::new("https://login.example.com"),
        jkt: None,
        rotating: true,
        created_at: at(0),
        expires_at: None,
        ended_at: None,
    }
}

pub(crate) fn refresh_token(name: &str, family: &str) -> RefreshToken {
    RefreshToken {
        handle: hash(name),
        family_id: family.into(),
        generation: 1,
        parent: None,
        created_at: at(0),
        idle_expires_at: None,
        spent_at: None,
        successors: 0,
        last_used_at: None,
    }
}

pub(crate) fn successor(name: &str, parent: &RefreshToken) -> RefreshToken {
    RefreshToken {
        handle: hash(name),
        generation: parent.generation + 1,
        parent: Some(parent.handle),
        ..refresh_token(name, parent.family_id.as_str())
    }
}

pub(crate) fn signing_key(kid: &str, state: KeyState) -> SigningKey {
    SigningKey {
        kid: KeyId::new(kid),
        algorithm: Algorithm::RS256,
        state,
        private_key: Sealed { key_id: KeyId::new("data key"), ciphertext: vec![1, 2, 3] },
        certificate: vec![4, 5, 6],
        created_at: at(0),
        state_since: at(0),
        published_at: Some(at(0)),
    }
}

pub(crate) fn log_event(description: &str) -> LogEvent {
    LogEvent {
        at: at(0),
        event: "seacft".to_owned(),
        rule: None,
        description: description.to_owned(),
        client_id: None,
        user_id: None,
        ip: "192.0.2.1".to_owned(),
        client_ip: None,
        request_id: "request".to_owned(),
    }
}

/// Spending what is not there: a write that always fails, with `Spent`.
pub(crate) fn failing() -> Change {
    Change::SpendSingleUse { kind: SingleUseKind::PushedRequest, handle: hash("nothing"), now: at(0) }
}

pub(crate) fn spend(name: &str, now: Timestamp) -> Change {
    Change::SpendSingleUse { kind: SingleUseKind::AuthorizationCode, handle: hash(name), now }
}

fn audience_of(audience: &str) -> Option<Audience> {
    (!audience.is_empty()).then(|| Audience::new(audience))
}

pub(crate) fn json_map(value: &serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    value.as_object().expect("an object").clone()
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
