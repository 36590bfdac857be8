//! The refresh token grant (RFC 6749 §6): what comes back, and whose token it is.

use countersign_oauth::{Compliance, ErrorCode};
use countersign_storage::*;
use countersign_testkit::{
    AUDIENCE, CODE, NOW, REFRESH_TOKEN, TestSealer, block_on, refresh_family, refresh_token,
};
use countersign_token::parse_refresh_token;

use crate::flow::{find_session, first_token, issued, refresh, rotate, rotating_world, sign_in, world};
use crate::world::{World, claims, granted, scope};

const ALL: &str = "openid profile email read:things offline_access";
const OTHER_DOMAIN: &str = "https://other.example.com/";

/// The refresh token of a login without an API.
fn without_api(world: &World) -> String {
    let mut one = issued(CODE);
    one.authorization.audience = None;
    one.put(world);
    world.issues(&crate::flow::exchange()).response.refresh_token.unwrap()
}

#[test]
fn core_125_a_non_rotating_exchange_returns_no_refresh_token_and_the_old_one_stays_good() {
    let world = world();
    let token = first_token(&world);
    for later in [10, 20, 30] {
        assert_eq!(world.issues(&refresh(&token).later(later)).response.refresh_token, None);
    }
}

#[test]
fn core_125_a_rotating_exchange_returns_a_new_one_of_the_same_family() {
    let world = rotating_world(0);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first));
    assert_ne!(first, second);
    let fence = |token: &str| parse_refresh_token(token, &TestSealer::default()).unwrap();
    assert_eq!(fence(&first).family, fence(&second).family);
    assert_eq!((fence(&first).generation, fence(&second).generation), (1, 2));
    assert_eq!(world.families().len(), 1);
}

#[test]
fn core_123_without_scope_the_original_scopes_come_back() {
    let world = world();
    let response = world.issues(&refresh(&first_token(&world))).response;
    assert_eq!(granted(&response), ALL);
    assert_eq!(claims(&response.access_token)["scope"], ALL);
    assert_eq!(claims(&response.access_token)["aud"][0], AUDIENCE);
}

#[test]
fn core_123_a_subset_narrows_this_access_token_and_never_the_refresh_token() {
    let world = rotating_world(0);
    let first = first_token(&world);
    let narrow = world.issues(&refresh(&first).with("scope", "email read:things")).response;
    assert_eq!(granted(&narrow), "email read:things");
    assert_eq!(claims(&narrow.access_token)["scope"], "email read:things");
    let again = world.issues(&refresh(&narrow.refresh_token.unwrap())).response;
    assert_eq!(granted(&again), ALL);
}

#[test]
fn core_124_sp_042_scopes_beyond_the_grant_are_ignored() {
    let world = world();
    let token = first_token(&world);
    let asked = "read:things write:things admin phone openid";
    let response = world.issues(&refresh(&token).with("scope", asked)).response;
    assert_eq!(granted(&response), "openid read:things");
    let response = world.issues(&refresh(&token).with("scope", "write:things")).response;
    assert_eq!(granted(&response), "");
}

#[test]
fn sp_042_under_rfc_excess_scope_is_refused() {
    let world = rotating_world(0);
    world.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    let token = first_token(&world);
    let error = world.refuses(&refresh(&token).with("scope", "openid write:things"), "refresh.excess_scope");
    assert_eq!(error.code, ErrorCode::InvalidScope);
    world.issues(&refresh(&token).with("scope", "openid"));
}

#[test]
fn sp_042_another_audience_is_ignored_and_under_rfc_refused() {
    let tenant = world();
    let token = first_token(&tenant);
    for name in ["audience", "resource"] {
        let response = tenant.issues(&refresh(&token).with(name, "https://evil.example.com/")).response;
        assert_eq!(claims(&response.access_token)["aud"][0], AUDIENCE);
    }
    let strict = world();
    strict.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    let token = first_token(&strict);
    for name in ["audience", "resource"] {
        let call = refresh(&token).with(name, "https://evil.example.com/");
        let error = strict.refuses(&call, "refresh.foreign_audience");
        assert_eq!(error.code, ErrorCode::InvalidTarget);
        strict.issues(&refresh(&token).with(name, AUDIENCE));
    }
    let two = refresh(&token).and("resource", AUDIENCE).and("resource", "https://evil.example.com/");
    strict.refuses(&two, "refresh.foreign_audience");
}

#[test]
fn sp_042_a_token_for_userinfo_alone_never_reaches_an_api() {
    let tenant = world();
    let token = without_api(&tenant);
    let response = tenant.issues(&refresh(&token).with("audience", AUDIENCE)).response;
    assert_eq!(response.access_token.len(), 43, "opaque");
    assert_eq!(granted(&response), "openid profile email offline_access");
    let strict = world();
    strict.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    let token = without_api(&strict);
    strict.refuses(&refresh(&token).with("audience", AUDIENCE), "refresh.foreign_audience");
    strict.issues(&refresh(&token).with("audience", "https://login.example.com/userinfo"));
}

#[test]
fn malformed_and_oversized_scopes_are_refused_and_the_token_stays_good() {
    let world = rotating_world(0);
    let token = first_token(&world);
    let error = world.refuses(&refresh(&token).with("scope", "openid \"x\""), "scope.illegal_character");
    assert_eq!(error.code, ErrorCode::InvalidScope);
    let many: Vec<String> = (0..101).map(|n| format!("s{n}")).collect();
    world.refuses(&refresh(&token).with("scope", &many.join(" ")), "scope.too_long");
    world.refuses(&refresh(&token).with("scope", &"x".repeat(4097)), "scope.too_long");
    world.issues(&refresh(&token).with("scope", &many[..100].join(" ")));
}

#[test]
fn core_126_an_id_token_comes_iff_the_original_grant_had_openid() {
    let world = world();
    let token = first_token(&world);
    assert!(world.issues(&refresh(&token)).response.id_token.is_some());
    assert!(world.issues(&refresh(&token).with("scope", "read:things")).response.id_token.is_some());
    let mut plain = issued("plain");
    plain.authorization.scope = scope("read:things offline_access");
    plain.put(&world);
    let plain = world.issues(&crate::flow::exchange_of("plain")).response.refresh_token.unwrap();
    assert_eq!(world.issues(&refresh(&plain).with("scope", "openid")).response.id_token, None);
}

#[test]
fn core_212_a_refreshed_id_token_keeps_the_session_and_has_no_nonce() {
    let world = world();
    let mut one = issued(CODE);
    one.payload.nonce = Some("n".to_owned());
    one.put(&world);
    let token = world.issues(&crate::flow::exchange()).response.refresh_token.unwrap();
    let id_token = claims(&world.issues(&refresh(&token).later(50)).response.id_token.unwrap());
    assert_eq!(id_token["sid"], "test-session");
    assert_eq!(id_token.get("nonce"), None);
    assert_eq!(id_token["iat"], NOW.seconds() + 50);
}

#[test]
fn core_121_unknown_cut_forged_and_foreign_handles_are_refused() {
    let world = world();
    let token = first_token(&world);
    // A record that the store finds, with a handle that our key never authenticated.
    world.put(Change::InsertFamily(refresh_family()));
    world.put(Change::InsertRefreshToken(refresh_token()));
    let access_token = sign_in(&world, "another").access_token;
    let cut = &token[..token.len() - 1];
    let longer = format!("{token}A");
    let upper = token.to_uppercase();
    for bad in [cut, &longer, &upper, &token[3..], "v1.", "v1.AAAA", REFRESH_TOKEN, CODE, &access_token] {
        let error = world.refuses(&refresh(bad), "refresh.unknown");
        assert_eq!(error.code, ErrorCode::InvalidGrant);
    }
    world.issues(&refresh(&token));
}

#[test]
fn core_121_a_token_whose_row_is_gone_is_unknown_though_its_fence_is_ours() {
    let other = world();
    let foreign = first_token(&other);
    // The same data key, another store: one that went back in time.
    world().refuses(&refresh(&foreign), "refresh.unknown");
}

#[test]
fn a_missing_token_is_named() {
    let world = world();
    let call = refresh("x").without("refresh_token");
    assert_eq!(world.refuses(&call, "parameters.missing").value("name"), Some("refresh_token"));
    world.refuses(&call.with("refresh_token", ""), "parameters.missing");
}

#[test]
fn core_121_sp_041_the_token_of_another_client_is_refused_and_its_family_lives() {
    let world = rotating_world(0);
    world.add_client("other", |_| {});
    world.add_client("public", |client| {
        client.secret = None;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    });
    let first = first_token(&world);
    world.refuses(&refresh(&first).with("client_id", "other"), "refresh.other_client");
    let public = refresh(&first).with("client_id", "public").without("client_secret");
    world.refuses(&public, "refresh.other_client");
    let second = rotate(&world, &refresh(&first));
    // Even a spent one harms nobody in foreign hands.
    world.refuses(&refresh(&first).with("client_id", "other"), "refresh.other_client");
    world.issues(&refresh(&second));
}

#[test]
fn sp_041_sp_068_the_token_of_another_domain_is_refused_and_its_family_lives() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.refuses(&refresh(&token).on(OTHER_DOMAIN), "refresh.other_domain");
    world.issues(&refresh(&token));
}

#[test]
fn sp_047_without_client_authentication_a_good_token_is_refused() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.refuses(&refresh(&token).without("client_secret"), "client_auth.missing_secret");
    world.refuses(&refresh(&token).with("client_secret", "wrong"), "client_auth.wrong_secret");
    world.refuses(&refresh(&token).without("client_id").without("client_secret"), "parameters.missing");
    world.issues(&refresh(&token));
}

#[test]
fn a_public_client_refreshes_without_a_secret() {
    let world = rotating_world(0);
    world.edit_client(|client| {
        client.secret = None;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    });
    issued(CODE).put(&world);
    let first =
        world.issues(&crate::flow::exchange().without("client_secret")).response.refresh_token.unwrap();
    world.issues(&refresh(&first).without("client_secret"));
}

#[test]
fn core_145_an_exchange_leaves_the_session_alone_and_outlives_it() {
    let world = world();
    let token = first_token(&world);
    let before = find_session(&world);
    world.issues(&refresh(&token).later(300));
    assert_eq!(find_session(&world), before);
    world.put(Change::EndSession { id: "test-session".into(), at: NOW });
    world.issues(&refresh(&token).later(301));
}

#[test]
fn the_commit_requires_what_the_decision_rests_on_and_no_session() {
    let world = rotating_world(0);
    let token = first_token(&world);
    world.storage.take_commits();
    world.issues(&refresh(&token));
    let commits = world.storage.take_commits();
    let [commit] = commits.as_slice() else { panic!("{commits:?}") };
    let mut kinds = crate::flow::required(commit);
    kinds.sort_by_key(|kind| format!("{kind:?}"));
    let expected =
        [RecordKind::Authorization, RecordKind::Client, RecordKind::ResourceServer, RecordKind::User];
    assert_eq!(kinds, expected);
    assert_eq!(commit.writes.len(), 3, "spent, successor, access token: {:?}", commit.writes);
}

#[test]
fn the_access_token_of_a_refresh_hangs_from_the_same_authorization() {
    let world = world();
    let token = first_token(&world);
    let access_token = world.issues(&refresh(&token)).response.access_token;
    let handle = countersign_oauth::HandleHash::of(&access_token);
    let row = block_on(world.storage.access_token(&handle)).unwrap().unwrap();
    assert_eq!(row.authorization_id.unwrap().as_str(), "authorization-of-test-code");
}
