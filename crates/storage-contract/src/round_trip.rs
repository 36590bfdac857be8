//! What is written is read: every field, with and without its value.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_jose::Thumbprint;
use countersign_oauth::{Issuer, OrganizationId, Scope, Seconds, SessionId, Timestamp};
use countersign_storage::*;
use serde_json::json;

use crate::run::{read, write};
use crate::samples::{
    access_token, at, authorization, code, consent, family, hash, insert, json_map, log_event, refresh_token,
    sealed, session, texts, update, user,
};

const WHO: (&str, &str, &str) = ("user", "client", "api");

pub fn every_field_of_a_user_is_kept(storage: &dyn Storage) {
    let identity = |provider: &str, id: &str| Identity {
        connection_id: format!("con of {provider}").as_str().into(),
        provider: provider.to_owned(),
        provider_user_id: id.to_owned(),
        tokens: (provider == "twitter").then(sealed),
    };
    let full = User {
        email_verified: true,
        username: Some("name".to_owned()),
        profile: Profile {
            claims: json_map(&json!({ "name": "Zoë", "address": { "country": "DE" } })),
            attributes: json_map(&json!({ "screen_name": "zoe", "followers": 3 })),
            user_metadata: json_map(&json!({ "theme": "dark" })),
            app_metadata: json_map(&json!({ "roles": ["a", "b"], "n": 1.5 })),
        },
        blocked: true,
        identities: vec![identity("auth0", "1"), identity("twitter", "9"), identity("google-oauth2", "5")],
        created_at: at(1),
        updated_at: at(2),
        password_changed_at: Some(at(3)),
        last_login: Some(at(4)),
        last_ip: Some("2001:db8::1".to_owned()),
        logins_count: i64::MAX / 2,
        ..user("full")
    };
    let bare = User { email: None, password: None, identities: Vec::new(), ..user("bare") };
    for record in [full.clone(), bare] {
        write(storage, [Change::UpsertUser(insert(record.clone()))]);
        assert_eq!(read(storage.user(&record.id)), Some(record));
    }
    let found = read(storage.user_by_identifier(&full.connection_id, "name"));
    assert_eq!(found, Some(full.clone()));
    let stripped = User {
        email: None,
        username: None,
        password: None,
        identities: vec![identity("auth0", "1")],
        password_changed_at: None,
        blocked: false,
        ..full.clone()
    };
    write(storage, [Change::UpsertUser(update(stripped.clone(), 1))]);
    assert_eq!(read(storage.user(&full.id)), Some(User { version: 2, ..stripped }));
    assert_eq!(read(storage.user_by_identifier(&full.connection_id, "name")), None);
}

pub fn every_field_of_a_session_is_kept(storage: &dyn Storage) {
    let full = Session {
        organization_id: Some(OrganizationId::new("org_1")),
        issuer: Issuer::new("http://localhost:3000/"),
        authentication: Authentication {
            authenticated_at: at(-5),
            amr: texts(&["pwd", "mfa", "otp"]),
            acr: Some("http://schemas.openid.net/pape/policies/2007/06/multi-factor".to_owned()),
        },
        created_at: at(1),
        idle_lifetime: Seconds(9),
        persistent: false,
        user_agent: "Mozilla/5.0 (\u{1f600})".to_owned(),
        ip: "2001:db8::1".to_owned(),
        ended_at: Some(at(8)),
        epoch: 5,
        ..session("full", "user")
    };
    for record in [full, session("plain", "user")] {
        write(storage, [Change::InsertSession(record.clone())]);
        assert_eq!(read(storage.session(&record.id)), Some(record.clone()));
        assert_eq!(read(storage.session_by_handle(&record.handle)), Some(record));
    }
}

pub fn every_field_of_a_consent_is_kept(storage: &dyn Storage) {
    let full = Consent {
        scope: Scope::parse("z a m").unwrap_or_default(),
        created_at: at(-1),
        epoch: 4,
        ..consent("id", WHO)
    };
    let empty = Consent { scope: Scope::empty(), ..consent("empty", ("user", "client", "")) };
    for record in [full, empty] {
        write(storage, [Change::GrantConsent(record.clone())]);
        let found = storage.consent(&record.user_id, &record.client_id, &record.audience);
        assert_eq!(read(found), Some(record.clone()));
    }
}

pub fn every_field_of_an_artefact_is_kept(storage: &dyn Storage) {
    let full = SingleUse {
        kind: SingleUseKind::DeviceCode,
        second_handle: Some(hash("user code")),
        client_id: "other client".into(),
        user_id: Some("auth0|1".into()),
        session_id: Some("sid".into()),
        authorization_id: Some("authorization".into()),
        status: "approved".to_owned(),
        attempts: u32::MAX,
        created_at: at(-3),
        expires_at: at(-2),
        redeemed_at: Some(at(-1)),
        payload: json!({ "version": 2, "nonce": "n\u{0}\n\"<>", "list": [true, null, 1.25, -7] }),
        ..code("full")
    };
    for record in [full, code("plain"), SingleUse { payload: json!(null), ..code("empty") }] {
        write(storage, [Change::InsertSingleUse(record.clone())]);
        assert_eq!(read(storage.single_use(record.kind, &record.handle)), Some(record));
    }
}

pub fn every_field_of_an_authorization_and_its_access_tokens_is_kept(storage: &dyn Storage) {
    let full = Authorization {
        session_id: Some(SessionId::new("sid")),
        organization_id: Some(OrganizationId::new("org_1")),
        created_at: at(-3),
        ended_at: Some(at(-2)),
        epoch: 8,
        ..authorization("full", WHO)
    };
    let plain = Authorization { scope: Scope::empty(), ..authorization("plain", ("user", "client", "")) };
    for record in [full, plain] {
        write(storage, [Change::InsertAuthorization(record.clone())]);
        assert_eq!(read(storage.authorization(&record.id)), Some(record));
    }
    let full = AccessToken {
        claims: Some(json!({ "version": 1, "sub": "auth0|1", "scope": "openid" })),
        denied_at: Some(at(4)),
        ..access_token("full", "full")
    };
    let loose = AccessToken { authorization_id: None, ..access_token("loose", "") };
    for record in [full, access_token("plain", "plain"), loose] {
        write(storage, [Change::InsertAccessToken(record.clone())]);
        assert_eq!(read(storage.access_token(&record.handle)), Some(record));
    }
}

pub fn every_field_of_a_family_and_its_tokens_is_kept(storage: &dyn Storage) {
    let full = RefreshFamily {
        session_id: Some("sid".into()),
        organization_id: Some(OrganizationId::new("org_1")),
        issuer: Issuer::new("http://localhost:3000/"),
        jkt: Thumbprint::parse("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        rotating: false,
        created_at: at(-3),
        expires_at: Some(at(9)),
        ..family("full", WHO)
    };
    assert!(full.jkt.is_some());
    let plain = family("plain", ("user", "client", ""));
    for record in [full, plain] {
        write(storage, [Change::InsertFamily(record.clone())]);
        assert_eq!(read(storage.refresh_family(&record.id)), Some(record));
    }
    let token = RefreshToken {
        generation: u32::MAX,
        parent: Some(hash("parent")),
        created_at: at(-2),
        idle_expires_at: Some(at(3)),
        spent_at: Some(at(1)),
        successors: 3,
        last_used_at: Some(at(2)),
        ..refresh_token("full", "full")
    };
    for record in [token, refresh_token("plain", "plain")] {
        write(storage, [Change::InsertRefreshToken(record.clone())]);
        let (found, family) = read(storage.refresh_token(&record.handle)).expect("the token");
        assert_eq!(family.id, record.family_id);
        assert_eq!(found, record);
    }
    let ended = RefreshFamily { ended_at: Some(at(1)), ..family("ended", WHO) };
    write(storage, [Change::InsertFamily(ended.clone())]);
    assert_eq!(read(storage.refresh_family(&ended.id)), Some(ended));
}

pub fn every_field_of_a_log_event_is_kept(storage: &dyn Storage) {
    let full = LogEvent {
        at: at(7),
        event: "feacft".to_owned(),
        rule: Some("code.replayed".to_owned()),
        client_id: Some("client".into()),
        user_id: Some("auth0|1".into()),
        ip: "2001:db8::1".to_owned(),
        client_ip: Some("192.0.2.7".to_owned()),
        request_id: "req".to_owned(),
        ..log_event("A sentence.")
    };
    write(storage, [log_event("plain"), full.clone()].map(Change::Log));
    assert_eq!(read(storage.log_events(9)), [full, log_event("plain")]);
}

pub fn large_and_foreign_texts_are_kept(storage: &dyn Storage) {
    let large = "ß漢\u{1f600}\u{202e}'\"; DROP TABLE users; --%_\\".repeat(20_000);
    let claims = json_map(&json!({ "name": large, "\u{0}": "nul" }));
    let person = User { profile: Profile { claims, ..Profile::default() }, ..user("漢'\"\\%_|\u{1f600}") };
    write(storage, [Change::UpsertUser(insert(person.clone()))]);
    assert_eq!(read(storage.user(&person.id)), Some(person));
    let pushed = SingleUse { payload: json!({ "state": large }), status: large.clone(), ..code("large") };
    write(storage, [Change::InsertSingleUse(pushed.clone())]);
    assert_eq!(read(storage.single_use(pushed.kind, &pushed.handle)), Some(pushed));
    write(storage, [Change::Log(log_event(&large))]);
    assert_eq!(read(storage.log_events(1)), [log_event(&large)]);
    let distant = [i64::MIN, -1, 0, i64::MAX].map(Timestamp::from_millis);
    for (place, moment) in distant.into_iter().enumerate() {
        let ended_at = Some(moment);
        let session = Session { created_at: moment, ended_at, ..session(&format!("{place}"), "user") };
        write(storage, [Change::InsertSession(session.clone())]);
        assert_eq!(read(storage.session(&session.id)), Some(session));
    }
}

pub fn nothing_is_found_in_an_empty_store(storage: &dyn Storage) {
    let (user, client, audience) = ("user".into(), "client".into(), "api".into());
    assert_eq!(read(storage.client(&client)), None);
    assert_eq!(read(storage.resource_server(&audience)), None);
    assert_eq!(read(storage.client_grant(&client, &audience, SubjectType::Client)), None);
    assert_eq!(read(storage.connection(&"con_1".into())), None);
    assert_eq!(read(storage.connections()), []);
    assert_eq!(read(storage.user(&user)), None);
    assert_eq!(read(storage.user_by_identifier(&"con_1".into(), "")), None);
    assert_eq!(read(storage.user_by_identity(&"con_1".into(), "auth0", "")), None);
    assert!(read(storage.scripts()).is_empty());
    assert_eq!(read(storage.session(&"sid".into())), None);
    assert_eq!(read(storage.session_by_handle(&hash("sid"))), None);
    assert_eq!(read(storage.session_clients(&"sid".into())), []);
    assert_eq!(read(storage.consent(&user, &client, &audience)), None);
    assert_eq!(read(storage.single_use(SingleUseKind::DeviceCode, &hash("code"))), None);
    assert_eq!(read(storage.authorization(&"authorization".into())), None);
    assert_eq!(read(storage.refresh_token(&hash("token"))), None);
    assert!(!read(storage.has_spent_successor(&hash("token"))));
    assert_eq!(read(storage.refresh_family(&"family".into())), None);
    assert_eq!(read(storage.access_token(&hash("token"))), None);
    assert_eq!(read(storage.signing_keys()), []);
    assert_eq!(read(storage.settings()), Keyed { record: TenantSettings::default(), version: 0 });
    assert_eq!(read(storage.clients()), []);
    assert_eq!(read(storage.resource_servers()), []);
    assert_eq!(read(storage.client_grants()), []);
    assert_eq!(read(storage.users(10)), []);
    assert_eq!(read(storage.log_events(10)), []);
    assert_eq!(read(storage.families_of_user(&user)), []);
    assert_eq!(read(storage.sessions_of_user(&user)), []);
    assert_eq!(read(storage.sweep(at(0), 10)), 0);
}
