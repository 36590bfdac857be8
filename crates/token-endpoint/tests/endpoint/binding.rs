//! DPoP at the token endpoint (RFC 9449 §5, §8 and §11.1).

use countersign_dpop::Nonces;
use countersign_jose::{decode_base64url, encode_base64url};
use countersign_oauth::{ErrorCode, Seconds};
use countersign_storage::TokenEndpointAuthMethod;
use countersign_testkit::{NOW, TestSealer, vectors};
use countersign_token_endpoint::Decision;
use serde_json::{Value, json};

use crate::fakes::{SCRIPTED, Scripted, no, willing_world, world_of};
use crate::world::{Call, TOKEN_URL, World, fault, refusal, token_proof};

const GRANT: [(&str, &str); 1] = [("grant_type", SCRIPTED)];

fn public_world() -> World {
    let world = willing_world();
    world.edit_client(|client| {
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        client.secret = None;
    });
    world
}

fn nonce_at(seconds: i64) -> String {
    Nonces::new(&TestSealer::default()).issue(NOW.plus(Seconds(seconds)))
}

#[test]
fn core_101_the_token_type_follows_the_proof() {
    let world = willing_world();
    let answer = world.issues(&Call::new(&GRANT));
    assert_eq!(answer.response.token_type, "Bearer");
    assert_eq!(answer.dpop_nonce, None);
    let answer = world.issues(&Call::new(&GRANT).dpop(&token_proof("a")));
    assert_eq!(answer.response.token_type, "DPoP");
    assert!(answer.dpop_nonce.is_some());
}

#[test]
fn core_185_sp_077_a_public_client_without_nonce_is_told_one() {
    let world = public_world();
    let answered = world.post(&Call::public(&GRANT).dpop(&token_proof("a")));
    let nonce = answered.as_ref().unwrap_err().dpop_nonce.clone();
    let error = refusal(answered);
    assert_eq!((error.rule, &error.code), ("dpop.nonce_missing", &ErrorCode::UseDpopNonce));
    assert_eq!(nonce, Some(nonce_at(0)));
    assert!(world.storage.take_writes().is_empty());
}

#[test]
fn core_186_a_retry_with_that_nonce_succeeds() {
    let world = public_world();
    let told = world.post(&Call::public(&GRANT).dpop(&token_proof("a"))).unwrap_err().dpop_nonce.unwrap();
    // Even the same proof id: the refused proof was not marked, since it never was a good one.
    let answer = world.issues(&Call::public(&GRANT).dpop(&token_proof("a").claim("nonce", told)));
    assert_eq!(answer.response.token_type, "DPoP");
}

#[test]
fn core_187_a_confidential_client_is_not_challenged() {
    let world = willing_world();
    world.issues(&Call::new(&GRANT).dpop(&token_proof("a")));
    // What it sends anyway is not looked at.
    world.issues(&Call::new(&GRANT).dpop(&token_proof("b").claim("nonce", "not ours")));
}

#[test]
fn sp_077_a_nonce_lives_five_minutes_and_is_this_tenants_own() {
    let world = public_world();
    let proof_at = |jti: &str, nonce: &str, age: i64| {
        let at = NOW.plus(Seconds(age));
        let proof = token_proof(jti).claim("nonce", nonce).issued_at(at);
        Call::public(&GRANT).dpop(&proof).at(at)
    };
    world.issues(&proof_at("a", &nonce_at(0), 300));
    let stale = world.refuses(&proof_at("b", &nonce_at(0), 301), "dpop.nonce_stale");
    assert_eq!(stale.code, ErrorCode::UseDpopNonce);
    let foreign = Nonces::new(&TestSealer::new("other tenant")).issue(NOW);
    let mut forged = decode_base64url(&nonce_at(0)).unwrap();
    forged[7] ^= 1;
    for nonce in [foreign, encode_base64url(forged), "garbage".to_owned(), nonce_at(0) + "A"] {
        let error = world.refuses(&proof_at("c", &nonce, 0), "dpop.nonce_foreign");
        assert_eq!(error.code, ErrorCode::UseDpopNonce);
    }
    let answered = world.post(&proof_at("d", "", 0));
    assert!(answered.unwrap_err().dpop_nonce.is_some());
}

#[test]
fn core_188_sp_072_sp_074_a_wrong_proof_issues_nothing() {
    let world = willing_world();
    let private = json!({
        "kty": "EC", "crv": "P-256", "d": vectors::RFC7515_A3_PRIVATE,
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let old = NOW.minus(Seconds(91));
    let ahead = NOW.plus(Seconds(11));
    let cases = [
        ("dpop.htm_mismatch", token_proof("a").claim("htm", "GET")),
        ("dpop.htm_missing", token_proof("a").claim("htm", Value::Null)),
        ("dpop.htu_mismatch", token_proof("a").claim("htu", "https://login.example.com/oauth/revoke")),
        ("dpop.htu_mismatch", token_proof("a").claim("htu", "http://login.example.com/oauth/token")),
        ("dpop.htu_mismatch", token_proof("a").claim("htu", "https://evil.example.com/oauth/token")),
        ("dpop.htu_missing", token_proof("a").claim("htu", json!(["https://login.example.com/oauth/token"]))),
        ("dpop.typ_mismatch", token_proof("a").header("typ", "JWT")),
        ("dpop.typ_mismatch", token_proof("a").header("typ", Value::Null)),
        ("dpop.algorithm_not_allowed", token_proof("a").header("alg", "none")),
        ("dpop.algorithm_not_allowed", token_proof("a").header("alg", "HS256")),
        ("dpop.key_private", token_proof("a").header("jwk", private)),
        ("dpop.key_missing", token_proof("a").header("jwk", Value::Null)),
        ("dpop.jti_missing", token_proof("a").claim("jti", Value::Null)),
        ("dpop.too_old", token_proof("a").issued_at(old)),
        ("dpop.not_yet_valid", token_proof("a").issued_at(ahead)),
    ];
    for (rule, proof) in cases {
        let error = world.refuses(&Call::new(&GRANT).dpop(&proof), rule);
        assert_eq!(error.code, ErrorCode::InvalidDpopProof);
    }
    let two = Call::new(&GRANT).dpop(&token_proof("b")).dpop(&token_proof("b"));
    assert_eq!(world.refuses(&two, "dpop.several_headers").code, ErrorCode::InvalidDpopProof);
    assert_eq!(world.storage.take_counted(), 0, "no mark for a proof that is none");
    world.issues(&Call::new(&GRANT).dpop(&token_proof("a").claim("htu", format!("{TOKEN_URL}?x=1#y"))));
}

#[test]
fn core_188_sp_071_a_proof_counts_once() {
    let world = willing_world();
    let call = Call::new(&GRANT).dpop(&token_proof("a"));
    world.issues(&call);
    let error = world.refuses(&call, "dpop.replayed");
    assert_eq!(error.code, ErrorCode::InvalidDpopProof);
    // At the far end of the window, too: old enough to be near its end, young enough to be accepted.
    world.refuses(&call.later(89), "dpop.replayed");
    world.issues(&Call::new(&GRANT).dpop(&token_proof("b")));
    let other_key = token_proof("a").key(vectors::RFC7515_A3_JWK);
    world.issues(&Call::new(&GRANT).dpop(&other_key));
}

#[test]
fn sp_071_a_proof_stays_used_though_the_request_was_refused() {
    let (world, _) = world_of(Scripted::new(|_, _| Ok(Decision::Refuse(no("test.no").into()))));
    let call = Call::new(&GRANT).dpop(&token_proof("a"));
    world.refuses(&call, "test.no");
    world.refuses(&call, "dpop.replayed");
}

#[test]
fn a_mark_that_cannot_be_set_is_a_fault_and_never_a_token() {
    let world = willing_world();
    world.storage.break_commits(true);
    fault(world.post(&Call::new(&GRANT).dpop(&token_proof("a"))));
    assert_eq!(world.storage.take_tries(), 0, "not even tried to commit");
}
