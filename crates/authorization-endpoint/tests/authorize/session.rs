//! Single sign-on: a session answers until it is over (core contract §8.2).

use countersign_authorization_endpoint::Shown;
use countersign_oauth::{Seconds, Timestamp};
use countersign_storage::*;
use countersign_testkit::{CALLBACK, CLIENT_ID, NOW, PASSWORD, SESSION_COOKIE, block_on};

use crate::browser::{Visitor, code, login_form};
use crate::house::{House, put};

#[test]
fn core_258_a_second_application_is_signed_in_by_the_same_session() {
    let house = House::new();
    house.add_client("second", |_| {});
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    code(visitor.log_in(&house, &form));
    house.take_effects();
    let outcome = visitor.authorize(&house, &[("client_id", "second")]);
    assert!(outcome.cookies.is_empty());
    code(outcome);
    let [session] = house.sessions().try_into().unwrap();
    let session: Session = session;
    let clients = block_on(house.storage.session_clients(&session.id)).unwrap();
    assert_eq!(clients.len(), 2);
    assert!(clients.contains(&CLIENT_ID.into()) && clients.contains(&"second".into()));
}

#[test]
fn core_272_activity_moves_the_idle_end_alone() {
    let house = House::new();
    let mut visitor = house.signed_in();
    visitor.later(3600);
    code(visitor.authorize(&house, &[]));
    let session = &house.sessions()[0];
    assert_eq!(session.idle_expires_at, NOW.plus(Seconds(73 * 3600)));
    assert_eq!(session.expires_at, NOW.plus(Seconds(168 * 3600)));
    assert_eq!(session.authentication.authenticated_at, NOW, "no new authentication");
}

#[test]
fn core_272_a_session_ends_at_its_idle_and_at_its_absolute_end() {
    let answers = |house: &House, visitor: &mut Visitor, at: Timestamp| {
        visitor.now = at;
        matches!(visitor.authorize(house, &[]).shown, Shown::Answer(_))
    };
    let hours = |hours: i64| NOW.plus(Seconds(hours * 3600));
    let house = House::new();
    let mut visitor = house.signed_in();
    assert!(answers(&house, &mut visitor, Timestamp::from_millis(hours(72).millis() - 1)));
    let house = House::new();
    let mut visitor = house.signed_in();
    assert!(!answers(&house, &mut visitor, hours(72)));
    let house = House::new();
    let mut visitor = house.signed_in();
    for hour in [70, 140] {
        assert!(answers(&house, &mut visitor, hours(hour)));
    }
    assert!(answers(&house, &mut visitor, Timestamp::from_millis(hours(168).millis() - 1)));
    assert!(!answers(&house, &mut visitor, hours(168)));
}

#[test]
fn core_273_lowered_limits_count_at_once_and_raised_ones_for_new_sessions_alone() {
    let house = House::new();
    let mut visitor = house.signed_in();
    house.edit_settings(|settings| settings.idle_session_lifetime = 100.0);
    visitor.now = NOW.plus(Seconds(73 * 3600));
    login_form(visitor.authorize(&house, &[]));
    house.edit_settings(|settings| settings.idle_session_lifetime = 1.0);
    visitor.now = NOW.plus(Seconds(3600));
    let form = login_form(visitor.authorize(&house, &[]));
    house.edit_settings(|settings| settings.idle_session_lifetime = 100.0);
    code(visitor.log_in(&house, &form));
    visitor.later(99 * 3600);
    code(visitor.authorize(&house, &[]));
}

#[test]
fn a_session_that_ended_between_decision_and_commit_gives_no_code() {
    let house = House::new();
    let mut visitor = house.signed_in();
    house.storage.before_commit(|storage| {
        put(storage, Change::EndSession { id: "test-session".into(), at: NOW });
    });
    login_form(visitor.authorize(&house, &[]));
    house.assert_untouched();
}

#[test]
fn a_user_blocked_between_decision_and_commit_gets_no_code() {
    let house = House::new();
    let mut visitor = house.signed_in();
    house.storage.before_commit(|storage| {
        crate::house::edit_user(storage, |user| user.blocked = true);
    });
    login_form(visitor.authorize(&house, &[]));
    house.assert_untouched();
}

#[test]
fn core_258_core_275_an_ended_session_is_dead_for_every_application() {
    let house = House::new();
    house.add_client("second", |_| {});
    let mut visitor = house.signed_in();
    house.put(Change::EndSessionsOfUser { user: countersign_testkit::USER_ID.into(), at: NOW });
    for client in [CLIENT_ID, "second"] {
        login_form(visitor.authorize(&house, &[("client_id", client)]));
    }
    house.assert_untouched();
}

#[test]
fn a_session_of_another_domain_counts_as_none_and_is_left_alone() {
    let house = House::new();
    let mut visitor = house.signed_in();
    visitor.issuer = "http://localhost:3000/";
    let form = login_form(visitor.authorize(&house, &[]));
    code(visitor.log_in_as(&house, &form, (countersign_testkit::EMAIL, PASSWORD)));
    let sessions = house.sessions();
    assert_eq!(sessions.len(), 2);
    assert!(sessions.iter().all(|session| session.ended_at.is_none()));
    let here = sessions.iter().find(|session| session.id.as_str() != "test-session").unwrap();
    assert_eq!(here.issuer.as_str(), "http://localhost:3000/");
}

#[test]
fn two_different_session_cookies_count_as_none() {
    let house = House::new();
    let mut visitor = house.signed_in();
    visitor.session = vec![SESSION_COOKIE.to_owned(), "planted".to_owned()];
    login_form(visitor.authorize(&house, &[]));
    visitor.session = vec![SESSION_COOKIE.to_owned(), SESSION_COOKIE.to_owned()];
    let (target, _) = code(visitor.authorize(&house, &[]));
    assert_eq!(target.redirect_uri.as_str(), CALLBACK);
}
