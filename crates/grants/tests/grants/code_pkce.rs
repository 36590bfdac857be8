//! PKCE at the token endpoint (RFC 7636 §4.5 and §4.6; RFC 9700 §4.8): both downgrades, and guessing.

use countersign_oauth::{Compliance, ErrorCode};
use countersign_pkce::CodeChallenge;
use countersign_testkit::vectors::{RFC7636_CHALLENGE, RFC7636_VERIFIER};

use crate::flow::{exchange, find_code, put_code, world};
use crate::world::World;

fn wrong() -> String {
    "x".repeat(43)
}

fn with_challenge() -> World {
    let world = world();
    put_code(&world, |_| {});
    world
}

#[test]
fn core_106_a_wrong_verifier_is_refused_and_counted() {
    let world = with_challenge();
    let error = world.refuses_and_writes(&exchange().with("code_verifier", &wrong()), "code.verifier_wrong");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    let code = find_code(&world);
    assert_eq!((code.attempts, code.redeemed_at), (1, None));
    assert_eq!(world.take_effects().len(), 1);
}

#[test]
fn sp_027_after_four_wrong_verifiers_the_right_one_still_counts() {
    let world = with_challenge();
    for _ in 0..4 {
        world.refuses_and_writes(&exchange().with("code_verifier", &wrong()), "code.verifier_wrong");
    }
    world.issues(&exchange());
}

#[test]
fn sp_027_after_five_wrong_verifiers_the_code_is_dead() {
    let world = with_challenge();
    for _ in 0..5 {
        world.refuses_and_writes(&exchange().with("code_verifier", &wrong()), "code.verifier_wrong");
    }
    assert!(find_code(&world).redeemed_at.is_some());
    let error = world.refuses_and_writes(&exchange(), "code.replayed");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    // A sixth wrong one is refused in the same words, and nothing is counted any more.
    world.refuses(&exchange().with("code_verifier", &wrong()), "code.verifier_wrong");
    assert_eq!(find_code(&world).attempts, 5);
    assert!(world.families().is_empty());
}

#[test]
fn core_107_sp_027_a_verifier_left_out_or_empty_is_refused() {
    for (compliance, code) in
        [(Compliance::Auth0, ErrorCode::InvalidRequest), (Compliance::Rfc, ErrorCode::InvalidGrant)]
    {
        let world = with_challenge();
        world.edit_client(|client| client.settings.compliance = Some(compliance));
        for call in [exchange().without("code_verifier"), exchange().with("code_verifier", "")] {
            let error = world.refuses(&call, "code.verifier_missing");
            assert_eq!(error.code, code);
            assert_eq!(error.describe(), "Parameter 'code_verifier' is required");
        }
        assert_eq!(find_code(&world).attempts, 0);
        world.issues(&exchange());
    }
}

#[test]
fn sp_028_a_verifier_without_a_challenge_is_refused_and_the_code_stays_good() {
    let world = world();
    put_code(&world, |issued| issued.payload.code_challenge = None);
    let error = world.refuses(&exchange(), "code.verifier_without_challenge");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    world.refuses(&exchange().with("code_verifier", "short"), "code.verifier_without_challenge");
    world.issues(&exchange().without("code_verifier"));
}

#[test]
fn sp_029_a_verifier_outside_length_or_alphabet_is_wrong_though_it_may_hash_right() {
    let bad = [
        "x".repeat(42),
        "x".repeat(129),
        format!("{}+", "x".repeat(50)),
        format!("{RFC7636_VERIFIER} "),
        format!("{RFC7636_VERIFIER}\n"),
        format!("{RFC7636_VERIFIER}\0"),
        RFC7636_VERIFIER[..42].to_owned(),
        RFC7636_VERIFIER.to_lowercase(),
        RFC7636_CHALLENGE.to_owned(),
    ];
    for verifier in bad {
        let world = with_challenge();
        let call = exchange().with("code_verifier", &verifier);
        let error = world.refuses_and_writes(&call, "code.verifier_wrong");
        assert_eq!(error.code, ErrorCode::InvalidGrant, "{verifier:?}");
        assert_eq!(find_code(&world).attempts, 1);
    }
}

#[test]
fn a_plain_challenge_wants_itself() {
    let world = world();
    put_code(&world, |issued| {
        issued.payload.code_challenge = Some(CodeChallenge::parse(RFC7636_VERIFIER, Some("plain")).unwrap());
    });
    world.refuses_and_writes(&exchange().with("code_verifier", &wrong()), "code.verifier_wrong");
    world.issues(&exchange());
}

#[test]
fn a_wrong_verifier_for_an_expired_code_is_refused_and_not_counted() {
    let world = with_challenge();
    let late = exchange().later(600);
    world.refuses(&late.clone().with("code_verifier", &wrong()), "code.verifier_wrong");
    assert_eq!(find_code(&world).attempts, 0);
    world.refuses(&late, "code.expired");
}
