//! Proofs with real signatures: the examples of RFC 9449, and keys and signatures that are none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use countersign_dpop::{DpopError, ExpectedProof, P256Verifier, Proof};
use countersign_jose::{Algorithm, JoseError, PublicKey, Verifier, encode_base64url};
use countersign_oauth::Timestamp;
use countersign_testkit::{NOW, ProofBuilder, proof, vectors};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

const URL: &str = "https://login.example.com/oauth/token";
const EXPECTED: ExpectedProof<'_> = ExpectedProof { method: "POST", url: URL, access_token: None, now: NOW };

fn signing_key() -> SigningKey {
    let scalar = countersign_jose::decode_base64url(vectors::RFC7515_A3_PRIVATE).unwrap();
    SigningKey::from_slice(&scalar).unwrap()
}

fn right() -> ProofBuilder {
    proof("POST", URL).key(vectors::RFC7515_A3_JWK)
}

fn sign(proof: &ProofBuilder) -> Vec<u8> {
    let signature: Signature = signing_key().sign(proof.signing_input().as_bytes());
    signature.to_vec()
}

fn verify(proof: &str) -> Result<Proof, DpopError> {
    Proof::verify(proof, &EXPECTED, &P256Verifier)
}

/// RFC 9449 §4.1, §6.1.
#[test]
fn the_example_of_rfc_9449_section_4_1_verifies() {
    let expected = ExpectedProof {
        method: "POST",
        url: "https://server.example.com/token",
        access_token: None,
        now: Timestamp::from_seconds(vectors::RFC9449_TOKEN_PROOF_AT + 30),
    };
    let proof = Proof::verify(vectors::RFC9449_TOKEN_PROOF, &expected, &P256Verifier).unwrap();
    assert_eq!(proof.jkt.as_str(), vectors::RFC9449_THUMBPRINT);
    assert_eq!(proof.jti, "-BwC3ESc6acc2lTc");
}

/// RFC 9449 §7.1.
#[test]
fn the_example_of_rfc_9449_section_7_1_verifies_with_its_token_alone() {
    let expected = |access_token| ExpectedProof {
        method: "GET",
        url: "https://resource.example.org/protectedresource",
        access_token: Some(access_token),
        now: Timestamp::from_seconds(vectors::RFC9449_RESOURCE_PROOF_AT),
    };
    let verify = |token| Proof::verify(vectors::RFC9449_RESOURCE_PROOF, &expected(token), &P256Verifier);
    assert!(verify(vectors::RFC9449_ACCESS_TOKEN).is_ok());
    assert_eq!(verify("another token"), Err(DpopError::AthMismatch));
}

#[test]
fn a_signature_verifies_for_what_it_signs_and_for_nothing_else() {
    let good = right().signed(|_| sign(&right()));
    assert!(verify(&good).is_ok());
    let moved = right().claim("jti", "another").signed(|_| sign(&right()));
    assert_eq!(verify(&moved), Err(DpopError::SignatureInvalid));
    let other_key = right().key(vectors::RFC9449_JWK).signed(|_| sign(&right().key(vectors::RFC9449_JWK)));
    assert_eq!(verify(&other_key), Err(DpopError::SignatureInvalid));
}

#[test]
fn sp_064_refuses_zero_and_out_of_range_signature_values() {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let n: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap()).collect();
    let (zero, one) = (vec![0_u8; 32], [vec![0_u8; 31], vec![1]].concat());
    let good = sign(&right());
    let (r, s) = (good[..32].to_vec(), good[32..].to_vec());
    for signature in [
        [zero.clone(), zero.clone()].concat(),
        [r.clone(), zero.clone()].concat(),
        [zero, s.clone()].concat(),
        [n.clone(), s.clone()].concat(),
        [r.clone(), n].concat(),
        [one.clone(), one].concat(),
        [r.clone(), s.clone(), vec![0]].concat(),
        [vec![0], r.clone(), s.clone()].concat(),
        [s, r.clone()].concat(),
        r,
    ] {
        let found = verify(&right().signed(|_| signature.clone()));
        assert_eq!(found, Err(DpopError::SignatureInvalid), "{signature:?}");
    }
    let der: p256::ecdsa::DerSignature = signing_key().sign(right().signing_input().as_bytes());
    let found = verify(&right().signed(|_| der.as_bytes().to_vec()));
    assert_eq!(found, Err(DpopError::SignatureInvalid));
}

#[test]
fn sp_064_refuses_points_that_are_not_on_the_curve() {
    for (x, y) in [([0; 32], [0; 32]), ([1; 32], [1; 32]), ([0xff; 32], [0xff; 32])] {
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "x": encode_base64url(x), "y": encode_base64url(y),
        });
        let found = verify(&right().key(&jwk.to_string()).signed(|_| sign(&right())));
        assert_eq!(found, Err(DpopError::KeyInvalid));
    }
}

#[test]
fn sp_060_the_verifier_takes_a_p256_key_for_es256_alone() {
    let ec = PublicKey::from_jwk(&serde_json::from_str(vectors::RFC7515_A3_JWK).unwrap()).unwrap();
    let rsa = PublicKey::from_jwk(&serde_json::from_str(vectors::RFC7638_JWK).unwrap()).unwrap();
    let all = [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::HS256, Algorithm::ES256];
    for algorithm in all {
        assert_eq!(P256Verifier.verify(algorithm, &rsa, b"m", &[0; 64]), Err(JoseError::Key));
        let expected = if algorithm == Algorithm::ES256 { JoseError::Signature } else { JoseError::Key };
        assert_eq!(P256Verifier.verify(algorithm, &ec, b"m", &[0; 64]), Err(expected));
    }
}

/// RFC 7518 §3.4.
#[test]
fn the_example_of_rfc_7515_appendix_a_3_verifies() {
    let key = PublicKey::from_jwk(&serde_json::from_str(vectors::RFC7515_A3_JWK).unwrap()).unwrap();
    let jws = countersign_jose::Compact::parse(vectors::RFC7515_A3_JWS).unwrap();
    let verify = |message: &[u8]| P256Verifier.verify(Algorithm::ES256, &key, message, &jws.signature);
    assert_eq!(verify(jws.signing_input.as_bytes()), Ok(()));
    assert_eq!(verify(b"another message"), Err(JoseError::Signature));
}
