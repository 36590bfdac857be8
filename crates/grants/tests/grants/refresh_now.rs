//! A refresh token is judged by what is true at each exchange.

use countersign_oauth::{ErrorCode, Seconds, Timestamp, UserId};
use countersign_storage::*;
use countersign_testkit::{NOW, USER_ID, block_on, consent, user_client_grant};

use crate::flow::{delete_user, exchange, first_token, issued, refresh, rotate, rotating_world, world};
use crate::world::{World, edit_user, granted, put};

/// The exchange must be refused for `cause`, write nothing, and work again once `mend` was done.
#[track_caller]
fn refuses_until(world: &World, token: &str, cause: &str, mend: impl FnOnce(&World)) {
    let error = world.refuses(&refresh(token), "refresh.not_allowed_now");
    assert_eq!((&error.code, error.value("cause")), (&ErrorCode::InvalidGrant, Some(cause)));
    mend(world);
    world.issues(&refresh(token));
}

#[test]
fn sp_045_the_token_of_a_blocked_user_is_refused_and_lives_until_the_block_is_over() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.edit_user(|user| user.blocked = true);
    refuses_until(&world, &token, "gate.user_blocked", |world| {
        world.edit_user(|user| user.blocked = false);
    });
}

#[test]
fn core_122_sp_045_the_token_of_a_deleted_user_says_so() {
    let world = rotating_world(0);
    let token = first_token(&world);
    delete_user(world.storage.inner());
    let error = world.refuses(&refresh(&token), "refresh.user_missing");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
}

#[test]
fn sp_039_sp_045_a_user_blocked_between_decision_and_commit_gets_nothing() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.storage.before_commit(|storage| edit_user(storage, |user| user.blocked = true));
    let error = world.refuses(&refresh(&token), "refresh.not_allowed_now");
    assert_eq!(error.value("cause"), Some("gate.user_blocked"));
}

#[test]
fn sp_039_a_user_deleted_between_decision_and_commit_gets_nothing() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.storage.before_commit(delete_user);
    world.refuses(&refresh(&token), "refresh.user_missing");
}

#[test]
fn sp_039_a_family_revoked_between_decision_and_commit_gives_nothing() {
    for rotating in [true, false] {
        let world = if rotating { rotating_world(10) } else { world() };
        let token = first_token(&world);
        let id = world.families()[0].id.clone();
        world.storage.before_commit(move |storage| put(storage, Change::EndFamily { id, at: NOW }));
        world.refuses(&refresh(&token), "refresh.revoked");
    }
}

#[test]
fn core_121_core_276_a_revoked_token_is_refused_by_consent_authorization_or_family() {
    let revoke: [fn(&World); 4] = [
        |world| world.put(Change::EndFamily { id: world.families()[0].id.clone(), at: NOW }),
        |world| world.put(Change::DeleteConsent { id: "test-consent".into(), at: NOW }),
        |world| {
            let id = world.families()[0].authorization_id.clone();
            world.put(Change::EndAuthorization { id, at: NOW, deny_access_tokens: false });
        },
        |world| {
            let user = UserId::new(USER_ID);
            world.put(Change::EndFamilies { user, client: None, audience: None, at: NOW });
        },
    ];
    for revoke in revoke {
        let world = rotating_world(0);
        world.put(Change::GrantConsent(consent()));
        let token = first_token(&world);
        revoke(&world);
        let error = world.refuses(&refresh(&token), "refresh.revoked");
        assert_eq!(error.code, ErrorCode::InvalidGrant);
    }
}

#[test]
fn sp_043_a_client_that_lost_the_grant_cannot_refresh() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.edit_client(|client| {
        client.settings.grant_types.retain(|grant| grant.as_str() != "refresh_token");
    });
    let error = world.refuses(&refresh(&token), "gate.grant_not_allowed");
    assert_eq!(error.code, ErrorCode::UnauthorizedClient);
}

#[test]
fn sp_043_an_api_that_withdrew_offline_access_ends_refreshing() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.edit_api(|api| api.settings.allow_offline_access = false);
    let error = world.refuses(&refresh(&token), "refresh.offline_access_withdrawn");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    world.edit_api(|api| api.settings.allow_offline_access = true);
    world.issues(&refresh(&token));
}

#[test]
fn sp_042_an_api_that_admits_nobody_since_refuses() {
    let world = rotating_world(0);
    let token = first_token(&world);
    let policy = |world: &World, user| {
        world.edit_api(|api| api.settings.subject_type_authorization.user = user);
    };
    policy(&world, UserPolicy::DenyAll);
    world.refuses(&refresh(&token), "refresh.not_allowed_now");
    policy(&world, UserPolicy::RequireClientGrant);
    refuses_until(&world, &token, "gate.user_access_denied", |world| {
        world.put(Change::UpsertClientGrant(crate::world::new(user_client_grant())));
    });
}

#[test]
fn sp_042_an_api_that_is_gone_refuses() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.put(Change::DeleteResourceServer { id: "test-api".into(), at: NOW });
    let error = world.refuses(&refresh(&token), "refresh.revoked");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
}

#[test]
fn sp_042_scopes_that_the_api_lost_since_are_not_granted_and_come_back_with_it() {
    let world = world();
    let token = first_token(&world);
    let scopes = |world: &World| granted(&world.issues(&refresh(&token)).response);
    let before = block_on(world.storage.resource_server(&countersign_testkit::AUDIENCE.into()));
    world.edit_api(|api| api.settings.scopes.clear());
    assert_eq!(scopes(&world), "openid profile email offline_access");
    world.edit_api(|api| api.settings = before.unwrap().unwrap().settings);
    assert_eq!(scopes(&world), "openid profile email read:things offline_access");
}

#[test]
fn core_132_sp_044_rotation_never_extends_the_absolute_end() {
    let world = rotating_world(0);
    let mut token = first_token(&world);
    let absolute = NOW.plus(Seconds(2_592_000));
    for days in [10, 20, 29] {
        token = rotate(&world, &refresh(&token).later(days * 86_400));
    }
    // A setting that was raised since changes nothing.
    world.edit_client(|client| client.settings.refresh_token.token_lifetime = Seconds(9_999_999));
    let just_before = Timestamp::from_millis(absolute.millis() - 1);
    token = rotate(&world, &refresh(&token).at(just_before));
    let error = world.refuses(&refresh(&token).at(absolute), "refresh.expired");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    assert_eq!(world.families()[0].expires_at, Some(absolute));
}

#[test]
fn core_132_a_non_rotating_token_has_the_same_absolute_end() {
    let world = world();
    world.edit_client(|client| {
        client.settings.refresh_token.infinite_token_lifetime = false;
        client.settings.refresh_token.token_lifetime = Seconds(1000);
    });
    let token = first_token(&world);
    world.issues(&refresh(&token).later(999));
    world.refuses(&refresh(&token).later(1000), "refresh.expired");
}

#[test]
fn core_133_sp_044_the_idle_end_restarts_at_each_exchange_by_the_settings_of_today() {
    let world = rotating_world(0);
    let idle = |world: &World, seconds| {
        world.edit_client(|client| client.settings.refresh_token.idle_token_lifetime = Seconds(seconds));
    };
    idle(&world, 100);
    let first = first_token(&world);
    world.refuses(&refresh(&first).later(100), "refresh.expired");
    let second = rotate(&world, &refresh(&first).later(99));
    world.refuses(&refresh(&second).later(199), "refresh.expired");
    idle(&world, 10);
    let third = rotate(&world, &refresh(&second).later(198));
    world.refuses(&refresh(&third).later(208), "refresh.expired");
    idle(&world, 500);
    let fourth = rotate(&world, &refresh(&third).later(207));
    world.issues(&refresh(&fourth).later(706));
}

#[test]
fn core_133_a_non_rotating_tokens_idle_end_restarts_too() {
    let world = world();
    world.edit_client(|client| {
        client.settings.refresh_token.infinite_idle_token_lifetime = false;
        client.settings.refresh_token.idle_token_lifetime = Seconds(100);
    });
    let token = first_token(&world);
    world.issues(&refresh(&token).later(99));
    world.issues(&refresh(&token).later(198));
    world.refuses(&refresh(&token).later(298), "refresh.expired");
}

#[test]
fn an_idle_end_is_never_after_the_absolute_one() {
    let world = rotating_world(0);
    world.edit_client(|client| {
        client.settings.refresh_token.token_lifetime = Seconds(100);
        client.settings.refresh_token.idle_token_lifetime = Seconds(1000);
    });
    let token = first_token(&world);
    let handle = countersign_oauth::HandleHash::of(&token);
    let (row, family) = block_on(world.storage.refresh_token(&handle)).unwrap().unwrap();
    assert_eq!(row.idle_expires_at, family.expires_at);
    assert_eq!(family.expires_at, Some(NOW.plus(Seconds(100))));
}

#[test]
fn a_token_without_an_end_has_none_and_gets_one_at_the_next_exchange_once_the_client_wants_it() {
    let world = world();
    let token = first_token(&world);
    world.issues(&refresh(&token).later(1_000_000_000));
    world.edit_client(|client| client.settings.refresh_token.infinite_idle_token_lifetime = false);
    world.issues(&refresh(&token).later(1_000_000_001));
    world.refuses(&refresh(&token).later(1_000_000_001 + 1_296_000), "refresh.expired");
}

#[test]
fn a_profile_changed_since_the_login_is_in_the_next_id_token() {
    let world = world();
    let token = first_token(&world);
    world.edit_user(|user| {
        user.profile.claims.insert("name".to_owned(), "Jane Roe".into());
    });
    let id_token = world.issues(&refresh(&token)).response.id_token.unwrap();
    assert_eq!(crate::world::claims(&id_token)["name"], "Jane Roe");
}

#[test]
fn a_token_whose_authorization_is_gone_is_refused() {
    let world = world();
    let token = first_token(&world);
    let mut family = world.families()[0].clone();
    family.id = "orphan".into();
    family.authorization_id = "nothing".into();
    // A row of that shape cannot come from us; it must not pass for want of a record.
    let handle = countersign_oauth::HandleHash::of(&token);
    let (row, _) = block_on(world.storage.refresh_token(&handle)).unwrap().unwrap();
    let orphaned = crate::flow::world();
    orphaned.put(Change::InsertFamily(family));
    orphaned.put(Change::InsertRefreshToken(RefreshToken { family_id: "orphan".into(), ..row }));
    orphaned.refuses(&refresh(&token), "refresh.authorization_missing");
}

#[test]
fn a_public_client_made_confidential_must_authenticate_with_its_old_token() {
    let world = rotating_world(0);
    let secret = block_on(world.storage.client(&"test-client".into())).unwrap().unwrap().secret;
    world.edit_client(|client| {
        client.secret = None;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    });
    issued("test-code").put(&world);
    let token = world.issues(&exchange().without("client_secret")).response.refresh_token.unwrap();
    world.edit_client(|client| {
        client.secret = secret;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretPost;
    });
    world.refuses(&refresh(&token).without("client_secret"), "client_auth.missing_secret");
    world.issues(&refresh(&token));
}
