//! The authorization code itself (RFC 6749 §4.1.2 and §4.1.3): once, by its client, with its callback.

use countersign_oauth::{Compliance, ErrorCode, HandleHash};
use countersign_storage::*;
use countersign_testkit::{CALLBACK, CODE, NOW, consent};

use crate::flow::{
    exchange, exchange_of, find_authorization, find_code, find_session, is_denied, issued, put_code, refresh,
    sign_in, standing_consent, world,
};
use crate::world::{fault, granted, stranger};

const OTHER_DOMAIN: &str = "https://other.example.com/";

#[test]
fn core_102_a_code_is_exchanged_once() {
    let world = world();
    put_code(&world, |_| {});
    let answer = world.issues(&exchange());
    assert_eq!(answer.response.token_type, "Bearer");
    assert_eq!(find_code(&world).redeemed_at, Some(NOW));
    let error = world.refuses_and_writes(&exchange(), "code.replayed");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
}

#[test]
fn sp_023_a_replay_ends_all_that_came_from_the_code_and_nothing_else() {
    let world = world();
    world.put(Change::GrantConsent(consent()));
    // At another second: two JWTs of one second would be one token.
    issued("bystander").put(&world);
    let bystander = world.issues(&exchange_of("bystander").later(1)).response;
    let stolen = sign_in(&world, CODE);
    world.refuses_and_writes(&exchange().later(30), "code.replayed");
    assert!(is_denied(&world, &stolen.access_token));
    assert!(find_authorization(&world, CODE).ended_at.is_some());
    let dead = refresh(&stolen.refresh_token.unwrap());
    world.refuses(&dead, "refresh.revoked");
    assert!(!is_denied(&world, &bystander.access_token));
    world.issues(&refresh(&bystander.refresh_token.unwrap()));
    assert_eq!(find_session(&world).ended_at, None);
    assert!(standing_consent(&world).is_some());
}

#[test]
fn sp_023_a_replay_is_written_to_the_log_with_its_rule_and_without_the_code() {
    let world = world();
    sign_in(&world, CODE);
    assert!(world.log().is_empty());
    world.refuses_and_writes(&exchange(), "code.replayed");
    let log: Vec<_> = world.log().into_iter().filter(|event| event.user_id.is_some()).collect();
    let [event] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!((event.event.as_str(), event.rule.as_deref()), ("feacft", Some("code.replayed")));
    assert_eq!(event.client_id.as_ref().unwrap().as_str(), countersign_testkit::CLIENT_ID);
    assert_eq!(event.user_id.as_ref().unwrap().as_str(), countersign_testkit::USER_ID);
    assert_eq!((event.ip.as_str(), event.request_id.as_str()), ("192.0.2.1", "request-1"));
    assert!(!event.description.contains(CODE));
}

#[test]
fn sp_023_a_replay_after_the_codes_end_revokes_too() {
    let world = world();
    let stolen = sign_in(&world, CODE);
    world.refuses_and_writes(&exchange().later(700), "code.replayed");
    assert!(is_denied(&world, &stolen.access_token));
}

#[test]
fn sp_023_who_cannot_prove_the_code_cannot_revoke_by_it() {
    let world = world();
    world.add_client("other", |_| {});
    let tokens = sign_in(&world, CODE);
    world.refuses(&exchange().with("client_id", "other"), "code.other_client");
    world.refuses(
        &exchange().with("redirect_uri", "https://app.example.com/other"),
        "code.redirect_uri_mismatch",
    );
    world.refuses(&exchange().with("code_verifier", &"x".repeat(43)), "code.verifier_wrong");
    world.refuses(&exchange().without("code_verifier"), "code.verifier_missing");
    world.refuses(&exchange().on(OTHER_DOMAIN), "code.other_domain");
    assert!(!is_denied(&world, &tokens.access_token));
    world.issues(&refresh(&tokens.refresh_token.unwrap()));
}

#[test]
fn core_103_sp_025_the_code_of_another_client_is_refused_and_stays_good_for_its_owner() {
    let world = world();
    world.add_client("other", |_| {});
    world.add_client("public", |client| {
        client.secret = None;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    });
    put_code(&world, |_| {});
    let error = world.refuses(&exchange().with("client_id", "other"), "code.other_client");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    let public = exchange().with("client_id", "public").without("client_secret");
    world.refuses(&public, "code.other_client");
    assert_eq!(find_code(&world).attempts, 0);
    world.issues(&exchange());
}

#[test]
fn core_104_sp_026_another_redirect_uri_is_refused_and_the_code_stays_good() {
    let world = world();
    put_code(&world, |_| {});
    let others = [
        "https://app.example.com/callback/",
        "https://app.example.com/Callback",
        "https://app.example.com/callback?",
        "https://app.example.com/callback?x=1",
        "https://app.example.com/other",
        "https://APP.example.com/callback",
        "https://app.example.com:443/callback",
        "https://evil.example.com/callback",
        "http://app.example.com/callback",
        "x",
    ];
    for compliance in [Compliance::Auth0, Compliance::Rfc] {
        world.edit_client(|client| client.settings.compliance = Some(compliance));
        for other in others {
            let error = world.refuses(&exchange().with("redirect_uri", other), "code.redirect_uri_mismatch");
            assert_eq!(error.code, ErrorCode::InvalidGrant);
        }
    }
    world.issues(&exchange());
}

#[test]
fn core_105_sp_026_a_redirect_uri_that_was_sent_must_come_again() {
    let world = world();
    put_code(&world, |_| {});
    world.refuses(&exchange().without("redirect_uri"), "code.redirect_uri_mismatch");
    world.refuses(&exchange().with("redirect_uri", ""), "code.redirect_uri_mismatch");
    world.issues(&exchange());
}

#[test]
fn core_105_a_redirect_uri_that_was_not_sent_may_be_left_out() {
    for redirect_uri in [None, Some(CALLBACK)] {
        let world = world();
        put_code(&world, |issued| issued.payload.redirect_uri_was_sent = false);
        world.refuses(
            &exchange().with("redirect_uri", "https://app.example.com/x"),
            "code.redirect_uri_mismatch",
        );
        let call = exchange().without("redirect_uri");
        world.issues(&redirect_uri.map_or(call.clone(), |uri| call.with("redirect_uri", uri)));
    }
}

#[test]
fn core_023_a_fragment_is_dropped_here_as_at_the_authorization_endpoint() {
    let with_fragment = exchange().with("redirect_uri", "https://app.example.com/callback#here");
    let tenant = world();
    put_code(&tenant, |_| {});
    tenant.issues(&with_fragment);
    let strict = world();
    strict.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    put_code(&strict, |_| {});
    strict.refuses(&with_fragment, "code.redirect_uri_mismatch");
}

#[test]
fn a_code_whose_callback_was_taken_from_the_client_is_refused() {
    let world = world();
    put_code(&world, |_| {});
    world.edit_client(|client| client.settings.callbacks = vec!["https://app.example.com/new".to_owned()]);
    world.refuses(&exchange(), "code.redirect_uri_unregistered");
}

#[test]
fn a_missing_code_is_named() {
    let world = world();
    let call = exchange().without("code");
    assert_eq!(world.refuses(&call, "parameters.missing").value("name"), Some("code"));
    assert_eq!(world.refuses(&call.with("code", ""), "parameters.missing").value("name"), Some("code"));
}

#[test]
fn an_unknown_cut_or_extended_code_is_refused() {
    let world = world();
    put_code(&world, |_| {});
    for unknown in [stranger().expose(), &CODE[1..], &format!("{CODE}x"), &CODE.to_uppercase()] {
        let error = world.refuses(&exchange_of(unknown), "code.unknown");
        assert_eq!(error.code, ErrorCode::InvalidGrant);
    }
}

#[test]
fn no_other_kind_of_handle_is_a_code() {
    let world = world();
    put_code(&world, |issued| issued.code.kind = SingleUseKind::DeviceCode);
    world.refuses(&exchange(), "code.unknown");
    let other = crate::flow::world();
    put_code(&other, |issued| issued.code.kind = SingleUseKind::PushedRequest);
    other.refuses(&exchange(), "code.unknown");
    let tokens = sign_in(&other, "another");
    other.refuses(&exchange_of(&tokens.refresh_token.unwrap()), "code.unknown");
    other.refuses(&exchange_of(&tokens.access_token), "code.unknown");
    other.refuses(&exchange_of(countersign_testkit::SESSION_COOKIE), "code.unknown");
}

#[test]
fn sp_068_a_code_of_another_domain_is_refused_and_stays_good_at_its_own() {
    let world = world();
    put_code(&world, |_| {});
    world.refuses(&exchange().on(OTHER_DOMAIN), "code.other_domain");
    world.issues(&exchange());
}

#[test]
fn core_108_a_confidential_client_needs_its_secret_and_a_public_one_has_none() {
    let world = world();
    put_code(&world, |_| {});
    world.refuses(&exchange().without("client_secret"), "client_auth.missing_secret");
    world.refuses(&exchange().with("client_secret", "wrong"), "client_auth.wrong_secret");
    world.edit_client(|client| {
        client.secret = None;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    });
    world.refuses(&exchange(), "client_auth.wrong_method");
    assert_eq!(find_code(&world).redeemed_at, None);
    world.issues(&exchange().without("client_secret"));
}

#[test]
fn core_095_a_client_without_the_grant_is_unauthorized_and_the_code_stays_good() {
    let world = world();
    put_code(&world, |_| {});
    world.edit_client(|client| {
        client.settings.grant_types.retain(|grant| grant.as_str() != "authorization_code");
    });
    let error = world.refuses(&exchange(), "gate.grant_not_allowed");
    assert_eq!(error.value("grant"), Some("authorization_code"));
    assert_eq!(find_code(&world).redeemed_at, None);
}

#[test]
fn a_row_that_cannot_exist_is_a_fault_that_names_the_column() {
    let world = world();
    let broken = SingleUse { handle: HandleHash::of("broken"), ..countersign_testkit::code() };
    world.put(Change::InsertSingleUse(broken));
    let fault = fault(world.post(&exchange_of("broken")));
    assert!(fault.context.contains("single_uses.payload"), "{fault}");
    put_code(&world, |issued| issued.code.authorization_id = None);
    let fault = crate::world::fault(world.post(&exchange()));
    assert!(fault.context.contains("single_uses.authorization_id"), "{fault}");
}

#[test]
fn parameters_that_are_fixed_at_the_authorization_endpoint_are_ignored_here() {
    let world = world();
    put_code(&world, |_| {});
    let call = exchange().with("audience", "https://evil.example.com/").with("scope", "admin").with("x", "y");
    let answer = world.issues(&call);
    assert_eq!(granted(&answer.response), "openid profile email read:things offline_access");
    let claims = crate::world::claims(&answer.response.access_token);
    assert!(claims["aud"].as_array().unwrap().contains(&countersign_testkit::AUDIENCE.into()));
}

#[test]
fn a_success_is_one_commit() {
    let world = world();
    put_code(&world, |_| {});
    world.storage.take_tries();
    world.issues(&exchange());
    assert_eq!(world.storage.take_tries(), 1);
}
