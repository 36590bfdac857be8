//! The sweep takes what is over, and never what still finds a replay.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::{AuthorizationId, Timestamp};
use countersign_storage::{
    AccessToken, Bucket, Change, ExchangeRule, KeyState, RefreshFamily, RefreshToken, Session, SingleUse,
    Storage, TenantSettings,
};

use crate::run::{attempt, read, write};
use crate::samples::{
    access_token, api, at, authorization, client, client_grant, code, connection, consent, family, hash,
    insert, log_event, refresh_token, session, signing_key, spend, successor, user,
};

const WHO: (&str, &str, &str) = ("user", "client", "api");

pub fn expired_artefacts_go_and_others_stay_spent_or_not(storage: &dyn Storage) {
    for (name, expires) in [("over", 9), ("over and spent", 9), ("spent", 10), ("unspent", 10)] {
        write(storage, [Change::InsertSingleUse(SingleUse { expires_at: at(expires), ..code(name) })]);
    }
    write(storage, [spend("over and spent", at(1)), spend("spent", at(1))]);
    assert_eq!(sweep(storage, at(9)), 0);
    assert_eq!(sweep(storage, at(10)), 2);
    let stays = |name: &str| read(storage.single_use(code("").kind, &hash(name))).is_some();
    let names = ["over", "over and spent", "spent", "unspent"];
    assert_eq!(names.map(stays), [false, false, true, true], "a replay of a spent code is still seen");
}

pub fn expired_marks_and_attempts_go(storage: &dyn Storage) {
    let bucket = |name: &str| Bucket { purpose: "login".to_owned(), subject: hash(name) };
    for (name, until) in [("over", 9), ("stays", 10)] {
        assert!(read(storage.remember("jti", hash(name), at(0), at(until))));
        read(storage.record(&bucket(name), at(0), at(until)));
        let (space, mark) = ("transaction".to_owned(), hash(name));
        write(storage, [Change::SetMark { space, mark, until: at(until) }]);
    }
    assert_eq!(sweep(storage, at(9)), 0);
    assert_eq!(sweep(storage, at(10)), 3);
    assert!(read(storage.remember("jti", hash("over"), at(0), at(9))), "it is forgotten");
    assert!(!read(storage.remember("jti", hash("stays"), at(0), at(9))));
    assert_eq!(read(storage.count(&bucket("stays"), at(0))), 1);
    let set = |name: &str| {
        let (space, mark) = ("transaction".to_owned(), hash(name));
        attempt(storage, Change::SetMark { space, mark, until: at(10) })
    };
    assert_eq!(["over", "stays"].map(|name| set(name).is_ok()), [true, false]);
}

pub fn access_tokens_stay_until_they_expire_denied_or_not(storage: &dyn Storage) {
    for (name, expires) in [("over", 9), ("over and denied", 9), ("denied", 10), ("living", 10)] {
        let token = AccessToken { expires_at: at(expires), ..access_token(name, "absent") };
        write(storage, [Change::InsertAccessToken(token)]);
    }
    write(
        storage,
        ["over and denied", "denied"].map(|name| Change::DenyAccessToken {
            handle: hash(name),
            expires_at: at(99),
            at: at(1),
        }),
    );
    assert_eq!(sweep(storage, at(9)), 0);
    assert_eq!(sweep(storage, at(10)), 2);
    let stays = |name: &str| read(storage.access_token(&hash(name))).is_some();
    assert_eq!(["over", "over and denied", "denied", "living"].map(stays), [false, false, true, true]);
}

pub fn sessions_go_when_they_ended_or_expired(storage: &dyn Storage) {
    let with = |sid: &str, ended: Option<i64>, idle, absolute| Session {
        ended_at: ended.map(at),
        idle_expires_at: at(idle),
        expires_at: at(absolute),
        ..session(sid, "user")
    };
    let sessions = [
        with("ended", Some(9), 50, 90),
        with("idle", None, 9, 90),
        with("expired", None, 50, 9),
        with("living", None, 10, 10),
        with("just ended", Some(10), 50, 90),
    ];
    for session in &sessions {
        let join = Change::JoinSession { id: session.id.clone(), client: "client".into(), at: at(0) };
        write(storage, [Change::InsertSession(session.clone()), join]);
    }
    sweep(storage, at(9));
    assert_eq!(read(storage.sessions_of_user(&"user".into())).len(), 5);
    sweep(storage, at(10));
    for session in &sessions {
        let stays = session.id.as_str() == "living" || session.id.as_str() == "just ended";
        assert_eq!(read(storage.session(&session.id)).is_some(), stays, "{}", session.id);
        assert_eq!(read(storage.session_by_handle(&session.handle)).is_some(), stays);
        assert_eq!(read(storage.session_clients(&session.id)).len(), usize::from(stays));
    }
}

pub fn families_go_with_their_tokens(storage: &dyn Storage) {
    let families = [
        (RefreshFamily { ended_at: Some(at(9)), ..family("ended", WHO) }, None),
        (RefreshFamily { expires_at: Some(at(9)), ..family("expired", WHO) }, None),
        (family("idle", WHO), Some(9)),
        (RefreshFamily { expires_at: Some(at(10)), ..family("living", WHO) }, Some(10)),
        (RefreshFamily { ended_at: Some(at(10)), ..family("just ended", WHO) }, None),
        (family("for ever", WHO), None),
    ];
    for (family, idle) in &families {
        let id = family.id.as_str();
        let alive = RefreshFamily { ended_at: None, ..family.clone() };
        let token = RefreshToken { idle_expires_at: idle.map(at), ..refresh_token(id, id) };
        write(storage, [Change::InsertFamily(alive), Change::InsertRefreshToken(token)]);
        if let Some(at) = family.ended_at {
            write(storage, [Change::EndFamily { id: family.id.clone(), at }]);
        }
    }
    sweep(storage, at(9));
    assert_eq!(read(storage.families_of_user(&"user".into())).len(), 6);
    sweep(storage, at(10));
    for (family, _) in &families {
        let stays = !["ended", "expired", "idle"].contains(&family.id.as_str());
        assert_eq!(read(storage.refresh_family(&family.id)).is_some(), stays, "{}", family.id);
        assert_eq!(read(storage.refresh_token(&hash(family.id.as_str()))).is_some(), stays);
    }
}

pub fn spent_tokens_of_a_living_family_stay(storage: &dyn Storage) {
    let first = RefreshToken { idle_expires_at: Some(at(20)), ..refresh_token("first", "family") };
    let second = RefreshToken { idle_expires_at: Some(at(50)), ..successor("second", &first) };
    write(storage, [Change::InsertFamily(family("family", WHO)), Change::InsertRefreshToken(first)]);
    let spend =
        Change::ExchangeRefreshToken { handle: hash("first"), now: at(30), rule: ExchangeRule::Unspent };
    write(storage, [spend, Change::InsertRefreshToken(second)]);
    for before in [10, 30] {
        sweep(storage, at(before));
        let (spent, _) = read(storage.refresh_token(&hash("first"))).expect("what finds its reuse");
        assert_eq!(spent.spent_at, Some(at(30)));
    }
    sweep(storage, at(31));
    assert_eq!(read(storage.refresh_token(&hash("first"))), None, "past its idle end nothing accepts it");
    assert!(read(storage.refresh_token(&hash("second"))).is_some());
}

pub fn an_authorization_goes_when_nothing_hangs_from_it(storage: &dyn Storage) {
    let names = ["with a code", "with a token", "with a family", "with all", "that lives"];
    write(storage, names.map(|name| Change::InsertAuthorization(authorization(name, WHO))));
    let code = |name: &str, expires| {
        let authorization_id = Some(AuthorizationId::new(name));
        Change::InsertSingleUse(SingleUse { authorization_id, expires_at: at(expires), ..code(name) })
    };
    let token = |name: &str, expires| {
        Change::InsertAccessToken(AccessToken { expires_at: at(expires), ..access_token(name, name) })
    };
    let family = |name: &str, expires| {
        let (authorization_id, expires_at) = (name.into(), Some(at(expires)));
        let record = RefreshFamily { authorization_id, expires_at, ..family(name, WHO) };
        [Change::InsertFamily(record), Change::InsertRefreshToken(refresh_token(name, name))]
    };
    write(storage, [code("with a code", 29), token("with a token", 29)]);
    write(storage, family("with a family", 29));
    write(
        storage,
        [code("with all", 9), token("with all", 19), code("that lives", 99), token("that lives", 99)],
    );
    write(storage, family("with all", 29));
    write(storage, family("that lives", 99));
    let stays = |name: &str| read(storage.authorization(&name.into())).is_some();
    for before in [10, 20, 29] {
        sweep(storage, at(before));
        assert!(names.into_iter().all(stays), "{before}");
    }
    sweep(storage, at(30));
    assert_eq!(names.map(stays), [false, false, false, false, true]);
}

pub fn a_sweep_takes_no_more_than_its_limit(storage: &dyn Storage) {
    for number in 0..5 {
        let over = SingleUse { expires_at: at(1), ..code(&format!("code {number}")) };
        write(storage, [Change::InsertSingleUse(over)]);
        let token = AccessToken { expires_at: at(1), ..access_token(&format!("token {number}"), "absent") };
        write(storage, [Change::InsertAccessToken(token)]);
    }
    let swept: Vec<_> = (0..4).map(|_| read(storage.sweep(at(2), 2))).collect();
    assert_eq!(swept, [4, 4, 2, 0], "the limit is of each kind");
}

pub fn configuration_users_consents_and_the_log_stay(storage: &dyn Storage) {
    write(
        storage,
        [
            Change::SetSettings(insert(TenantSettings::default())),
            Change::InsertSigningKey(signing_key("kid", KeyState::Previous)),
            Change::UpsertConnection(insert(connection("con_1"))),
            Change::UpsertClient(insert(client("client"))),
            Change::UpsertResourceServer(insert(api("api"))),
            Change::UpsertClientGrant(insert(client_grant("client", "api"))),
            Change::UpsertUser(insert(user("user"))),
            Change::GrantConsent(consent("consent", WHO)),
            Change::Log(log_event("a sentence")),
        ],
    );
    assert_eq!(sweep(storage, Timestamp::from_millis(i64::MAX)), 0);
    assert_eq!(read(storage.settings()).version, 1);
    assert_eq!(read(storage.signing_keys()).len(), 1);
    assert_eq!(read(storage.connections()).len(), 1);
    assert_eq!(read(storage.clients()).len(), 1);
    assert_eq!(read(storage.resource_servers()).len(), 1);
    assert_eq!(read(storage.client_grants()).len(), 1);
    assert!(read(storage.user_by_identifier(&"con_1".into(), "user@example.com")).is_some());
    assert!(read(storage.consent(&"user".into(), &"client".into(), &"api".into())).is_some());
    assert_eq!(read(storage.log_events(9)).len(), 1);
}

fn sweep(storage: &dyn Storage, before: Timestamp) -> u64 {
    read(storage.sweep(before, 1000))
}
