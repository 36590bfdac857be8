//! Signing in with identifier and password (OpenID Connect Core §3.1.2.3).

use std::sync::Arc;
use std::thread;

use countersign_authorization_endpoint::{CookieChange, LoginProblem, Shown};
use countersign_oauth::{ConnectionId, ErrorCode, FaultKind, HandleHash, UserId};
use countersign_storage::*;
use countersign_testkit::{
    AUDIENCE, CALLBACK, CLIENT_ID, EMAIL, NOW, PASSWORD, USER_ID, block_on, connection,
};

use crate::browser::{Visitor, code, error_page, login_form, problem, sent_back};
use crate::hasher::{hash, old_hash};
use crate::house::{House, changed, edit_user, new, put};

#[test]
fn a_right_password_signs_in_and_returns_a_code() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    assert_eq!(form.problem, None);
    house.assert_untouched();
    let (target, code) = code(visitor.log_in(&house, &form));
    assert_eq!((target.redirect_uri.as_str(), target.state.as_deref()), (CALLBACK, Some("s1")));
    assert_eq!(code.len(), 43);
    let sessions = house.sessions();
    let [session] = sessions.as_slice() else { panic!("{sessions:?}") };
    assert_eq!(session.handle, HandleHash::of(&visitor.session[0]));
    assert_eq!(session.authentication.authenticated_at, NOW);
    assert_eq!(session.authentication.amr, ["pwd"]);
    assert_eq!((session.ip.as_str(), session.user_agent.as_str()), ("192.0.2.1", "testkit/1.0"));
    let clients = block_on(house.storage.session_clients(&session.id)).unwrap();
    assert_eq!(clients, [CLIENT_ID.into()]);
}

#[test]
fn a_login_is_one_commit_with_all_that_it_rests_on() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    assert_eq!(house.storage.take_tries(), 0, "a login page writes nothing");
    visitor.log_in(&house, &form);
    assert_eq!(house.storage.take_tries(), 1);
    let commits = house.storage.take_commits();
    let mut kinds: Vec<_> = commits[0].requires.iter().map(|required| required.record).collect();
    kinds.sort_by_key(|kind| format!("{kind:?}"));
    assert_eq!(kinds, [RecordKind::Client, RecordKind::Connection, RecordKind::User]);
}

#[test]
fn a_login_is_counted() {
    let house = House::new();
    let mut visitor = Visitor { ip: "198.51.100.7", ..Visitor::default() };
    let form = login_form(visitor.authorize(&house, &[]));
    visitor.log_in(&house, &form);
    let user = house.user();
    assert_eq!((user.logins_count, user.last_login), (1, Some(NOW)));
    assert_eq!(user.last_ip.as_deref(), Some("198.51.100.7"));
}

#[test]
fn core_055_login_hint_fills_the_identifier() {
    let house = House::new();
    let form = login_form(Visitor::default().authorize(&house, &[("login_hint", "<jane>\"@example.com")]));
    assert_eq!(form.identifier, "<jane>\"@example.com");
    assert_eq!(login_form(Visitor::default().authorize(&house, &[])).identifier, "");
}

#[test]
fn the_identifier_is_trimmed_and_its_case_is_free() {
    for typed in [EMAIL, "JANE@Example.COM", "  jane@example.com \t"] {
        let house = House::new();
        let mut visitor = Visitor::default();
        let form = login_form(visitor.authorize(&house, &[]));
        code(visitor.log_in_as(&house, &form, (typed, PASSWORD)));
    }
}

#[test]
fn sp_112_every_byte_of_the_password_counts() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    let longer = format!("{PASSWORD} ");
    let with_nul = format!("{PASSWORD}\0x");
    for password in [&PASSWORD[1..], &PASSWORD.to_uppercase(), &longer, &with_nul] {
        let outcome = visitor.log_in_as(&house, &form, (EMAIL, password));
        assert_eq!(problem(outcome), LoginProblem::WrongCredentials);
    }
}

#[test]
fn a_user_may_come_from_any_database_of_the_client() {
    let house = House::new();
    let second =
        Connection { id: ConnectionId::new("con_second"), name: "Second".to_owned(), ..connection() };
    house.put(Change::UpsertConnection(new(second)));
    house.add_user("john", |user| user.connection_id = ConnectionId::new("con_second"));
    let john = ("john@example.com", PASSWORD);
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    code(visitor.log_in_as(&house, &form, john));
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[("connection", "Username-Password-Authentication")]));
    let outcome = visitor.log_in_as(&house, &form, john);
    assert_eq!(problem(outcome), LoginProblem::WrongCredentials);
}

#[test]
fn sp_109_sp_110_unknown_and_wrong_and_blocked_and_passwordless_are_the_same() {
    let house = House::new();
    house.add_user("blocked", |user| user.blocked = true);
    house.add_user("passwordless", |user| user.password = None);
    house.add_user("unverified", |user| user.email_verified = false);
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    let names = ["jane", "nobody", "blocked", "passwordless", "unverified"];
    for name in names {
        house.storage.take_commits();
        house.storage.take_counted();
        let identifier = format!("{name}@example.com");
        let outcome = visitor.log_in_as(&house, &form, (&identifier, "wrong"));
        assert!(outcome.cookies.is_empty(), "{name}");
        let shown = login_form(outcome);
        assert_eq!(shown.problem, Some(LoginProblem::WrongCredentials), "{name}");
        // But for the identifier that was typed the page is the one shown before.
        assert_eq!(shown.identifier, identifier);
        assert_eq!(shown.frame, form.frame);
        // The same work for all of them.
        assert_eq!(house.hasher.take_asked(), 1, "{name}");
        assert_eq!(house.storage.take_counted(), 2, "{name}");
        let commits = house.storage.take_commits();
        let [commit] = commits.as_slice() else { panic!("{name}: {commits:?}") };
        let [Change::Log(event)] = commit.writes.as_slice() else { panic!("{name}: {commit:?}") };
        assert_eq!((event.event.as_str(), event.rule.as_deref()), ("fp", Some("login.wrong_credentials")));
        assert_eq!(event.user_id, None, "{name}");
    }
    assert!(house.sessions().is_empty());
}

#[test]
fn sp_109_a_blocked_user_is_told_so_after_the_right_password_alone() {
    let house = House::new();
    house.edit_user(|user| user.blocked = true);
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    let outcome = visitor.log_in_as(&house, &form, (EMAIL, "wrong"));
    assert_eq!(problem(outcome), LoginProblem::WrongCredentials);
    let outcome = visitor.log_in(&house, &form);
    assert!(outcome.cookies.is_empty());
    assert_eq!(sent_back(outcome).rule, "gate.user_blocked");
    house.assert_untouched();
    assert!(house.sessions().is_empty());
    assert_eq!(house.log()[0], ("fp".to_owned(), "login.blocked".to_owned()));
}

#[test]
fn an_empty_identifier_or_password_is_incomplete_and_costs_nothing() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    let long = "x".repeat(321);
    for who in [("", PASSWORD), ("  ", PASSWORD), (EMAIL, ""), ("", ""), (&*long, PASSWORD)] {
        let outcome = visitor.log_in_as(&house, &form, who);
        assert_eq!(problem(outcome), LoginProblem::Incomplete);
    }
    assert_eq!(house.hasher.take_asked(), 0);
    assert_eq!((house.storage.take_tries(), house.storage.take_counted()), (0, 0));
}

#[test]
fn a_client_without_a_database_signs_nobody_in_and_costs_the_same_hashing() {
    let house = House::new();
    let mut connection = block_on(house.storage.connection(&"con_test".into())).unwrap().unwrap();
    connection.settings.enabled_clients.clear();
    house.put(Change::UpsertConnection(changed(connection.version, connection)));
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    assert_eq!(problem(visitor.log_in(&house, &form)), LoginProblem::WrongCredentials);
    assert_eq!(house.hasher.take_asked(), 1);
}

#[test]
fn a_mistyped_password_may_be_retried_with_the_same_form() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    let again = login_form(visitor.log_in_as(&house, &form, (EMAIL, "wrong")));
    assert_eq!(again.frame, form.frame);
    code(visitor.log_in(&house, &again));
}

#[test]
fn sp_019_a_login_form_is_finished_once() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    code(visitor.log_in(&house, &form));
    let before = (house.sessions(), house.user());
    house.take_effects();
    let error = error_page(visitor.log_in(&house, &form));
    assert_eq!((error.rule, error.code), ("transaction.finished", ErrorCode::InvalidRequest));
    house.assert_untouched();
    assert_eq!((house.sessions(), house.user()), before);
    // A wrong password on a finished form still tells nothing but that.
    let outcome = visitor.log_in_as(&house, &form, (EMAIL, "wrong"));
    assert_eq!(problem(outcome), LoginProblem::WrongCredentials);
}

#[test]
fn sp_019_of_16_at_once_with_one_form_one_is_signed_in() {
    let house = Arc::new(House::new());
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let (house, form, visitor) = (house.clone(), form.clone(), visitor.clone());
            thread::spawn(move || visitor.try_log_in(&house, &form, (EMAIL, PASSWORD)).unwrap())
        })
        .collect();
    let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let (won, lost): (Vec<_>, Vec<_>) =
        outcomes.into_iter().partition(|outcome| matches!(outcome.shown, Shown::Answer(_)));
    assert_eq!((won.len(), house.sessions().len()), (1, 1));
    for outcome in lost {
        // Ten attempts an account has while none has succeeded yet; the others came too late.
        if matches!(outcome.shown, Shown::Interaction(_)) {
            assert_eq!(problem(outcome), LoginProblem::TooManyAttempts);
        } else {
            assert_eq!(error_page(outcome).rule, "transaction.finished");
        }
    }
}

#[test]
fn core_045_sp_018_prompt_login_asks_again_and_the_old_session_ends() {
    let house = House::new();
    let mut visitor = house.signed_in();
    let old = visitor.session.clone();
    visitor.later(100);
    let form = login_form(visitor.authorize(&house, &[("prompt", "login")]));
    assert_eq!(house.sessions()[0].ended_at, None, "a page alone ends nothing");
    code(visitor.log_in(&house, &form));
    assert_ne!(visitor.session, old);
    let sessions = house.sessions();
    let [first, second] = sessions.as_slice() else { panic!("{sessions:?}") };
    assert_eq!(first.ended_at, Some(visitor.now));
    assert_ne!(first.id, second.id, "a new sid");
    assert_eq!(second.authentication.authenticated_at, visitor.now);
}

#[test]
fn another_user_in_the_same_browser_ends_the_first_ones_session() {
    let house = House::new();
    house.add_user("john", |_| {});
    let mut visitor = house.signed_in();
    let form = login_form(visitor.authorize(&house, &[("prompt", "select_account")]));
    code(visitor.log_in_as(&house, &form, ("john@example.com", PASSWORD)));
    assert!(house.sessions()[0].ended_at.is_some());
    let johns = block_on(house.storage.sessions_of_user(&UserId::new("auth0|john"))).unwrap();
    assert_eq!(johns.len(), 1);
}

#[test]
fn sp_119_an_old_hash_is_made_anew_with_the_login_and_raises_no_epoch() {
    let house = House::new();
    house.edit_user(|user| user.password = Some(old_hash(PASSWORD)));
    let epoch = house.user().epoch;
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    visitor.log_in_as(&house, &form, (EMAIL, "wrong"));
    assert_eq!(house.user().password, Some(old_hash(PASSWORD)));
    code(visitor.log_in(&house, &form));
    assert_eq!((house.user().password, house.user().epoch), (Some(hash(PASSWORD)), epoch));
}

#[test]
fn a_user_blocked_or_deleted_or_changed_between_password_and_commit_is_not_signed_in() {
    type Interlude = fn(&countersign_storage_memory::MemoryStorage);
    let interludes: [Interlude; 3] = [
        |storage| edit_user(storage, |user| user.blocked = true),
        |storage| edit_user(storage, |user| user.password = Some(hash("another"))),
        |storage| put(storage, Change::DeleteUser { id: UserId::new(USER_ID), at: NOW }),
    ];
    for interlude in interludes {
        let house = House::new();
        let mut visitor = Visitor::default();
        let form = login_form(visitor.authorize(&house, &[]));
        house.storage.before_commit(interlude);
        let outcome = visitor.log_in(&house, &form);
        assert!(outcome.cookies.is_empty());
        assert_eq!(sent_back(outcome).rule, "gate.user_blocked");
        house.assert_untouched();
        assert!(house.sessions().is_empty());
    }
}

#[test]
fn the_same_holds_where_a_consent_page_comes_next_and_no_code() {
    type Interlude = fn(&countersign_storage_memory::MemoryStorage);
    let interludes: [(Interlude, &str); 3] = [
        (|storage| edit_user(storage, |user| user.blocked = true), "the user"),
        (|storage| put(storage, Change::DeleteClient { id: CLIENT_ID.into(), at: NOW }), "the client"),
        (
            |storage| {
                let mut connection = block_on(storage.connection(&"con_test".into())).unwrap().unwrap();
                connection.settings.enabled_clients.clear();
                put(storage, Change::UpsertConnection(changed(connection.version, connection)));
            },
            "the connection",
        ),
    ];
    let api = [("audience", AUDIENCE), ("scope", "read:things")];
    for (interlude, what) in interludes {
        let house = House::new();
        let mut visitor = Visitor::default();
        let form = login_form(visitor.authorize(&house, &api));
        house.storage.before_commit(interlude);
        let outcome = visitor.log_in(&house, &form);
        assert!(outcome.cookies.is_empty(), "{what}");
        assert!(house.sessions().is_empty(), "{what}");
        house.assert_untouched();
    }
}

#[test]
fn a_client_deleted_between_password_and_commit_gets_nothing() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    house.storage.before_commit(|storage| {
        put(storage, Change::DeleteClient { id: CLIENT_ID.into(), at: NOW });
    });
    assert_eq!(error_page(visitor.log_in(&house, &form)).rule, "authorize.unknown_client");
    house.assert_untouched();
}

#[test]
fn a_connection_taken_away_between_password_and_commit_signs_nobody_in() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    house.storage.before_commit(|storage| {
        let mut connection = block_on(storage.connection(&"con_test".into())).unwrap().unwrap();
        connection.settings.enabled_clients.clear();
        put(storage, Change::UpsertConnection(changed(connection.version, connection)));
    });
    let outcome = visitor.log_in(&house, &form);
    assert!(outcome.cookies.is_empty());
    assert!(!matches!(outcome.shown, Shown::Answer(countersign_authorization_endpoint::Answer::Code { .. })));
    house.assert_untouched();
    assert!(house.sessions().is_empty());
}

#[test]
fn what_was_checked_when_the_page_was_shown_is_checked_again_when_its_form_comes_back() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[("scope", "openid")]));
    house.edit_client(|client| client.settings.callbacks = vec!["https://new.example.com/".to_owned()]);
    let error = error_page(visitor.log_in(&house, &form));
    assert_eq!(error.rule, "authorize.redirect_uri_mismatch");
    house.edit_client(|client| client.settings.callbacks = vec![CALLBACK.to_owned()]);
    house.edit_client(|client| client.settings.grant_types.clear());
    assert_eq!(sent_back(visitor.log_in(&house, &form)).rule, "gate.grant_not_allowed");
    assert_eq!(house.hasher.take_asked(), 0, "no password was looked at");
    house.assert_untouched();
}

#[test]
fn a_full_queue_of_passwords_is_unavailable_and_signs_nobody_in() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    house.hasher.fill();
    let fault = visitor.try_log_in(&house, &form, (EMAIL, PASSWORD)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
    house.assert_untouched();
    assert!(house.sessions().is_empty());
}

#[test]
fn core_274_a_cookie_ends_with_the_session_or_with_the_browser() {
    let cookie = |house: &House| {
        let mut visitor = Visitor::default();
        let form = login_form(visitor.authorize(house, &[]));
        let outcome = visitor.log_in(house, &form);
        let [CookieChange::Session { expires_at, .. }] = outcome.cookies.as_slice() else {
            panic!("{:?}", outcome.cookies)
        };
        *expires_at
    };
    let house = House::new();
    assert_eq!(cookie(&house), Some(NOW.plus(countersign_oauth::Seconds(168 * 3600))));
    house.edit_settings(|settings| settings.session_cookie = Some(CookieMode::NonPersistent));
    assert_eq!(cookie(&house), None);
    assert!(!house.sessions()[1].persistent || !house.sessions()[0].persistent);
}
