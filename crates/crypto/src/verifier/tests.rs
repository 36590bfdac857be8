use countersign_dpop::P256Verifier;
use countersign_jose::{Algorithm, Compact, JoseError, PublicKey, Verifier, decode_base64url};
use countersign_testkit::vectors;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer as DigestSigner};
use proptest::prelude::*;

use super::{OpenSslVerifier, is_rsa, p256};
use crate::signer::P256Signer;
use countersign_jose::Signer;

fn verify(algorithm: Algorithm, key: &PublicKey, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
    let found = OpenSslVerifier::new().unwrap().verify(algorithm, key, message, signature);
    assert!(ErrorStack::get().errors().is_empty(), "errors are left for the next TLS read to find");
    found
}

fn key(jwk: &str) -> PublicKey {
    PublicKey::from_jwk(&serde_json::from_str(jwk).unwrap()).unwrap()
}

/// The P-256 key of RFC 7515 appendix A.3.
fn p256_signer() -> P256Signer {
    let group = p256().unwrap();
    let scalar = BigNum::from_slice(&decode_base64url(vectors::RFC7515_A3_PRIVATE).unwrap()).unwrap();
    let mut point = EcPoint::new(&group).unwrap();
    point.mul_generator2(&group, &scalar, &mut BigNumContext::new().unwrap()).unwrap();
    P256Signer::new("kid", EcKey::from_private_components(&group, &scalar, &point).unwrap())
}

fn rsa_pair(bits: u32) -> (PKey<Private>, PublicKey) {
    let rsa = Rsa::generate(bits).unwrap();
    let public = PublicKey::Rsa { n: rsa.n().to_vec(), e: rsa.e().to_vec() };
    (PKey::from_rsa(rsa).unwrap(), public)
}

/// RFC 7518 §3, §3.4, RFC 8037 §3.1.
#[test]
fn the_examples_of_rfc_7515_appendix_a_2_and_a_3_and_of_rfc_8037_appendix_a_4_verify() {
    for (jwk, jws, algorithm) in [
        (vectors::RFC7515_A2_JWK, vectors::RFC7515_A2_JWS, Algorithm::RS256),
        (vectors::RFC7515_A3_JWK, vectors::RFC7515_A3_JWS, Algorithm::ES256),
        (vectors::RFC8037_A2_JWK, vectors::RFC8037_A4_JWS, Algorithm::EdDSA),
    ] {
        let jws = Compact::parse(jws).unwrap();
        let message = jws.signing_input.as_bytes();
        assert_eq!(verify(algorithm, &key(jwk), message, &jws.signature), Ok(()));
        assert_eq!(verify(algorithm, &key(jwk), b"another", &jws.signature), Err(JoseError::Signature));
        for i in 0..jws.signature.len() {
            let mut changed = jws.signature.clone();
            changed[i] ^= 1;
            assert_eq!(verify(algorithm, &key(jwk), message, &changed), Err(JoseError::Signature));
        }
        for length in 0..jws.signature.len() {
            let cut = &jws.signature[..length];
            assert_eq!(verify(algorithm, &key(jwk), message, cut), Err(JoseError::Signature));
        }
    }
}

#[test]
fn sp_060_a_key_verifies_the_algorithms_of_its_kind_alone() {
    let (ec, rsa) = (key(vectors::RFC7515_A3_JWK), key(vectors::RFC7515_A2_JWK));
    let ed25519 = key(vectors::RFC8037_A2_JWK);
    for algorithm in [
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::EdDSA,
        Algorithm::HS256,
    ] {
        let of_rsa = is_rsa(algorithm);
        let expected = if algorithm == Algorithm::EdDSA { JoseError::Signature } else { JoseError::Key };
        assert_eq!(verify(algorithm, &ed25519, b"m", &[1; 64]), Err(expected), "{algorithm}");
        let expected = if of_rsa { JoseError::Signature } else { JoseError::Key };
        assert_eq!(verify(algorithm, &rsa, b"m", &[1; 256]), Err(expected), "{algorithm}");
        let expected = if algorithm == Algorithm::ES256 { JoseError::Signature } else { JoseError::Key };
        assert_eq!(verify(algorithm, &ec, b"m", &[1; 64]), Err(expected), "{algorithm}");
    }
}

/// RFC 7518 §3.5.
#[test]
fn each_rsa_algorithm_verifies_its_own_signatures_alone() {
    let (private, public) = rsa_pair(2048);
    let sign = |digest, salt: Option<i32>| {
        let mut signer = DigestSigner::new(digest, &private).unwrap();
        if let Some(salt) = salt {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt)).unwrap();
        }
        signer.sign_oneshot_to_vec(b"message").unwrap()
    };
    let sha256 = MessageDigest::sha256();
    let signatures = [
        (Some(Algorithm::RS256), sign(sha256, None)),
        (Some(Algorithm::RS384), sign(MessageDigest::sha384(), None)),
        (Some(Algorithm::RS512), sign(MessageDigest::sha512(), None)),
        (Some(Algorithm::PS256), sign(sha256, Some(32))),
        // A salt of another length than the hash is not PS256 (RFC 7518 §3.5).
        (None, sign(sha256, Some(0))),
        (None, sign(sha256, Some(20))),
        (None, sign(MessageDigest::sha512(), Some(64))),
        (None, sign(MessageDigest::sha1(), None)),
    ];
    for (made_for, signature) in &signatures {
        for algorithm in [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
            let right = *made_for == Some(algorithm);
            let found = verify(algorithm, &public, b"message", signature);
            assert_eq!(found.is_ok(), right, "{made_for:?} as {algorithm}");
        }
    }
}

/// RFC 7518 §3.3, RFC 8725 §3.2.
#[test]
fn sp_064_refuses_rsa_keys_that_are_weak_or_costly() {
    let signature = vec![1; 256];
    let refused = |n: Vec<u8>, e: Vec<u8>| {
        let key = PublicKey::Rsa { n, e };
        verify(Algorithm::RS256, &key, b"m", &signature) == Err(JoseError::Key)
    };
    let n = |bits: usize| {
        let mut n = vec![0xff; bits / 8];
        n[0] = 0x80;
        n
    };
    let three = vec![3];
    assert!(!refused(n(2048), three.clone()), "2048 bits are enough");
    assert!(!refused(n(8192), three.clone()), "8192 bits are not too many");
    let mut short = n(2048);
    short[0] = 0x7f;
    assert!(refused(short, three.clone()), "2047 bits");
    assert!(refused(n(1024), three.clone()));
    assert!(refused([vec![1], n(8192)].concat(), three.clone()), "8193 bits");
    assert!(refused([vec![0; 200], n(1024)].concat(), three.clone()), "zeros do not make a key longer");
    let mut even = n(2048);
    even[255] = 0xfe;
    assert!(refused(even, three));
    for e in [vec![], vec![0], vec![1], vec![0, 0, 1], vec![2], vec![1, 0], vec![4], vec![0xff; 9]] {
        assert!(refused(n(2048), e.clone()), "{e:?}");
    }
    assert!(!refused(n(2048), vec![1, 0, 1]));
    assert!(!refused(n(2048), vec![0xff; 8]));
    assert!(refused(vec![], vec![3]));
}

#[test]
fn sp_064_refuses_zero_signatures_and_points_off_the_curve() {
    let key = key(vectors::RFC7515_A3_JWK);
    let good = p256_signer().sign(b"m").unwrap();
    let (r, s, zero) = (&good[..32], &good[32..], &[0; 32][..]);
    assert_eq!(verify(Algorithm::ES256, &key, b"m", &good), Ok(()));
    for signature in [
        [zero, zero].concat(),
        [r, zero].concat(),
        [zero, s].concat(),
        [&[0][..], &good].concat(),
        [r, &[0][..], s].concat(),
        [&good, &[0][..]].concat(),
    ] {
        assert_eq!(verify(Algorithm::ES256, &key, b"m", &signature), Err(JoseError::Signature));
    }
    for (x, y) in [([0; 32], [0; 32]), ([1; 32], [1; 32]), ([0xff; 32], [0xff; 32])] {
        let key = PublicKey::P256 { x, y };
        assert_eq!(verify(Algorithm::ES256, &key, b"m", &good), Err(JoseError::Key));
    }
}

/// What may happen to a signed message on its way.
#[derive(Debug, Clone)]
enum Mutation {
    None,
    FlipMessage(usize),
    FlipSignature(usize),
    FlipKey(usize),
    Cut(usize),
    Extend(Vec<u8>),
    InsertZero,
    Swap,
    NegateS,
    ReplaceR([u8; 32]),
    ReplaceS([u8; 32]),
    ReplaceKey([u8; 32], [u8; 32]),
}

const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn edge() -> impl Strategy<Value = [u8; 32]> {
    let order = BigNum::from_hex_str(ORDER).unwrap();
    let near = |add: i32| {
        let mut number = BigNum::from_hex_str(ORDER).unwrap();
        if add < 0 {
            number.sub_word(1).unwrap()
        } else {
            number.add_word(add as u32).unwrap()
        }
        <[u8; 32]>::try_from(number.to_vec_padded(32).unwrap()).unwrap()
    };
    let one = {
        let mut one = [0; 32];
        one[31] = 1;
        one
    };
    assert_eq!(order.num_bits(), 256);
    prop_oneof![
        Just([0; 32]),
        Just(one),
        Just([0xff; 32]),
        Just(near(-1)),
        Just(near(0)),
        Just(near(1)),
        any::<[u8; 32]>(),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::None),
        any::<usize>().prop_map(Mutation::FlipMessage),
        any::<usize>().prop_map(Mutation::FlipSignature),
        any::<usize>().prop_map(Mutation::FlipKey),
        (0_usize..64).prop_map(Mutation::Cut),
        proptest::collection::vec(any::<u8>(), 1..70).prop_map(Mutation::Extend),
        Just(Mutation::InsertZero),
        Just(Mutation::Swap),
        Just(Mutation::NegateS),
        edge().prop_map(Mutation::ReplaceR),
        edge().prop_map(Mutation::ReplaceS),
        (edge(), edge()).prop_map(|(x, y)| Mutation::ReplaceKey(x, y)),
    ]
}

fn flip(bytes: &mut [u8], bit: usize) {
    let length = bytes.len();
    if let Some(byte) = bytes.get_mut(bit / 8 % length.max(1)) {
        *byte ^= 1 << (bit % 8);
    }
}

fn apply(mutation: Mutation, key: &mut PublicKey, message: &mut [u8], signature: &mut Vec<u8>) {
    let PublicKey::P256 { x, y } = key else { return };
    match mutation {
        Mutation::None => {}
        Mutation::FlipMessage(bit) => flip(message, bit),
        Mutation::FlipSignature(bit) => flip(signature, bit),
        Mutation::FlipKey(bit) if bit % 2 == 0 => flip(x, bit / 2),
        Mutation::FlipKey(bit) => flip(y, bit / 2),
        Mutation::Cut(length) => signature.truncate(length),
        Mutation::Extend(bytes) => signature.extend(bytes),
        Mutation::InsertZero => signature.insert(32, 0),
        Mutation::Swap => signature.rotate_left(32),
        Mutation::NegateS => {
            let (order, s) =
                (BigNum::from_hex_str(ORDER).unwrap(), BigNum::from_slice(&signature[32..]).unwrap());
            let negated = &order - &s;
            signature.truncate(32);
            signature.extend(negated.to_vec_padded(32).unwrap());
        }
        Mutation::ReplaceR(r) => signature[..32].copy_from_slice(&r),
        Mutation::ReplaceS(s) => signature[32..].copy_from_slice(&s),
        Mutation::ReplaceKey(new_x, new_y) => (*x, *y) = (new_x, new_y),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn openssl_and_p256_agree_on_mutated_es256_signatures(
        mut message in proptest::collection::vec(any::<u8>(), 0..80),
        mutation in mutation(),
    ) {
        let mut key = key(vectors::RFC7515_A3_JWK);
        let mut signature = p256_signer().sign(&message).unwrap();
        let harmless = matches!(mutation, Mutation::None | Mutation::NegateS)
            || (message.is_empty() && matches!(mutation, Mutation::FlipMessage(_)));
        apply(mutation, &mut key, &mut message, &mut signature);
        let ours = verify(Algorithm::ES256, &key, &message, &signature);
        let theirs = P256Verifier.verify(Algorithm::ES256, &key, &message, &signature);
        prop_assert_eq!(ours, theirs);
        prop_assert_eq!(ours.is_ok(), harmless);
    }
}
