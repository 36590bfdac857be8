//! What is written is read: every field of the configuration, with and without its value.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_jose::{Algorithm, Jwk, PublicKey};
use countersign_oauth::{Compliance, GrantType, Scope, Seconds};
use countersign_storage::*;
use serde_json::json;

use crate::run::{read, write};
use crate::samples::{
    api, at, client, client_grant, connection, insert, json_map, script, sealed, signing_key, texts, update,
};

pub fn every_field_of_a_client_is_kept(storage: &dyn Storage) {
    let settings = ClientSettings {
        name: "My \"app\"".to_owned(),
        app_type: Some(AppType::NonInteractive),
        is_first_party: false,
        oidc_conformant: false,
        token_endpoint_auth_method: TokenEndpointAuthMethod::PrivateKeyJwt,
        client_authentication_methods: Some(keys_of_a_client()),
        is_token_endpoint_ip_header_trusted: true,
        native_social_login: NativeSocialLogin {
            apple: Switch { enabled: true },
            ..NativeSocialLogin::default()
        },
        grant_types: vec![GrantType::REFRESH_TOKEN, GrantType::new("urn:example:grant")],
        callbacks: texts(&["https://app.example.com/cb?a=1&b=%2F", "myapp://cb"]),
        allowed_logout_urls: texts(&["https://app.example.com/out"]),
        web_origins: texts(&["https://app.example.com"]),
        allowed_origins: texts(&["https://other.example.com", "https://app.example.com"]),
        jwt_configuration: JwtConfiguration {
            alg: Algorithm::HS256,
            lifetime_in_seconds: Seconds(7),
            other: json_map(&json!({ "secret_encoded": false })),
        },
        refresh_token: RefreshTokenSettings {
            leeway: Seconds(3),
            token_lifetime: Seconds(4),
            idle_token_lifetime: Seconds(5),
            other: json_map(&json!({ "policies": [{ "audience": "api" }] })),
            ..RefreshTokenSettings::rotating()
        },
        require_proof_of_possession: true,
        redirection_policy: Some(RedirectionPolicy::OpenRedirectProtection),
        third_party_security_mode: Some(ThirdPartySecurityMode::Strict),
        skip_non_verifiable_callback_uri_confirmation_prompt: Some(false),
        compliance: Some(Compliance::Rfc),
        other: other(),
    };
    let full = Client { secret: Some(sealed()), settings, created_at: at(7), ..client("client") };
    for record in [full.clone(), client("plain")] {
        write(storage, [Change::UpsertClient(insert(record.clone()))]);
        assert_eq!(read(storage.client(&record.id)), Some(record));
    }
    let (plain, full) = (client("client"), Client { id: "plain".into(), ..full });
    for record in [plain, full] {
        write(storage, [Change::UpsertClient(update(record.clone(), 1))]);
        assert_eq!(read(storage.client(&record.id)), Some(Client { version: 2, ..record }));
    }
}

/// Two keys: one with everything, one with what it must have.
fn keys_of_a_client() -> ClientAuthenticationMethods {
    let credential = |first: u8, name: Option<&str>| {
        let key = PublicKey::P256 { x: [first; 32], y: [7; 32] };
        let kid = key.thumbprint().as_str().to_owned();
        ClientCredential {
            name: name.map(str::to_owned),
            alg: Algorithm::ES256,
            jwk: Jwk::new(&kid, Algorithm::ES256, &key),
            kid,
            expires_at: name.map(|_| at(9)),
            other: name.map(|_| other()).unwrap_or_default(),
        }
    };
    let credentials = vec![credential(1, Some("old")), credential(2, None)];
    ClientAuthenticationMethods {
        private_key_jwt: Some(PrivateKeyJwtSettings { credentials }),
        other: json_map(&json!({ "tls_client_auth": { "credentials": [] } })),
    }
}

pub fn every_field_of_an_api_is_kept(storage: &dyn Storage) {
    let settings = ResourceServerSettings {
        name: "An API".to_owned(),
        scopes: vec![
            ApiScope { value: "read".to_owned(), description: Some("Read it".to_owned()) },
            ApiScope { value: "write".to_owned(), description: None },
        ],
        signing_alg: Algorithm::PS256,
        token_dialect: TokenDialect::Rfc9068ProfileAuthz,
        token_lifetime: Seconds(1),
        token_lifetime_for_web: Seconds(2),
        allow_offline_access: true,
        skip_consent_for_verifiable_first_party_clients: true,
        enforce_policies: true,
        subject_type_authorization: SubjectTypeAuthorization {
            user: UserPolicy::RequireClientGrant,
            client: ClientPolicy::DenyAll,
        },
        proof_of_possession: Some(ProofOfPossession {
            mechanism: PopMechanism::Dpop,
            required: true,
            required_for: RequiredFor::PublicClients,
        }),
        other: other(),
    };
    let full = ResourceServer { signing_secret: Some(sealed()), settings, ..api("https://api.example.com/") };
    for record in [full.clone(), api("plain")] {
        write(storage, [Change::UpsertResourceServer(insert(record.clone()))]);
        assert_eq!(read(storage.resource_server(&record.identifier)), Some(record));
    }
    let plain = ResourceServer { id: full.id.clone(), ..api("https://api.example.com/") };
    let full = ResourceServer { id: api("plain").id, identifier: "plain".into(), ..full };
    for record in [plain, full] {
        write(storage, [Change::UpsertResourceServer(update(record.clone(), 1))]);
        let expected = ResourceServer { version: 2, ..record };
        assert_eq!(read(storage.resource_server(&expected.identifier)), Some(expected));
    }
}

pub fn every_field_of_a_client_grant_is_kept(storage: &dyn Storage) {
    let full = ClientGrant { allow_all_scopes: true, other: other(), ..client_grant("client", "api") };
    let empty = ClientGrant {
        subject_type: SubjectType::User,
        scope: Scope::empty(),
        ..client_grant("other", "api")
    };
    for record in [full, empty] {
        write(storage, [Change::UpsertClientGrant(insert(record.clone()))]);
        let found = storage.client_grant(&record.client_id, &record.audience, record.subject_type);
        assert_eq!(read(found), Some(record.clone()));
        let changed = ClientGrant { scope: Scope::parse("c b a").unwrap_or_default(), ..record };
        write(storage, [Change::UpsertClientGrant(update(changed.clone(), 1))]);
        let found = storage.client_grant(&changed.client_id, &changed.audience, changed.subject_type);
        assert_eq!(read(found), Some(ClientGrant { version: 2, ..changed.clone() }));
    }
}

pub fn every_field_of_a_connection_is_kept(storage: &dyn Storage) {
    let settings = ConnectionSettings {
        enabled_clients: vec!["one".into(), "two".into()],
        options: json_map(&json!({ "passwordPolicy": "good", "nested": { "list": [1, null, "x"] } })),
        other: other(),
    };
    let full = Connection { strategy: "google-oauth2".to_owned(), settings, ..connection("con_1") };
    for record in [full, connection("con_2")] {
        write(storage, [Change::UpsertConnection(insert(record.clone()))]);
        assert_eq!(read(storage.connection(&record.id)), Some(record));
    }
}

pub fn every_field_of_the_settings_is_kept(storage: &dyn Storage) {
    let full = TenantSettings {
        friendly_name: "Tenant".to_owned(),
        support_url: Some("https://example.com/help".to_owned()),
        default_audience: Some("api".to_owned()),
        default_redirection_uri: Some("https://example.com/".to_owned()),
        allowed_logout_urls: texts(&["https://example.com/out"]),
        enabled_locales: texts(&["de", "en"]),
        session_lifetime: 0.1,
        idle_session_lifetime: 1.5,
        session_cookie: Some(CookieMode::NonPersistent),
        resource_parameter_profile: ResourceParameterProfile::Audience,
        skip_non_verifiable_callback_uri_confirmation_prompt: true,
        authorization_response_iss_parameter_supported: true,
        error_page: Some(json!({ "url": "https://example.com/error", "show_log_link": true })),
        oidc_logout: Some(json!({ "rp_logout_end_session_endpoint_discovery": false })),
        acr_values_supported: texts(&["acr"]),
        compliance: Compliance::Rfc,
        flags: TenantFlags {
            revoke_refresh_token_grant: true,
            use_scope_descriptions_for_consent: true,
            remove_alg_from_jwks: true,
            other: json_map(&json!({ "enable_client_connections": false })),
        },
        triggers: [(
            "post-login".to_owned(),
            vec![TriggerBinding { script_id: "act_1".into(), display_name: "First".to_owned() }],
        )]
        .into(),
        other: other(),
    };
    for (version, record) in [full, TenantSettings::default()].into_iter().enumerate() {
        let version = i64::try_from(version).expect("a small number");
        write(storage, [Change::SetSettings(update(record.clone(), version))]);
        assert_eq!(read(storage.settings()), Keyed { record, version: version + 1 });
    }
}

pub fn every_field_of_a_script_is_kept(storage: &dyn Storage) {
    let settings = ScriptSettings {
        code: "function (user, context, callback) { callback(null, user, context); } // Zoë \u{1f600}"
            .to_owned(),
        order: Some(7),
        enabled: Some(false),
        other: other(),
    };
    let full = Script { secrets: Some(sealed()), settings, ..script("full", ScriptKind::Rule) };
    let plain = script("plain", ScriptKind::Action);
    for record in [full.clone(), plain.clone()] {
        write(storage, [Change::UpsertScript(insert(record))]);
    }
    assert_eq!(*read(storage.scripts()), [full.clone(), plain.clone()]);
    let (first, second) = (Script { id: full.id, ..plain.clone() }, Script { id: plain.id, ..full });
    let first = Script { name: "another".to_owned(), ..first };
    for record in [first.clone(), second.clone()] {
        write(storage, [Change::UpsertScript(update(record, 1))]);
    }
    let second_version = |record: Script| Script { version: 2, ..record };
    assert_eq!(*read(storage.scripts()), [second_version(first), second_version(second)]);
}

pub fn every_field_of_a_signing_key_is_kept(storage: &dyn Storage) {
    let states = [KeyState::Next, KeyState::Current, KeyState::Previous];
    let algorithms =
        ["RS256", "RS512", "PS256", "ES256", "HS256"].map(|name| Algorithm::parse(name).expect("one"));
    let mut expected = Vec::new();
    for state in states {
        for algorithm in algorithms {
            let key = SigningKey {
                algorithm,
                private_key: sealed(),
                certificate: (0..=255).collect(),
                created_at: at(i64::try_from(expected.len()).expect("a small number")),
                state_since: at(5),
                published_at: (state == KeyState::Current).then(|| at(6)),
                ..signing_key(&format!("{state:?} {algorithm}"), state)
            };
            write(storage, [Change::InsertSigningKey(key.clone())]);
            expected.push(key);
        }
    }
    assert_eq!(read(storage.signing_keys()), expected);
}

/// Settings that we do not know.
fn other() -> serde_json::Map<String, serde_json::Value> {
    json_map(&json!({
        "client_metadata": { "plan": "gold" },
        "mobile": { "ios": { "team_id": "X", "ratio": 0.5 } },
        "list": [1, -2, "three", null, true],
        "unicode \u{1f600}": "ß",
        "empty": {},
    }))
}
