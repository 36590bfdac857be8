use countersign_jose::Algorithm;
use countersign_oauth::{
    Audience, AuthorizationId, ClientGrantId, ClientId, ConnectionId, ConsentId, FamilyId, GrantType,
    HandleHash, Issuer, KeyId, ResourceServerId, Scope, Sealer, Seconds, SessionId, UserId,
};
use countersign_storage::{
    AccessToken, ApiScope, AppType, Authentication, Authorization, Client, ClientGrant, ClientSettings,
    Connection, ConnectionSettings, Consent, Identity, KeyState, LogEvent, PasswordHash, Profile,
    RefreshFamily, RefreshToken, RefreshTokenSettings, ResourceServer, ResourceServerSettings, Session,
    SigningKey, SingleUse, SingleUseKind, SubjectType, TenantSettings, TokenEndpointAuthMethod, User,
};
use serde_json::{Map, json};

use crate::{ISSUER, NOW, TestSealer};

/// The id of [`client`] and [`public_client`].
pub const CLIENT_ID: &str = "test-client";
/// The secret of [`client`], sealed by the default [`TestSealer`] for the purpose `client_secret`.
pub const CLIENT_SECRET: &str = "test-client-secret";
/// The callback of [`client`] and [`public_client`].
pub const CALLBACK: &str = "https://app.example.com/callback";
/// The identifier of [`api`].
pub const AUDIENCE: &str = "https://api.example.com/";
/// The id of [`user`].
pub const USER_ID: &str = "auth0|64f0c2d90000000000000001";
/// The address of [`user`].
pub const EMAIL: &str = "jane@example.com";
/// The password of [`user`].
pub const PASSWORD: &str = "correct horse battery staple";
/// Argon2id of [`PASSWORD`], with the smallest parameters so that tests are quick.
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$dGVzdGtpdC1zYWx0LTAwMA$CYLSByaFLXzezJZXKMgRuy/DRect1Jub+WrFAqrtsz8";
/// The cookie of [`session`].
pub const SESSION_COOKIE: &str = "test-session-cookie";
/// The handle of [`code`].
pub const CODE: &str = "test-code";
/// The handle of [`refresh_token`]: the record's, without the fence that real tokens carry.
pub const REFRESH_TOKEN: &str = "test-refresh-token";

const SESSION_ID: &str = "test-session";
const AUTHORIZATION_ID: &str = "test-authorization";
const FAMILY_ID: &str = "test-family";
const CONNECTION_ID: &str = "con_test";

fn scope(entries: &[&str]) -> Scope {
    entries.iter().copied().collect()
}

/// The tenant's settings as a new tenant has them.
#[must_use]
pub fn settings() -> TenantSettings {
    TenantSettings::default()
}

/// A confidential first-party web application with every standard grant.
#[must_use]
pub fn client() -> Client {
    Client {
        id: ClientId::new(CLIENT_ID),
        secret: Some(TestSealer::default().seal("client_secret", CLIENT_SECRET.as_bytes())),
        settings: ClientSettings {
            name: "Test application".to_owned(),
            app_type: Some(AppType::RegularWeb),
            grant_types: vec![
                GrantType::AUTHORIZATION_CODE,
                GrantType::REFRESH_TOKEN,
                GrantType::CLIENT_CREDENTIALS,
            ],
            callbacks: vec![CALLBACK.to_owned()],
            allowed_logout_urls: vec!["https://app.example.com/".to_owned()],
            ..ClientSettings::default()
        },
        created_at: NOW,
        version: 1,
        epoch: 1,
    }
}

/// A single-page application: no secret, code and refresh grants, rotating refresh tokens.
#[must_use]
pub fn public_client() -> Client {
    let mut client = client();
    client.secret = None;
    client.settings.name = "Test single-page application".to_owned();
    client.settings.app_type = Some(AppType::Spa);
    client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    client.settings.grant_types = vec![GrantType::AUTHORIZATION_CODE, GrantType::REFRESH_TOKEN];
    client.settings.web_origins = vec!["https://app.example.com".to_owned()];
    client.settings.refresh_token = RefreshTokenSettings::rotating();
    client
}

/// An API with two permissions that allows offline access.
#[must_use]
pub fn api() -> ResourceServer {
    let permission = |value: &str| ApiScope { value: value.to_owned(), description: None };
    ResourceServer {
        id: ResourceServerId::new("test-api"),
        identifier: Audience::new(AUDIENCE),
        signing_secret: None,
        settings: ResourceServerSettings {
            name: "Test API".to_owned(),
            scopes: vec![permission("read:things"), permission("write:things")],
            allow_offline_access: true,
            ..ResourceServerSettings::default()
        },
        version: 1,
        epoch: 1,
    }
}

/// [`client`] may ask [`api`] for `read:things` on its own behalf.
#[must_use]
pub fn client_grant() -> ClientGrant {
    ClientGrant {
        id: ClientGrantId::new("cgr_test"),
        client_id: ClientId::new(CLIENT_ID),
        audience: Audience::new(AUDIENCE),
        subject_type: SubjectType::Client,
        scope: scope(&["read:things"]),
        allow_all_scopes: false,
        other: Map::new(),
        version: 1,
        epoch: 1,
    }
}

/// [`client`] may ask [`api`] for `read:things` on a user's behalf.
#[must_use]
pub fn user_client_grant() -> ClientGrant {
    ClientGrant { id: ClientGrantId::new("cgr_test_user"), subject_type: SubjectType::User, ..client_grant() }
}

/// The database connection, enabled for [`client`].
#[must_use]
pub fn connection() -> Connection {
    Connection {
        id: ConnectionId::new(CONNECTION_ID),
        name: "Username-Password-Authentication".to_owned(),
        strategy: "auth0".to_owned(),
        settings: ConnectionSettings {
            enabled_clients: vec![ClientId::new(CLIENT_ID)],
            ..ConnectionSettings::default()
        },
        version: 1,
        epoch: 1,
    }
}

/// A user of [`connection`] with a verified address, a name, and [`PASSWORD`].
#[must_use]
pub fn user() -> User {
    let claims =
        json!({ "name": "Jane Doe", "nickname": "jane", "given_name": "Jane", "family_name": "Doe" });
    User {
        id: UserId::new(USER_ID),
        connection_id: ConnectionId::new(CONNECTION_ID),
        email: Some(EMAIL.to_owned()),
        email_verified: true,
        username: None,
        password: Some(PasswordHash::new(PASSWORD_HASH)),
        profile: Profile { claims: claims.as_object().cloned().unwrap_or_default(), ..Profile::default() },
        blocked: false,
        identities: vec![Identity {
            tokens: None,
            connection_id: ConnectionId::new(CONNECTION_ID),
            provider: "auth0".to_owned(),
            provider_user_id: USER_ID.trim_start_matches("auth0|").to_owned(),
        }],
        created_at: NOW,
        updated_at: NOW,
        password_changed_at: Some(NOW),
        last_login: None,
        last_ip: None,
        logins_count: 0,
        version: 1,
        epoch: 1,
    }
}

/// A session of [`user`], just made, with the tenant's default lifetimes: 3 days idle, 7 days at most.
#[must_use]
pub fn session() -> Session {
    let idle = Seconds(72 * 3600);
    Session {
        id: SessionId::new(SESSION_ID),
        handle: HandleHash::of(SESSION_COOKIE),
        user_id: UserId::new(USER_ID),
        connection_id: ConnectionId::new(CONNECTION_ID),
        organization_id: None,
        issuer: Issuer::new(ISSUER),
        authentication: Authentication { authenticated_at: NOW, amr: vec!["pwd".to_owned()], acr: None },
        created_at: NOW,
        idle_lifetime: idle,
        idle_expires_at: NOW.plus(idle),
        expires_at: NOW.plus(Seconds(168 * 3600)),
        persistent: true,
        user_agent: "testkit/1.0".to_owned(),
        ip: "192.0.2.1".to_owned(),
        ended_at: None,
        epoch: 1,
    }
}

/// A completed request of [`client`] for [`user`] in [`session`], for [`api`].
#[must_use]
pub fn authorization() -> Authorization {
    Authorization {
        id: AuthorizationId::new(AUTHORIZATION_ID),
        client_id: ClientId::new(CLIENT_ID),
        user_id: UserId::new(USER_ID),
        session_id: Some(SessionId::new(SESSION_ID)),
        audience: Some(Audience::new(AUDIENCE)),
        scope: scope(&["openid", "profile", "email", "read:things", "offline_access"]),
        organization_id: None,
        issuer: Issuer::new(ISSUER),
        created_at: NOW,
        ended_at: None,
        epoch: 1,
    }
}

/// The consent of [`user`] to [`client`] for [`api`].
#[must_use]
pub fn consent() -> Consent {
    Consent {
        id: ConsentId::new("test-consent"),
        user_id: UserId::new(USER_ID),
        client_id: ClientId::new(CLIENT_ID),
        audience: Audience::new(AUDIENCE),
        organization_id: None,
        scope: scope(&["openid", "profile", "email", "read:things", "offline_access"]),
        created_at: NOW,
        epoch: 1,
    }
}

/// The unspent code of [`authorization`], good for ten minutes; its payload is the grant's to fill.
#[must_use]
pub fn code() -> SingleUse {
    SingleUse {
        kind: SingleUseKind::AuthorizationCode,
        handle: HandleHash::of(CODE),
        second_handle: None,
        client_id: ClientId::new(CLIENT_ID),
        user_id: Some(UserId::new(USER_ID)),
        session_id: Some(SessionId::new(SESSION_ID)),
        authorization_id: Some(AuthorizationId::new(AUTHORIZATION_ID)),
        status: "issued".to_owned(),
        attempts: 0,
        created_at: NOW,
        expires_at: NOW.plus(Seconds(600)),
        redeemed_at: None,
        payload: json!({}),
    }
}

/// The access token `handle` stands for, from [`authorization`], good for a day: a JWT, so without claims.
#[must_use]
pub fn access_token(handle: &str) -> AccessToken {
    AccessToken {
        handle: HandleHash::of(handle),
        authorization_id: Some(AuthorizationId::new(AUTHORIZATION_ID)),
        claims: None,
        expires_at: NOW.plus(Seconds(86_400)),
        denied_at: None,
    }
}

/// The rotating refresh family of [`authorization`], with an absolute end after 30 days.
#[must_use]
pub fn refresh_family() -> RefreshFamily {
    RefreshFamily {
        id: FamilyId::new(FAMILY_ID),
        authorization_id: AuthorizationId::new(AUTHORIZATION_ID),
        client_id: ClientId::new(CLIENT_ID),
        user_id: UserId::new(USER_ID),
        session_id: Some(SessionId::new(SESSION_ID)),
        audience: Some(Audience::new(AUDIENCE)),
        scope: scope(&["openid", "profile", "email", "read:things", "offline_access"]),
        organization_id: None,
        issuer: Issuer::new(ISSUER),
        jkt: None,
        rotating: true,
        created_at: NOW,
        expires_at: Some(NOW.plus(Seconds(2_592_000))),
        ended_at: None,
    }
}

/// The first, unspent token of [`refresh_family`].
#[must_use]
pub fn refresh_token() -> RefreshToken {
    RefreshToken {
        handle: HandleHash::of(REFRESH_TOKEN),
        family_id: FamilyId::new(FAMILY_ID),
        generation: 1,
        parent: None,
        created_at: NOW,
        idle_expires_at: Some(NOW.plus(Seconds(1_296_000))),
        spent_at: None,
        successors: 0,
        last_used_at: None,
    }
}

/// The current RS256 key's record; its bytes are no key, since stores do not look into them.
#[must_use]
pub fn signing_key() -> SigningKey {
    SigningKey {
        kid: KeyId::new(crate::TEST_RSA_KID),
        algorithm: Algorithm::RS256,
        state: KeyState::Current,
        private_key: TestSealer::default().seal("signing_key", b"not a key"),
        certificate: b"not a certificate".to_vec(),
        created_at: NOW,
        state_since: NOW,
        published_at: Some(NOW),
    }
}

/// A log row of a successful code exchange.
#[must_use]
pub fn log_event() -> LogEvent {
    LogEvent {
        at: NOW,
        event: "seacft".to_owned(),
        rule: None,
        description: "A code was exchanged for tokens".to_owned(),
        client_id: Some(ClientId::new(CLIENT_ID)),
        user_id: Some(UserId::new(USER_ID)),
        ip: "192.0.2.1".to_owned(),
        client_ip: None,
        request_id: "request-1".to_owned(),
    }
}
