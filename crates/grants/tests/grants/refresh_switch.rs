//! What a client was switched to takes effect at the next exchange (core contract §3.5.2, §3.5.3).

use countersign_dpop::Nonces;
use countersign_oauth::{ErrorCode, Seconds};
use countersign_storage::*;
use countersign_testkit::vectors::{RFC7515_A3_JWK, RFC9449_THUMBPRINT};
use countersign_testkit::{NOW, TestSealer};
use countersign_token::parse_refresh_token;

use crate::flow::{first_token, issued, refresh, rotate, rotating_world, sign_in, world};
use crate::world::{Call, World, token_proof};

fn edit_refresh(world: &World, edit: impl FnOnce(&mut RefreshTokenSettings)) {
    world.edit_client(|client| edit(&mut client.settings.refresh_token));
}

/// The refresh token of one more login; an empty audience is none.
fn log_in(world: &World, handle: &str, audience: &str) -> String {
    let mut one = issued(handle);
    one.authorization.audience = Some(audience.into()).filter(|_| !audience.is_empty());
    one.put(world);
    world.issues(&crate::flow::exchange_of(handle)).response.refresh_token.unwrap()
}

fn family_of(world: &World, token: &str) -> RefreshFamily {
    let fence = parse_refresh_token(token, &TestSealer::default()).unwrap();
    world.families().into_iter().find(|family| family.id == fence.family).unwrap()
}

fn start_rotating(world: &World, leeway: i64) {
    edit_refresh(world, |settings| {
        settings.rotation_type = RotationType::Rotating;
        settings.leeway = Seconds(leeway);
    });
}

#[test]
fn core_134_switching_to_rotation_deletes_siblings_that_do_not_rotate_at_the_next_exchange() {
    let world = world();
    let token = first_token(&world);
    let sibling = sign_in(&world, "sibling").refresh_token.unwrap();
    let without_api = log_in(&world, "without-api", "");
    start_rotating(&world, 0);
    assert!(world.families().iter().all(|family| family.ended_at.is_none()), "not before the exchange");
    let next = rotate(&world, &refresh(&token));
    assert_ne!(next, token);
    assert!(family_of(&world, &next).rotating);
    world.refuses(&refresh(&sibling), "refresh.revoked");
    // Those of another API switch at their own next exchange.
    rotate(&world, &refresh(&without_api));
    let next = rotate(&world, &refresh(&next));
    // The old token is spent as any other: it comes again only from a thief.
    world.refuses_and_writes(&refresh(&token), "refresh.reused");
    world.refuses(&refresh(&next), "refresh.revoked");
}

#[test]
fn core_134_a_rotating_sibling_lives_on() {
    let world = rotating_world(0);
    let rotating = first_token(&world);
    edit_refresh(&world, |settings| settings.rotation_type = RotationType::NonRotating);
    let token = sign_in(&world, "other").refresh_token.unwrap();
    start_rotating(&world, 0);
    rotate(&world, &refresh(&token));
    rotate(&world, &refresh(&rotating));
}

#[test]
fn core_134_a_lost_answer_of_the_switch_is_repeated_within_the_leeway() {
    let world = world();
    let token = first_token(&world);
    start_rotating(&world, 10);
    let lost = rotate(&world, &refresh(&token));
    let again = rotate(&world, &refresh(&token).later(9));
    assert_ne!(lost, again);
    assert_eq!(family_of(&world, &lost), family_of(&world, &again));
}

#[test]
fn core_135_switching_rotation_off_revokes_the_family_at_the_next_exchange() {
    let world = rotating_world(0);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first));
    let other = sign_in(&world, "other").refresh_token.unwrap();
    let before = family_of(&world, &second);
    edit_refresh(&world, |settings| settings.rotation_type = RotationType::NonRotating);
    let stays = rotate(&world, &refresh(&second).later(5));
    let after = family_of(&world, &stays);
    assert_ne!(after.id, before.id);
    assert!(!after.rotating && family_of(&world, &second).ended_at.is_some());
    assert_eq!(after.expires_at, before.expires_at, "the absolute end stays");
    assert_eq!(after.authorization_id, before.authorization_id);
    assert_eq!(after.scope, before.scope);
    for spent in [&first, &second] {
        world.refuses(&refresh(spent), "refresh.revoked");
    }
    for later in [10, 20] {
        assert_eq!(world.issues(&refresh(&stays).later(later)).response.refresh_token, None);
    }
    // Another family switches at its own exchange.
    assert!(family_of(&world, &other).ended_at.is_none());
    rotate(&world, &refresh(&other));
}

#[test]
fn core_135_a_stolen_token_is_found_after_the_switch_too() {
    let world = rotating_world(0);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first));
    edit_refresh(&world, |settings| settings.rotation_type = RotationType::NonRotating);
    world.refuses_and_writes(&refresh(&first), "refresh.reused");
    world.refuses(&refresh(&second), "refresh.revoked");
}

#[test]
fn core_132_a_token_that_never_expired_gets_its_end_at_the_next_exchange_and_keeps_it() {
    for rotating in [false, true] {
        let world = world();
        if rotating {
            start_rotating(&world, 0);
        }
        let mut token = first_token(&world);
        let mut use_it = |later: i64| {
            let answer = world.issues(&refresh(&token).later(later)).response;
            token = answer.refresh_token.unwrap_or(token.clone());
            token.clone()
        };
        use_it(1);
        assert_eq!(world.families()[0].expires_at, None);
        edit_refresh(&world, |settings| {
            settings.infinite_token_lifetime = false;
            settings.infinite_idle_token_lifetime = false;
            settings.token_lifetime = Seconds(1000);
            settings.idle_token_lifetime = Seconds(500);
        });
        use_it(100);
        let end = NOW.plus(Seconds(1100));
        assert_eq!(world.families()[0].expires_at, Some(end), "counted from the exchange");
        edit_refresh(&world, |settings| settings.token_lifetime = Seconds(5000));
        use_it(200);
        edit_refresh(&world, |settings| {
            *settings = RefreshTokenSettings {
                rotation_type: settings.rotation_type,
                ..RefreshTokenSettings::default()
            }
        });
        let token = use_it(300);
        assert_eq!(world.families()[0].expires_at, Some(end), "never back");
        assert_eq!(world.families().len(), 1);
        world.issues(&refresh(&token).later(900));
    }
}

#[test]
fn core_132_a_token_that_began_to_expire_is_refused_at_its_end() {
    let world = world();
    let token = first_token(&world);
    edit_refresh(&world, |settings| {
        settings.infinite_token_lifetime = false;
        settings.token_lifetime = Seconds(1000);
    });
    world.issues(&refresh(&token).later(100));
    world.issues(&refresh(&token).later(1099));
    let error = world.refuses(&refresh(&token).later(1100), "refresh.expired");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
}

fn public_call(token: &str) -> Call {
    Call::public(&[("grant_type", "refresh_token"), ("refresh_token", token)])
}

fn proved(call: Call, jti: &str) -> Call {
    call.dpop(&token_proof(jti).claim("nonce", Nonces::new(&TestSealer::default()).issue(NOW)))
}

fn public_world(rotating: bool) -> (World, String) {
    let world = world();
    if rotating {
        start_rotating(&world, 0);
    }
    world.edit_client(|client| {
        client.secret = None;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    });
    issued("public").put(&world);
    let exchange = crate::flow::exchange_of("public").without("client_secret");
    let token = world.issues(&exchange).response.refresh_token.unwrap();
    (world, token)
}

#[test]
fn sp_075_the_first_proved_key_binds_the_token_of_a_public_client() {
    for rotating in [false, true] {
        let (world, token) = public_world(rotating);
        let unbound = world.issues(&public_call(&token)).response.refresh_token.unwrap_or(token);
        let answer = world.issues(&proved(public_call(&unbound), "first")).response;
        let bound = answer.refresh_token.unwrap_or(unbound);
        assert_eq!(family_of(&world, &bound).jkt.unwrap().as_str(), RFC9449_THUMBPRINT);
        let error = world.refuses(&public_call(&bound), "refresh.proof_missing");
        assert_eq!(error.code, ErrorCode::InvalidDpopProof);
        let nonce = Nonces::new(&TestSealer::default()).issue(NOW);
        let other = token_proof("other").claim("nonce", nonce).key(RFC7515_A3_JWK);
        world.refuses(&public_call(&bound).dpop(&other), "refresh.other_key");
        world.issues(&proved(public_call(&bound), "again"));
    }
}

#[test]
fn sp_075_a_key_that_another_bound_meanwhile_is_refused() {
    let (world, token) = public_world(false);
    let id = world.families()[0].id.clone();
    world.storage.before_commit(move |storage| {
        let other = countersign_jose::PublicKey::P256 { x: [1; 32], y: [2; 32] }.thumbprint();
        let bind = Change::AmendFamily { id, rotating: false, expires_at: None, jkt: Some(other) };
        crate::world::put(storage, bind);
    });
    world.refuses(&proved(public_call(&token), "late"), "refresh.other_key");
}
