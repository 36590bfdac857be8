//! Failed logins hold their address back, and which address that is (core contract §3.13, extended §2.1.2, §2.1.4).

use countersign_oauth::{Error, GrantType, Seconds};
use countersign_storage::{Rate, TokenEndpointAuthMethod};
use countersign_token_endpoint::{EndpointError, Grants};

use crate::fakes::Exchange;
use crate::world::{Call, World};

/// What an address may do: two failures, and one more after 864 seconds.
fn world() -> World {
    let mut world = World::new(Grants::new().with(Exchange::of("urn:example:ticket")).unwrap());
    world.token.failed_logins = Rate::new(2, 100, Seconds(86_400));
    world.edit_client(|client| {
        client.settings.grant_types.push(GrantType::TOKEN_EXCHANGE);
        client.settings.is_token_endpoint_ip_header_trusted = true;
    });
    world
}

fn showing(token: &str) -> Call {
    let exchange = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    Call::new(&[exchange, ("subject_token_type", "urn:example:ticket"), ("subject_token", token)])
}

/// Fails twice from somewhere.
fn fail_twice(world: &World, at: impl Fn(Call) -> Call) {
    for _ in 0..2 {
        world.refuses(&at(showing("bad")), "exchange.bad");
    }
}

#[test]
fn core_173_ext_144_an_address_that_failed_too_often_is_held_back_until_its_bucket_gains_a_token() {
    let world = world();
    fail_twice(&world, |call| call);
    let error = world.post(&showing("good")).unwrap_err();
    let EndpointError { error: Error::Refused(refusal), limited: Some(drawn), .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!((refusal.rule, refusal.code.as_str()), ("throttle.failed_logins", "too_many_attempts"));
    assert_eq!((drawn.limit, drawn.remaining), (2, 0));
    world.refuses(&showing("good").later(863), "throttle.failed_logins");
    world.issues(&showing("good").later(864));
}

#[test]
fn the_log_says_once_that_an_address_is_held_back_from_now_on() {
    let world = world();
    fail_twice(&world, |call| call);
    for _ in 0..5 {
        world.refuses(&showing("good"), "throttle.failed_logins");
    }
    let log = world.log();
    let held_back: Vec<_> = log.iter().filter(|row| row.event == "limit_mu").collect();
    assert_eq!(held_back.len(), 1);
    assert_eq!(held_back[0].rule.as_deref(), Some("throttle.failed_logins"));
    assert_eq!(log.len(), 3, "a refusal by the throttle itself writes nothing: {log:?}");
}

#[test]
fn malformed_requests_and_successes_do_not_count() {
    let world = world();
    for _ in 0..5 {
        world.refuses(&showing("malformed"), "exchange.malformed");
        world.issues(&showing("good"));
    }
    world.refuses(&showing("bad"), "exchange.bad");
    world.issues(&showing("good"));
}

#[test]
fn core_157_ext_146_a_trusted_client_has_the_address_counted_that_it_names() {
    let world = world();
    fail_twice(&world, |call| call.for_user_at("198.51.100.7"));
    world.refuses(&showing("good").for_user_at("198.51.100.7"), "throttle.failed_logins");
    world.issues(&showing("good").for_user_at("198.51.100.8"));
    world.issues(&showing("good"));
    for row in world.log() {
        assert_eq!((row.ip.as_str(), row.client_ip.as_deref()), ("198.51.100.7", Some("192.0.2.1")));
    }
}

#[test]
fn core_157_ext_147_the_header_of_a_client_that_is_not_trusted_is_ignored() {
    let world = world();
    world.edit_client(|client| client.settings.is_token_endpoint_ip_header_trusted = false);
    fail_twice(&world, |call| call.for_user_at("198.51.100.7"));
    world.refuses(&showing("good").for_user_at("198.51.100.8"), "throttle.failed_logins");
    assert!(world.log().iter().all(|row| row.ip == "192.0.2.1"), "{:?}", world.log());
}

#[test]
fn core_157_ext_147_the_header_of_a_client_without_a_secret_is_ignored() {
    let world = world();
    world.edit_client(|client| client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None);
    let public = |call: Call| call.without("client_secret").for_user_at("198.51.100.7");
    fail_twice(&world, public);
    world.refuses(&public(showing("good")).for_user_at("198.51.100.8"), "throttle.failed_logins");
}

#[test]
fn core_157_anything_but_one_address_is_ignored() {
    for text in
        ["", "here", "198.51.100.7, 198.51.100.8", "198.51.100.7:80", "fe80::1%eth0", "198.51.100.0/24"]
    {
        let world = world();
        fail_twice(&world, |call| call.for_user_at(text));
        world.refuses(&showing("good"), "throttle.failed_logins");
    }
}

#[test]
fn core_157_a_body_field_of_that_name_is_ignored() {
    let world = world();
    fail_twice(&world, |call| call.with("auth0-forwarded-for", "198.51.100.7"));
    world.refuses(&showing("good"), "throttle.failed_logins");
}
