//! Userinfo with DPoP-bound tokens (RFC 9449 §4.3 and §7.1).

use countersign_dpop::Nonces;
use countersign_jose::Thumbprint;
use countersign_oauth::{ErrorCode, Seconds};
use countersign_openid::{UserinfoError, UserinfoRequest};
use countersign_testkit::vectors::{RFC7515_A3_JWK, RFC9449_THUMBPRINT};
use countersign_testkit::{NOW, ProofBuilder, TestSealer, proof};
use countersign_token::SenderConstraint;
use serde_json::Value;

use crate::house::House;
use crate::userinfo::{ask, bearer, refused};

const URL: &str = "https://login.example.com/userinfo";

fn bound(house: &House, api: bool) -> String {
    let key = Thumbprint::parse(RFC9449_THUMBPRINT).unwrap();
    house.mint("openid", api, SenderConstraint::Dpop(key)).access_token
}

fn right_proof(token: &str, jti: &str) -> ProofBuilder {
    proof("GET", URL).claim("jti", jti).for_token(token)
}

fn with(token: &str, proofs: &[&ProofBuilder]) -> UserinfoRequest {
    UserinfoRequest {
        authorization: Some(format!("DPoP {token}")),
        dpop: proofs.iter().map(|proof| proof.build()).collect(),
        ..bearer("")
    }
}

/// The rule of a proof that is not good; the refusal always brings a nonce.
#[track_caller]
fn bad_proof(house: &House, request: &UserinfoRequest) -> (&'static str, ErrorCode) {
    match ask(house, request) {
        Err(UserinfoError::Proof { error, nonce }) => {
            assert_eq!(nonce, Nonces::new(&TestSealer::default()).issue(request.context.now));
            (error.rule, error.code)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bound_token_with_its_proof_is_accepted_by_get_and_post() {
    let house = House::new();
    for (api, jti) in [(false, "a"), (true, "b")] {
        let token = bound(&house, api);
        ask(&house, &with(&token, &[&right_proof(&token, jti)])).unwrap();
        let post = proof("POST", URL).claim("jti", format!("post {jti}")).for_token(&token);
        ask(&house, &UserinfoRequest { method: "POST", ..with(&token, &[&post]) }).unwrap();
    }
}

#[test]
fn core_237_sp_073_sp_074_a_bound_token_without_its_proof_or_as_bearer_is_refused() {
    let house = House::new();
    for api in [false, true] {
        let token = bound(&house, api);
        assert_eq!(refused(&house, &with(&token, &[])), ("userinfo.proof_missing", true));
        assert_eq!(refused(&house, &bearer(&token)), ("userinfo.bound_token_as_bearer", true));
        let with_proof = UserinfoRequest { dpop: vec![right_proof(&token, "a").build()], ..bearer(&token) };
        assert_eq!(refused(&house, &with_proof), ("userinfo.bound_token_as_bearer", true));
        for by in ["form", "query"] {
            let mut request = with_proof_of(&token);
            match by {
                "form" => request.body_token = Some(token.clone()),
                _ => request.query_token = Some(token.clone()),
            }
            assert_eq!(refused(&house, &request), ("userinfo.bound_token_as_bearer", true), "{by}");
        }
    }
}

fn with_proof_of(token: &str) -> UserinfoRequest {
    UserinfoRequest { authorization: None, ..with(token, &[&right_proof(token, "x")]) }
}

#[test]
fn sp_073_a_stolen_token_with_a_thiefs_own_proof_is_refused() {
    let house = House::new();
    let token = bound(&house, false);
    let thief = right_proof(&token, "a").key(RFC7515_A3_JWK);
    assert_eq!(refused(&house, &with(&token, &[&thief])), ("userinfo.other_key", true));
}

#[test]
fn sp_073_a_proof_for_another_token_or_for_none_is_refused() {
    let house = House::new();
    let token = bound(&house, false);
    for other in [
        right_proof("another token", "a"),
        right_proof(&token, "a").claim("ath", Value::Null),
        right_proof(&token, "a").claim("ath", "AAAA"),
    ] {
        assert_eq!(refused(&house, &with(&token, &[&other])), ("userinfo.other_ath", true));
    }
}

#[test]
fn sp_072_sp_074_a_wrong_proof_is_refused() {
    let house = House::new();
    let token = bound(&house, false);
    let base = || right_proof(&token, "a");
    let cases = [
        ("dpop.htm_mismatch", base().claim("htm", "POST")),
        ("dpop.htu_mismatch", base().claim("htu", "https://login.example.com/oauth/token")),
        ("dpop.htu_mismatch", base().claim("htu", "https://evil.example.com/userinfo")),
        ("dpop.typ_mismatch", base().header("typ", "JWT")),
        ("dpop.algorithm_not_allowed", base().header("alg", "none")),
        ("dpop.too_old", base().issued_at(NOW.minus(Seconds(91)))),
        ("dpop.not_yet_valid", base().issued_at(NOW.plus(Seconds(11)))),
        ("dpop.jti_missing", base().claim("jti", "")),
    ];
    for (rule, proof) in cases {
        assert_eq!(bad_proof(&house, &with(&token, &[&proof])), (rule, ErrorCode::InvalidDpopProof));
    }
    let two = with(&token, &[&right_proof(&token, "a"), &right_proof(&token, "b")]);
    assert_eq!(bad_proof(&house, &two).0, "dpop.several_headers");
    assert_eq!(house.storage.take_counted(), 0, "no mark for a proof that is none");
}

#[test]
fn sp_071_a_proof_counts_once_and_only_for_its_own_endpoint() {
    let house = House::new();
    let token = bound(&house, false);
    let request = with(&token, &[&right_proof(&token, "a")]);
    ask(&house, &request).unwrap();
    assert_eq!(bad_proof(&house, &request).0, "dpop.replayed");
    let mut late = with(&token, &[&right_proof(&token, "a")]);
    late.context.now = NOW.plus(Seconds(89));
    assert_eq!(bad_proof(&house, &late).0, "dpop.replayed");
    ask(&house, &with(&token, &[&right_proof(&token, "b")])).unwrap();
}

#[test]
fn sp_077_a_nonce_is_optional_here_and_must_be_ours_if_it_is_there() {
    let house = House::new();
    let token = bound(&house, false);
    let nonce = |at: i64| Nonces::new(&TestSealer::default()).issue(NOW.plus(Seconds(at)));
    ask(&house, &with(&token, &[&right_proof(&token, "a").claim("nonce", nonce(0))])).unwrap();
    let foreign = right_proof(&token, "b").claim("nonce", "foreign");
    assert_eq!(
        bad_proof(&house, &with(&token, &[&foreign])),
        ("dpop.nonce_foreign", ErrorCode::UseDpopNonce)
    );
    let stale = right_proof(&token, "c").claim("nonce", nonce(-301));
    assert_eq!(bad_proof(&house, &with(&token, &[&stale])), ("dpop.nonce_stale", ErrorCode::UseDpopNonce));
}

#[test]
fn an_unbound_token_must_not_come_as_bound() {
    let house = House::new();
    for token in [house.opaque("openid"), house.jwt("openid")] {
        let request = with(&token, &[&right_proof(&token, "a")]);
        assert_eq!(refused(&house, &request), ("userinfo.token_not_bound", true));
    }
}

#[test]
fn an_unknown_or_missing_token_with_a_proof_is_challenged_for_dpop() {
    let house = House::new();
    assert_eq!(refused(&house, &with("x", &[&right_proof("x", "a")])), ("userinfo.unknown_token", true));
    let missing = UserinfoRequest { authorization: None, ..with("x", &[&right_proof("x", "a")]) };
    assert_eq!(refused(&house, &missing), ("userinfo.no_token", true));
}

#[test]
fn a_mark_that_cannot_be_set_is_a_fault_and_no_claims() {
    let house = House::new();
    let token = bound(&house, false);
    house.storage.break_commits(true);
    let request = with(&token, &[&right_proof(&token, "a")]);
    assert!(matches!(ask(&house, &request), Err(UserinfoError::Fault(_))));
}
