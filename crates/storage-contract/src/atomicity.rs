//! All of a commit, or nothing.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_storage::{
    Change, Changes, Conflict, ExchangeRule, KeyState, PasswordHash, RecordKind, RefreshFamily, Requirement,
    ScriptKind, SingleUse, SingleUseKind, Storage, TenantSettings, User,
};

use crate::race;
use crate::run::{attempt, commit, read, write};
use crate::samples::{
    HOUR, access_token, api, at, authorization, client, client_grant, code, connection, consent, failing,
    family, hash, identity, insert, json_map, log_event, refresh_token, script, session, signing_key, spend,
    update, upstream_update, user,
};
use serde_json::json;

const WHO: (&str, &str, &str) = ("user", "client", "api");

pub fn a_failed_commit_changes_nothing_whatever_it_wrote_before(storage: &dyn Storage) {
    for change in every_change() {
        let name = name(&change);
        let before = everything(storage);
        let changes = Changes::none().with(change.clone()).with(failing());
        assert_eq!(commit(storage, changes), Err(Conflict::Spent), "{name}");
        assert_eq!(everything(storage), before, "{name}");
        if !matches!(change, Change::SetMark { .. }) {
            let unmet = Requirement { record: RecordKind::User, id: "nobody".to_owned(), epoch: 1 };
            let changes = Changes::none().requiring(unmet.clone()).with(change.clone());
            assert_eq!(commit(storage, changes), Err(Conflict::Required(unmet)), "{name}");
            assert_eq!(everything(storage), before, "{name}");
        }
        assert_eq!(attempt(storage, change.clone()), Ok(()), "{name}");
        let unseen = matches!(change, Change::SetMark { .. });
        assert!(unseen || everything(storage) != before, "{name} alone has an effect");
    }
}

pub fn a_commit_without_changes_succeeds(storage: &dyn Storage) {
    assert_eq!(commit(storage, Changes::none()), Ok(()));
}

pub fn writes_are_applied_in_order(storage: &dyn Storage) {
    write(storage, [Change::InsertSingleUse(code("code")), spend("code", at(1))]);
    let backwards = Changes::none().with(spend("late", at(1))).with(Change::InsertSingleUse(code("late")));
    assert_eq!(commit(storage, backwards), Err(Conflict::Spent));
    assert_eq!(read(storage.single_use(SingleUseKind::AuthorizationCode, &hash("late"))), None);
    let twice = [Change::UpsertUser(insert(user("user"))), Change::UpsertUser(update(user("user"), 1))];
    write(storage, twice);
    assert_eq!(read(storage.user(&"user".into())).map(|user| user.version), Some(2));
}

pub fn an_unmet_requirement_is_named(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("user")))]);
    let held = read(storage.user(&"user".into())).expect("the user").requirement();
    let unmet = Requirement { record: RecordKind::Session, id: "sid".to_owned(), epoch: 7 };
    let changes = Changes::none().requiring(held).requiring(unmet.clone()).with(failing());
    assert_eq!(commit(storage, changes), Err(Conflict::Required(unmet)));
}

pub fn a_user_is_read_whole_while_it_is_written(storage: &dyn Storage) {
    let as_of = |version: i64| User {
        email: Some(format!("{version}@example.com")),
        identities: vec![identity(&format!("{version}"))],
        version,
        ..user("user")
    };
    write(storage, [Change::UpsertUser(insert(as_of(1)))]);
    race(&[storage], 4, |storage, racer| {
        for version in 2..40 {
            if racer == 0 {
                write(storage, [Change::UpsertUser(update(as_of(version), version - 1))]);
            } else {
                let seen = read(storage.user(&"user".into())).expect("the user");
                assert_eq!(seen, as_of(seen.version));
            }
        }
    });
}

/// Every kind of change, in an order in which each one succeeds and has an effect.
fn every_change() -> Vec<Change> {
    let unlinked = |id: &str| RefreshFamily { authorization_id: "none".into(), ..family(id, WHO) };
    let device = SingleUse { kind: SingleUseKind::DeviceCode, ..code("device") };
    vec![
        Change::SetSettings(insert(TenantSettings::default())),
        Change::InsertSigningKey(signing_key("kid", KeyState::Next)),
        Change::SetKeyState { kid: "kid".into(), state: KeyState::Current, at: at(1) },
        Change::UpsertConnection(insert(connection("con_1"))),
        Change::UpsertClient(insert(client("client"))),
        Change::UpsertResourceServer(insert(api("api"))),
        Change::UpsertClientGrant(insert(client_grant("client", "api"))),
        Change::UpsertUser(insert(user("user"))),
        Change::Rehash {
            user: "user".into(),
            old: PasswordHash::new("$argon2id$old"),
            new: PasswordHash::new("new"),
        },
        Change::CountLogin { user: "user".into(), at: at(1), ip: "192.0.2.1".to_owned() },
        Change::InsertSession(session("sid", "user")),
        Change::TouchSession {
            id: "sid".into(),
            now: at(1),
            idle_expires_at: at(HOUR + 1),
            absolute_expires_at: at(2 * HOUR),
        },
        Change::PatchMetadata {
            user: "user".into(),
            user_metadata: json_map(&json!({ "theme": "dark" })),
            app_metadata: json_map(&json!({ "plan": "paid" })),
            at: at(1),
        },
        Change::UpdateFromUpstream(upstream_update("user", at(2))),
        Change::UpsertScript(insert(script("act_1", ScriptKind::Action))),
        Change::UpsertScript(insert(script("rul_1", ScriptKind::Rule))),
        Change::DeleteScript { id: "rul_1".into() },
        Change::JoinSession { id: "sid".into(), client: "client".into(), at: at(1) },
        Change::GrantConsent(consent("consent", WHO)),
        Change::InsertAuthorization(authorization("authorization", WHO)),
        Change::InsertSingleUse(code("code")),
        spend("code", at(1)),
        Change::InsertSingleUse(device),
        Change::CountSingleUseAttempt {
            kind: SingleUseKind::DeviceCode,
            handle: hash("device"),
            now: at(1),
            limit: 3,
        },
        Change::SetMark { space: "space".to_owned(), mark: hash("mark"), until: at(1) },
        Change::InsertAccessToken(access_token("access token", "authorization")),
        Change::DenyAccessToken { handle: hash("denied"), expires_at: at(HOUR), at: at(1) },
        Change::InsertFamily(unlinked("family")),
        Change::InsertRefreshToken(refresh_token("refresh token", "family")),
        Change::TouchRefreshToken { handle: hash("refresh token"), now: at(1), idle_expires_at: None },
        Change::ExchangeRefreshToken {
            handle: hash("refresh token"),
            now: at(2),
            rule: ExchangeRule::Unspent,
        },
        Change::AmendFamily { id: "family".into(), rotating: true, expires_at: Some(at(HOUR)), jkt: None },
        Change::EndFamily { id: "family".into(), at: at(2) },
        Change::InsertFamily(unlinked("second")),
        Change::EndFamilies { user: "user".into(), client: None, audience: None, at: at(2) },
        Change::InsertFamily(RefreshFamily { rotating: false, ..unlinked("fourth") }),
        Change::EndNonRotatingFamilies {
            user: "user".into(),
            client: "client".into(),
            audience: Some("api".into()),
            at: at(2),
        },
        Change::InsertFamily(unlinked("third")),
        Change::InsertRefreshToken(refresh_token("third token", "third")),
        Change::CapFamilies { user: "user".into(), client: "client".into(), keep: 0, at: at(2) },
        Change::EndAuthorization { id: "authorization".into(), at: at(2), deny_access_tokens: true },
        Change::EndSession { id: "sid".into(), at: at(2) },
        Change::InsertSession(session("sid 2", "user")),
        Change::EndSessionsOfUser { user: "user".into(), at: at(2) },
        Change::DeleteConsent { id: "consent".into(), at: at(3) },
        Change::DeleteClientGrant { id: client_grant("client", "api").id },
        Change::DeleteResourceServer { id: api("api").id, at: at(3) },
        Change::DeleteClient { id: "client".into(), at: at(3) },
        Change::DeleteUser { id: "user".into(), at: at(3) },
        Change::UpsertUser(insert(user("user"))),
        Change::DeleteConnection { id: "con_1".into(), at: at(3) },
        Change::Log(log_event("a sentence")),
    ]
}

/// The name of a change. A new kind does not compile until it is named here: give it a line above.
fn name(change: &Change) -> &'static str {
    match change {
        Change::InsertSingleUse(_) => "InsertSingleUse",
        Change::SpendSingleUse { .. } => "SpendSingleUse",
        Change::CountSingleUseAttempt { .. } => "CountSingleUseAttempt",
        Change::SetMark { .. } => "SetMark",
        Change::InsertAuthorization(_) => "InsertAuthorization",
        Change::EndAuthorization { .. } => "EndAuthorization",
        Change::InsertAccessToken(_) => "InsertAccessToken",
        Change::DenyAccessToken { .. } => "DenyAccessToken",
        Change::InsertFamily(_) => "InsertFamily",
        Change::InsertRefreshToken(_) => "InsertRefreshToken",
        Change::ExchangeRefreshToken { .. } => "ExchangeRefreshToken",
        Change::TouchRefreshToken { .. } => "TouchRefreshToken",
        Change::AmendFamily { .. } => "AmendFamily",
        Change::EndFamily { .. } => "EndFamily",
        Change::EndFamilies { .. } => "EndFamilies",
        Change::EndNonRotatingFamilies { .. } => "EndNonRotatingFamilies",
        Change::CapFamilies { .. } => "CapFamilies",
        Change::InsertSession(_) => "InsertSession",
        Change::TouchSession { .. } => "TouchSession",
        Change::JoinSession { .. } => "JoinSession",
        Change::EndSession { .. } => "EndSession",
        Change::EndSessionsOfUser { .. } => "EndSessionsOfUser",
        Change::GrantConsent(_) => "GrantConsent",
        Change::DeleteConsent { .. } => "DeleteConsent",
        Change::UpsertUser(_) => "UpsertUser",
        Change::PatchMetadata { .. } => "PatchMetadata",
        Change::UpdateFromUpstream(_) => "UpdateFromUpstream",
        Change::UpsertScript(_) => "UpsertScript",
        Change::DeleteScript { .. } => "DeleteScript",
        Change::DeleteUser { .. } => "DeleteUser",
        Change::Rehash { .. } => "Rehash",
        Change::CountLogin { .. } => "CountLogin",
        Change::UpsertClient(_) => "UpsertClient",
        Change::DeleteClient { .. } => "DeleteClient",
        Change::UpsertResourceServer(_) => "UpsertResourceServer",
        Change::DeleteResourceServer { .. } => "DeleteResourceServer",
        Change::UpsertClientGrant(_) => "UpsertClientGrant",
        Change::DeleteClientGrant { .. } => "DeleteClientGrant",
        Change::UpsertConnection(_) => "UpsertConnection",
        Change::DeleteConnection { .. } => "DeleteConnection",
        Change::SetSettings(_) => "SetSettings",
        Change::InsertSigningKey(_) => "InsertSigningKey",
        Change::SetKeyState { .. } => "SetKeyState",
        Change::PublishSigningKeys { .. } => "PublishSigningKeys",
        Change::Log(_) => "Log",
    }
}

/// All that [`every_change`] may touch, as text.
fn everything(storage: &dyn Storage) -> String {
    let (user, client, audience) = ("user".into(), "client".into(), "api".into());
    let configuration = (
        read(storage.settings()),
        read(storage.configuration_version()),
        read(storage.signing_keys()),
        read(storage.connections()),
        read(storage.scripts()),
        read(storage.clients()),
        read(storage.resource_servers()),
        read(storage.client_grants()),
    );
    let of_users = (
        read(storage.users(10))
            .into_iter()
            .map(|user| (user.password.map(|hash| hash.as_str().to_owned()), user.id))
            .collect::<Vec<_>>(),
        read(storage.users(10)),
        read(storage.user_by_identifier(&"con_1".into(), "user@example.com")),
        read(storage.consent(&user, &client, &audience)),
        read(storage.sessions_of_user(&user)),
        read(storage.session_clients(&"sid".into())),
        read(storage.families_of_user(&user)),
    );
    let artefacts = (
        read(storage.single_use(SingleUseKind::AuthorizationCode, &hash("code"))),
        read(storage.single_use(SingleUseKind::DeviceCode, &hash("device"))),
        read(storage.authorization(&"authorization".into())),
        read(storage.access_token(&hash("access token"))),
        read(storage.access_token(&hash("denied"))),
        read(storage.refresh_token(&hash("refresh token"))),
        read(storage.refresh_token(&hash("third token"))),
        read(storage.log_events(10)),
    );
    format!("{configuration:?} {of_users:?} {artefacts:?}")
}
