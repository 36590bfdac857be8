//! A code is judged by what is true when it is redeemed, not when it was issued.

use countersign_oauth::{ErrorCode, Seconds, UserId};
use countersign_storage::*;
use countersign_testkit::{AUDIENCE, CLIENT_ID, NOW, USER_ID, block_on, user_client_grant};

use crate::flow::{delete_user, exchange, find_code, put_code, required, world};
use crate::world::{World, changed, edit_user, granted, put};

fn with_code() -> World {
    let world = world();
    put_code(&world, |_| {});
    world
}

/// The code must be refused for `cause`, written to nothing, and good again once `mend` was done.
#[track_caller]
fn refuses_until(world: &World, cause: &str, mend: impl FnOnce(&World)) {
    let error = world.refuses(&exchange(), "code.not_allowed_now");
    assert_eq!((&error.code, error.value("cause")), (&ErrorCode::InvalidGrant, Some(cause)));
    assert_eq!(find_code(world).redeemed_at, None);
    mend(world);
    world.issues(&exchange());
}

#[test]
fn sp_030_a_code_ends_exactly_at_its_expiry() {
    let world = with_code();
    let edge = exchange().at(NOW.plus(Seconds(600)));
    let error = world.refuses(&edge, "code.expired");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    world.refuses(&exchange().later(601), "code.expired");
    let just_before = countersign_oauth::Timestamp::from_millis(NOW.plus(Seconds(600)).millis() - 1);
    world.issues(&exchange().at(just_before));
}

#[test]
fn sp_030_the_code_of_a_blocked_user_is_refused() {
    let world = with_code();
    world.edit_user(|user| user.blocked = true);
    refuses_until(&world, "gate.user_blocked", |world| world.edit_user(|user| user.blocked = false));
}

#[test]
fn sp_030_the_code_of_a_deleted_user_is_refused() {
    let world = with_code();
    delete_user(world.storage.inner());
    let error = world.refuses(&exchange(), "code.not_allowed_now");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
}

#[test]
fn sp_030_the_code_of_a_session_that_ended_is_refused() {
    let world = with_code();
    world.put(Change::EndSession { id: "test-session".into(), at: NOW });
    let error = world.refuses(&exchange(), "code.not_allowed_now");
    assert_eq!(error.value("cause"), Some("gate.session_ended"));
    let all_sessions = with_code();
    all_sessions.put(Change::EndSessionsOfUser { user: UserId::new(USER_ID), at: NOW });
    all_sessions.refuses(&exchange(), "code.not_allowed_now");
}

#[test]
fn sp_030_the_code_of_a_session_that_is_over_by_lowered_limits_is_refused() {
    let world = with_code();
    world.edit_settings(|settings| settings.session_lifetime = 0.0);
    refuses_until(&world, "gate.session_ended", |world| {
        world.edit_settings(|settings| settings.session_lifetime = 168.0);
    });
}

#[test]
fn a_code_without_a_session_is_refused() {
    let world = world();
    put_code(&world, |issued| issued.authorization.session_id = None);
    world.refuses(&exchange(), "code.connection_missing");
}

#[test]
fn the_code_of_an_authorization_that_ended_is_refused() {
    let world = with_code();
    let id = find_code(&world).authorization_id.unwrap();
    world.put(Change::EndAuthorization { id, at: NOW, deny_access_tokens: true });
    let error = world.refuses(&exchange(), "code.not_allowed_now");
    assert_eq!(error.value("cause"), Some("gate.authorization_ended"));
}

#[test]
fn sp_030_the_code_of_a_deleted_client_is_refused_as_an_unknown_client() {
    let world = with_code();
    world.put(Change::DeleteClient { id: CLIENT_ID.into(), at: NOW });
    let error = world.refuses(&exchange(), "client_auth.unknown_client");
    assert_eq!(error.code, ErrorCode::InvalidClient);
}

#[test]
fn the_code_of_a_user_whose_connection_was_taken_from_the_client_is_refused() {
    let world = with_code();
    let enabled = |clients: Vec<countersign_oauth::ClientId>| {
        let mut connection = block_on(world.storage.connection(&"con_test".into())).unwrap().unwrap();
        connection.settings.enabled_clients = clients;
        world.put(Change::UpsertConnection(changed(connection.version, connection)));
    };
    enabled(Vec::new());
    let error = world.refuses(&exchange(), "code.not_allowed_now");
    assert_eq!(error.value("cause"), Some("gate.connection_not_enabled"));
    enabled(vec![CLIENT_ID.into()]);
    world.issues(&exchange());
}

#[test]
fn sp_042_the_code_for_an_api_that_is_gone_is_refused() {
    let world = with_code();
    world.put(Change::DeleteResourceServer { id: "test-api".into(), at: NOW });
    let error = world.refuses(&exchange(), "code.api_missing");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
}

#[test]
fn core_063_the_code_for_an_api_that_admits_nobody_since_is_refused() {
    let world = with_code();
    let policy = |user| {
        world.edit_api(|api| api.settings.subject_type_authorization.user = user);
    };
    policy(UserPolicy::DenyAll);
    world.refuses(&exchange(), "code.not_allowed_now");
    policy(UserPolicy::RequireClientGrant);
    refuses_until(&world, "gate.user_access_denied", |world| {
        world.put(Change::UpsertClientGrant(crate::world::new(user_client_grant())));
    });
}

#[test]
fn sp_042_scopes_that_the_api_lost_since_are_not_granted() {
    let world = with_code();
    world.edit_api(|api| api.settings.scopes.retain(|scope| scope.value != "read:things"));
    let response = world.issues(&exchange()).response;
    assert_eq!(granted(&response), "openid profile email offline_access");
}

#[test]
fn sp_042_scopes_that_the_client_grant_lost_since_are_not_granted() {
    let world = world();
    world.edit_api(|api| {
        api.settings.subject_type_authorization.user = UserPolicy::RequireClientGrant;
    });
    world.put(Change::UpsertClientGrant(crate::world::new(user_client_grant())));
    put_code(&world, |issued| issued.authorization.scope = crate::world::scope("read:things write:things"));
    assert_eq!(granted(&world.issues(&exchange()).response), "read:things");
}

#[test]
fn the_commit_requires_everything_that_the_decision_rests_on() {
    let world = with_code();
    world.issues(&exchange());
    let commits = world.storage.take_commits();
    let mut kinds = required(&commits[0]);
    kinds.sort_by_key(|kind| format!("{kind:?}"));
    assert_eq!(
        kinds,
        [
            RecordKind::Authorization,
            RecordKind::Client,
            RecordKind::Connection,
            RecordKind::ResourceServer,
            RecordKind::Session,
            RecordKind::User,
        ]
    );
}

#[test]
fn sp_030_a_user_blocked_between_decision_and_commit_gets_nothing() {
    let world = with_code();
    world.storage.before_commit(|storage| edit_user(storage, |user| user.blocked = true));
    let error = world.refuses(&exchange(), "code.not_allowed_now");
    assert_eq!(error.value("cause"), Some("gate.user_blocked"));
    assert_eq!(find_code(&world).redeemed_at, None);
    assert!(world.families().is_empty());
}

#[test]
fn sp_030_a_session_ended_between_decision_and_commit_gives_nothing() {
    let world = with_code();
    world.storage.before_commit(|storage| {
        put(storage, Change::EndSession { id: "test-session".into(), at: NOW });
    });
    let error = world.refuses(&exchange(), "code.not_allowed_now");
    assert_eq!(error.value("cause"), Some("gate.session_ended"));
}

#[test]
fn an_api_narrowed_between_decision_and_commit_narrows_the_token() {
    let world = with_code();
    world.storage.before_commit(|storage| {
        let mut api = block_on(storage.resource_server(&AUDIENCE.into())).unwrap().unwrap();
        api.settings.scopes.clear();
        api.settings.allow_offline_access = false;
        put(storage, Change::UpsertResourceServer(changed(api.version, api)));
    });
    let answer = world.issues(&exchange());
    assert_eq!(granted(&answer.response), "openid profile email");
    assert_eq!(answer.response.refresh_token, None);
}
