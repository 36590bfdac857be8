//! What binds the tokens of the standard grants (RFC 9449 §5, §6 and §10; core contract §3.12).

use countersign_dpop::Nonces;
use countersign_jose::Thumbprint;
use countersign_oauth::ErrorCode;
use countersign_storage::*;
use countersign_testkit::vectors::{RFC7515_A3_JWK, RFC9449_THUMBPRINT};
use countersign_testkit::{AUDIENCE, NOW, ProofBuilder, TestSealer};
use serde_json::json;

use crate::flow::{exchange, find_code, first_token, issued, put_code, refresh, rotating_world, world};
use crate::world::{Call, World, claims, token_proof};

fn pop(world: &World, mechanism: PopMechanism, required: bool, required_for: RequiredFor) {
    world.edit_api(|api| {
        api.settings.proof_of_possession = Some(ProofOfPossession { mechanism, required, required_for });
    });
}

fn make_public(world: &World) {
    world.edit_client(|client| {
        client.secret = None;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    });
}

/// A proof with a nonce, as public clients need one.
fn public_proof(jti: &str) -> ProofBuilder {
    token_proof(jti).claim("nonce", Nonces::new(&TestSealer::default()).issue(NOW))
}

fn m2m() -> Call {
    Call::new(&[("grant_type", "client_credentials"), ("audience", AUDIENCE)])
}

/// How a row of the matrix ends.
#[derive(Debug, PartialEq)]
enum End {
    Unbound,
    Bound,
    Refused,
}

fn end_of(world: &World, call: &Call, row: &str) -> End {
    let answer = match world.post(call) {
        Ok(answer) => answer.response,
        Err(_) => {
            let fresh = token_proof(&format!("again {row}"));
            let again = if call.request().dpop.is_empty() { call.clone() } else { m2m().dpop(&fresh) };
            let error = world.refuses(&again, "gate.proof_required");
            assert_eq!(error.code, ErrorCode::InvalidRequest);
            return End::Refused;
        }
    };
    let cnf = claims(&answer.access_token).get("cnf").cloned();
    match answer.token_type {
        "DPoP" => {
            assert_eq!(cnf, Some(json!({ "jkt": RFC9449_THUMBPRINT })));
            End::Bound
        }
        other => {
            assert_eq!((other, cnf), ("Bearer", None));
            End::Unbound
        }
    }
}

#[test]
fn core_101_core_189_core_190_core_191_sp_078_the_matrix_for_an_api() {
    use End::{Bound, Refused, Unbound};
    // (client requires, proof sent) -> API without, API allowing, API requiring.
    let matrix = [
        ((false, false), [Unbound, Unbound, Refused]),
        ((false, true), [Unbound, Bound, Bound]),
        ((true, false), [Refused, Refused, Refused]),
        ((true, true), [Refused, Bound, Bound]),
    ];
    for ((client_requires, proof), row) in matrix {
        for (column, expected) in row.into_iter().enumerate() {
            let world = world();
            world.edit_client(|client| client.settings.require_proof_of_possession = client_requires);
            match column {
                0 => {}
                1 => pop(&world, PopMechanism::Dpop, false, RequiredFor::AllClients),
                _ => pop(&world, PopMechanism::Dpop, true, RequiredFor::AllClients),
            }
            let call = if proof { m2m().dpop(&token_proof("one")) } else { m2m() };
            let row = format!("client requires {client_requires}, proof {proof}, column {column}");
            assert_eq!(end_of(&world, &call, &row), expected, "{row}");
        }
    }
}

#[test]
fn core_189_a_mechanism_of_none_is_as_no_mechanism() {
    let world = world();
    pop(&world, PopMechanism::None, true, RequiredFor::AllClients);
    assert_eq!(end_of(&world, &m2m(), ""), End::Unbound);
    assert_eq!(end_of(&world, &m2m().dpop(&token_proof("a")), ""), End::Unbound);
}

#[test]
fn core_191_required_for_public_clients_exempts_confidential_ones() {
    let world = world();
    pop(&world, PopMechanism::Dpop, true, RequiredFor::PublicClients);
    put_code(&world, |_| {});
    assert_eq!(world.issues(&exchange()).response.token_type, "Bearer");
    make_public(&world);
    issued("public").put(&world);
    let call = crate::flow::exchange_of("public").without("client_secret");
    let error = world.refuses(&call, "gate.proof_required");
    assert_eq!(error.code, ErrorCode::InvalidRequest);
    assert_eq!(world.issues(&call.dpop(&public_proof("a"))).response.token_type, "DPoP");
}

#[test]
fn sp_078_an_api_that_wants_certificates_gets_no_token_of_another_kind() {
    let world = world();
    pop(&world, PopMechanism::Mtls, true, RequiredFor::AllClients);
    assert_eq!(end_of(&world, &m2m(), ""), End::Refused);
    assert_eq!(end_of(&world, &m2m().dpop(&token_proof("a")), ""), End::Refused);
}

#[test]
fn core_192_a_userinfo_token_is_bound_where_a_proof_was_sent() {
    let world = world();
    let login = |handle: &str, proof: Option<ProofBuilder>| {
        let mut one = issued(handle);
        one.authorization.audience = None;
        one.put(&world);
        let call = crate::flow::exchange_of(handle);
        world.issues(&proof.map_or(call.clone(), |proof| call.dpop(&proof))).response.token_type
    };
    assert_eq!(login("one", None), "Bearer");
    assert_eq!(login("two", Some(token_proof("a"))), "DPoP");
    world.edit_client(|client| client.settings.require_proof_of_possession = true);
    assert_eq!(login("three", Some(token_proof("b"))), "DPoP");
    let mut four = issued("four");
    four.authorization.audience = None;
    four.put(&world);
    world.refuses(&crate::flow::exchange_of("four"), "gate.proof_required");
}

#[test]
fn a_refused_binding_leaves_the_code_good() {
    let world = world();
    pop(&world, PopMechanism::Dpop, true, RequiredFor::AllClients);
    put_code(&world, |_| {});
    world.refuses(&exchange(), "gate.proof_required");
    assert_eq!(find_code(&world).redeemed_at, None);
    let response = world.issues(&exchange().dpop(&token_proof("a"))).response;
    assert_eq!(response.token_type, "DPoP");
    assert_eq!(claims(&response.access_token)["cnf"]["jkt"], RFC9449_THUMBPRINT);
}

#[test]
fn core_081_sp_076_a_code_bound_to_a_key_wants_that_key() {
    let world = world();
    pop(&world, PopMechanism::Dpop, false, RequiredFor::AllClients);
    put_code(&world, |issued| issued.payload.dpop_jkt = Thumbprint::parse(RFC9449_THUMBPRINT));
    let other = token_proof("a").key(RFC7515_A3_JWK);
    let error = world.refuses(&exchange().dpop(&other), "code.other_key");
    assert_eq!(error.code, ErrorCode::InvalidDpopProof);
    let error = world.refuses(&exchange(), "code.proof_missing");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    assert_eq!(world.issues(&exchange().dpop(&token_proof("b"))).response.token_type, "DPoP");
}

#[test]
fn core_143_sp_075_a_public_clients_refresh_token_wants_the_same_key() {
    let world = rotating_world(0);
    make_public(&world);
    put_code(&world, |_| {});
    let login = exchange().without("client_secret").dpop(&public_proof("a"));
    let token = world.issues(&login).response.refresh_token.unwrap();
    assert_eq!(world.families()[0].jkt, Thumbprint::parse(RFC9449_THUMBPRINT));
    let call = refresh(&token).without("client_secret");
    let error = world.refuses(&call, "refresh.proof_missing");
    assert_eq!(error.code, ErrorCode::InvalidDpopProof);
    let other = public_proof("b").key(RFC7515_A3_JWK);
    let error = world.refuses(&call.clone().dpop(&other), "refresh.other_key");
    assert_eq!(error.code, ErrorCode::InvalidDpopProof);
    let next = world.issues(&call.dpop(&public_proof("c"))).response.refresh_token.unwrap();
    // The successor is bound as its parent was.
    world.refuses(&refresh(&next).without("client_secret"), "refresh.proof_missing");
}

#[test]
fn sp_075_a_spent_bound_token_in_foreign_hands_is_no_reuse() {
    let world = rotating_world(0);
    make_public(&world);
    put_code(&world, |_| {});
    let login = exchange().without("client_secret").dpop(&public_proof("a"));
    let first = world.issues(&login).response.refresh_token.unwrap();
    let call = |token: &str| refresh(token).without("client_secret");
    let second = world.issues(&call(&first).dpop(&public_proof("b"))).response.refresh_token.unwrap();
    world.refuses(&call(&first), "refresh.proof_missing");
    world.refuses(&call(&first).dpop(&public_proof("c").key(RFC7515_A3_JWK)), "refresh.other_key");
    world.issues(&call(&second).dpop(&public_proof("d")));
}

#[test]
fn a_confidential_clients_refresh_token_is_not_bound() {
    let world = world();
    pop(&world, PopMechanism::Dpop, false, RequiredFor::AllClients);
    put_code(&world, |_| {});
    let token = world.issues(&exchange().dpop(&token_proof("a"))).response.refresh_token.unwrap();
    assert_eq!(world.families()[0].jkt, None);
    let other = token_proof("b").key(RFC7515_A3_JWK);
    assert_eq!(world.issues(&refresh(&token).dpop(&other)).response.token_type, "DPoP");
    assert_eq!(world.issues(&refresh(&token)).response.token_type, "Bearer");
}

#[test]
fn sp_079_a_refresh_is_bound_to_the_proof_it_shows_and_refused_without_where_one_is_due() {
    let world = world();
    pop(&world, PopMechanism::Dpop, false, RequiredFor::AllClients);
    let token = first_token(&world);
    pop(&world, PopMechanism::Dpop, true, RequiredFor::AllClients);
    world.refuses(&refresh(&token), "gate.proof_required");
    let access = world.issues(&refresh(&token).dpop(&token_proof("a"))).response.access_token;
    assert_eq!(claims(&access)["cnf"]["jkt"], RFC9449_THUMBPRINT);
}
