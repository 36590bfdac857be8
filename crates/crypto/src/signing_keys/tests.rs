use std::sync::{Arc, LazyLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_jose::{
    Algorithm, Compact, JoseError, KeyRing, PublicKey, Verifier, VerifyingKeys, decode_base64url,
    encode_base64url, sign_compact,
};
use countersign_oauth::{KeyId, Sealer, Seconds};
use countersign_storage::{KeyState, SigningKey};
use countersign_testkit::{NOW, SeededRandom, TestSealer};
use openssl::asn1::Asn1Time;
use openssl::x509::X509;

use super::SigningKeys;
use crate::{OpenSslVerifier, OsRandom, generate_signing_key};

const ALL: [Algorithm; 4] = [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256];

fn generate(algorithm: Algorithm) -> SigningKey {
    generate_signing_key(algorithm, KeyState::Current, &TestSealer::default(), &OsRandom, NOW).unwrap()
}

static RSA: LazyLock<SigningKey> = LazyLock::new(|| generate(Algorithm::RS256));
static OTHER_RSA: LazyLock<SigningKey> = LazyLock::new(|| generate(Algorithm::RS256));
static EC: LazyLock<SigningKey> = LazyLock::new(|| generate(Algorithm::ES256));

fn ring(keys: Vec<SigningKey>) -> SigningKeys {
    SigningKeys::new(keys, Arc::new(TestSealer::default())).unwrap()
}

fn in_state(key: &SigningKey, state: KeyState) -> SigningKey {
    SigningKey { state, ..key.clone() }
}

#[test]
fn what_the_ring_signs_it_verifies_and_so_does_who_reads_the_jwk_set() {
    let ring = ring(vec![RSA.clone(), EC.clone()]);
    let set = ring.jwk_set(&ALL);
    for algorithm in ALL {
        let signer = ring.signer(algorithm).unwrap();
        assert_eq!(signer.algorithm(), algorithm);
        let token = sign_compact(&*signer, "at+jwt", &serde_json::json!({ "a": 1 })).unwrap();
        let jws = Compact::parse(&token).unwrap();
        let (kid, message) = (jws.header.kid.unwrap(), jws.signing_input.as_bytes());
        assert_eq!(ring.verify(&kid, algorithm, message, &jws.signature), Ok(()));
        assert_eq!(ring.verify(&kid, algorithm, b"x", &jws.signature), Err(JoseError::Signature));

        let jwk = set.keys.iter().find(|jwk| jwk.kid == kid).unwrap();
        let key = PublicKey::from_jwk(&serde_json::to_value(jwk).unwrap()).unwrap();
        let verifier = OpenSslVerifier::new().unwrap();
        assert_eq!(verifier.verify(algorithm, &key, message, &jws.signature), Ok(()), "{algorithm}");
    }
}

#[test]
fn sp_060_a_key_is_good_for_its_own_algorithms_alone() {
    let ring = ring(vec![RSA.clone(), EC.clone()]);
    let check = |key: &SigningKey, algorithm, length| {
        ring.verify(key.kid.as_str(), algorithm, b"m", &vec![1; length])
    };
    for algorithm in [Algorithm::HS256, Algorithm::ES256] {
        assert_eq!(check(&RSA, algorithm, 256), Err(JoseError::Key));
    }
    for algorithm in [Algorithm::HS256, Algorithm::RS256, Algorithm::RS512, Algorithm::PS256] {
        assert_eq!(check(&EC, algorithm, 64), Err(JoseError::Key));
    }
    // The classic: HMAC under what is published.
    let pem = X509::from_der(&RSA.certificate).unwrap().public_key().unwrap().public_key_to_pem().unwrap();
    let forged = ring.symmetric_signer(&pem).sign(b"m").unwrap();
    for algorithm in [Algorithm::HS256, Algorithm::RS256] {
        assert!(ring.verify(RSA.kid.as_str(), algorithm, b"m", &forged).is_err());
    }
}

#[test]
fn sp_062_a_kid_is_looked_up_whole_and_nothing_else() {
    let ring = ring(vec![RSA.clone()]);
    let signature = ring.signer(Algorithm::RS256).unwrap().sign(b"m").unwrap();
    let kid = RSA.kid.as_str();
    assert_eq!(ring.verify(kid, Algorithm::RS256, b"m", &signature), Ok(()));
    let long = "a".repeat(1 << 20);
    for other in ["", "../key", "' OR 1=1 --", &kid[1..], &format!("{kid} "), &kid.to_lowercase(), &long] {
        assert_eq!(ring.verify(other, Algorithm::RS256, b"m", &signature), Err(JoseError::Key));
    }
}

#[test]
fn current_signs_next_and_previous_are_published_and_accepted_and_revoked_is_neither() {
    let message = b"m";
    for (state, signs, accepted) in [
        (KeyState::Current, true, true),
        (KeyState::Next, false, true),
        (KeyState::Previous, false, true),
        (KeyState::Revoked, false, false),
    ] {
        for key in [&*RSA, &*EC] {
            let kid = key.kid.as_str();
            let signature = ring(vec![key.clone()]).signer(key.algorithm).unwrap().sign(message).unwrap();
            let ring = ring(vec![in_state(key, state)]);
            assert_eq!(ring.signer(key.algorithm).is_some(), signs, "{state:?}");
            assert_eq!(ring.verify(kid, key.algorithm, message, &signature).is_ok(), accepted, "{state:?}");
            assert_eq!(ring.jwk_set(&ALL).keys.iter().any(|jwk| jwk.kid == kid), accepted, "{state:?}");
        }
    }
}

#[test]
fn an_rsa_key_is_published_once_as_rs256_and_only_with_its_algorithms() {
    let unpublished = |key: &SigningKey| SigningKey { published_at: None, ..key.clone() };
    let was_published = ring(vec![RSA.clone(), unpublished(&EC)]);
    assert_eq!(was_published.jwk_set(&[]).keys[0].kid, RSA.kid.as_str(), "it stays");
    let ring = ring(vec![unpublished(&RSA), unpublished(&EC)]);
    for published in [&[Algorithm::RS256][..], &[Algorithm::PS256], &[Algorithm::RS512, Algorithm::PS256]] {
        let set = ring.jwk_set(published);
        let [jwk] = &set.keys[..] else { panic!("{set:?}") };
        assert_eq!((jwk.kid.as_str(), jwk.alg), (RSA.kid.as_str(), Some(Algorithm::RS256)));
    }
    assert_eq!(ring.jwk_set(&[Algorithm::ES256]).keys[0].kid, EC.kid.as_str());
    assert_eq!(ring.jwk_set(&ALL).keys.len(), 2);
    assert!(ring.jwk_set(&[]).keys.is_empty() && ring.jwk_set(&[Algorithm::HS256]).keys.is_empty());
}

#[test]
fn sp_070_a_jwk_has_public_members_alone_and_its_certificate() {
    let set = ring(vec![RSA.clone(), EC.clone()]).jwk_set(&ALL);
    for (jwk, key) in set.keys.iter().zip([&*RSA, &*EC]) {
        let json = serde_json::to_value(jwk).unwrap();
        let mut names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        let expected: &[&str] = if key.algorithm == Algorithm::RS256 {
            &["alg", "e", "kid", "kty", "n", "use", "x5c", "x5t"]
        } else {
            &["alg", "crv", "kid", "kty", "use", "x", "x5c", "x5t", "y"]
        };
        assert_eq!(names, expected);
        assert_eq!(json["use"], "sig");
        let der = STANDARD.decode(jwk.x5c.as_ref().unwrap()[0].as_bytes()).unwrap();
        assert_eq!(der, key.certificate);
        assert_eq!(jwk.x5t, Some(encode_base64url(openssl::sha::sha1(&der))));
    }
    let rsa = &set.keys[0];
    assert_eq!(rsa.e.as_deref(), Some("AQAB"));
    assert_eq!(decode_base64url(rsa.n.as_ref().unwrap()).unwrap().len(), 256);
}

#[test]
fn sp_070_a_generated_key_is_sealed_and_certified_for_ten_years() {
    for key in [&*RSA, &*EC] {
        let certificate = X509::from_der(&key.certificate).unwrap();
        let public = certificate.public_key().unwrap();
        assert!(certificate.verify(&public).unwrap());
        assert_eq!(public.bits(), if key.algorithm == Algorithm::RS256 { 2048 } else { 256 });
        let at = |moment: countersign_oauth::Timestamp| Asn1Time::from_unix(moment.seconds()).unwrap();
        assert!(certificate.not_before() == at(NOW));
        assert!(certificate.not_after() == at(NOW.plus(Seconds(3650 * 86_400))));
        let subject = certificate.subject_name();
        let name = subject.entries().next().unwrap().data().as_slice();
        assert_eq!(name, b"countersign");

        let sealer = TestSealer::default();
        assert!(sealer.open("client_secret", &key.private_key).is_err());
        let pkcs8 = sealer.open("signing_key", &key.private_key).unwrap();
        assert!(!key.private_key.ciphertext.windows(16).any(|part| pkcs8.windows(16).any(|p| p == part)));
    }
    assert_eq!(RSA.kid.as_str().len(), 21);
    assert_ne!(RSA.kid, EC.kid);
}

#[test]
fn keys_are_generated_for_rs256_and_es256_alone() {
    for algorithm in [Algorithm::RS512, Algorithm::PS256, Algorithm::HS256] {
        let random = SeededRandom::default();
        assert!(
            generate_signing_key(algorithm, KeyState::Next, &TestSealer::default(), &random, NOW).is_err()
        );
    }
}

#[test]
fn the_newest_of_several_current_keys_signs() {
    let newer = SigningKey { created_at: NOW.plus(Seconds(1)), ..OTHER_RSA.clone() };
    for keys in [vec![RSA.clone(), newer.clone()], vec![newer.clone(), RSA.clone()]] {
        let signer = ring(keys).signer(Algorithm::RS256).unwrap();
        assert_eq!(signer.kid(), Some(newer.kid.as_str()));
    }
}

#[test]
fn replacing_takes_effect_for_all_and_a_bad_set_changes_nothing() {
    let ring = Arc::new(ring(vec![RSA.clone()]));
    let held_before = ring.signer(Algorithm::RS256).unwrap();
    ring.replace(vec![in_state(&RSA, KeyState::Previous), OTHER_RSA.clone()]).unwrap();
    let other = Arc::clone(&ring);
    std::thread::spawn(move || {
        assert_eq!(other.signer(Algorithm::RS256).unwrap().kid(), Some(OTHER_RSA.kid.as_str()));
    })
    .join()
    .unwrap();
    let signature = held_before.sign(b"m").unwrap();
    assert_eq!(ring.verify(RSA.kid.as_str(), Algorithm::RS256, b"m", &signature), Ok(()));

    let mut broken = EC.clone();
    broken.certificate.clear();
    assert!(ring.replace(vec![broken]).is_err());
    assert_eq!(ring.signer(Algorithm::RS256).unwrap().kid(), Some(OTHER_RSA.kid.as_str()));
}

#[test]
fn a_key_that_is_not_right_is_a_fault_that_names_it() {
    let sealer = TestSealer::default();
    let reseal = |pkcs8: &[u8]| sealer.seal("signing_key", pkcs8);
    let weak = openssl::rsa::Rsa::generate(1024).and_then(openssl::pkey::PKey::from_rsa).unwrap();
    let mut changed = RSA.private_key.clone();
    changed.ciphertext[40] ^= 1;
    let wrong = [
        SigningKey { private_key: changed, ..RSA.clone() },
        SigningKey { private_key: reseal(b"no key"), ..RSA.clone() },
        SigningKey { private_key: sealer.seal("client_secret", b"x"), ..RSA.clone() },
        SigningKey { private_key: OTHER_RSA.private_key.clone(), ..RSA.clone() },
        SigningKey { private_key: reseal(&weak.private_key_to_pkcs8().unwrap()), ..RSA.clone() },
        SigningKey { certificate: b"none".to_vec(), ..RSA.clone() },
        SigningKey { algorithm: Algorithm::ES256, ..RSA.clone() },
        SigningKey { algorithm: Algorithm::RS256, ..EC.clone() },
        SigningKey { algorithm: Algorithm::PS256, ..RSA.clone() },
        SigningKey { algorithm: Algorithm::HS256, ..RSA.clone() },
    ];
    for key in wrong {
        let error = SigningKeys::new(vec![key.clone()], Arc::new(TestSealer::default())).unwrap_err();
        assert!(error.to_string().contains(key.kid.as_str()), "{error}");
    }
    let twice = SigningKeys::new(
        vec![RSA.clone(), SigningKey { kid: RSA.kid.clone(), ..EC.clone() }],
        Arc::new(TestSealer::default()),
    );
    assert!(twice.unwrap_err().to_string().contains("twice"));
    let foreign = SigningKeys::new(vec![RSA.clone()], Arc::new(TestSealer::new("another")));
    assert!(foreign.is_err());
}

#[test]
fn sp_064_a_weak_key_with_its_own_certificate_is_refused_too() {
    let weak = openssl::rsa::Rsa::generate(1024).and_then(openssl::pkey::PKey::from_rsa).unwrap();
    let mut builder = crate::x509::builder(&weak, NOW, NOW.plus(Seconds(60)), &OsRandom).unwrap();
    builder.sign(&weak, openssl::hash::MessageDigest::sha256()).unwrap();
    let key = SigningKey {
        kid: KeyId::new("weak"),
        private_key: TestSealer::default().seal("signing_key", &weak.private_key_to_pkcs8().unwrap()),
        certificate: builder.build().to_der().unwrap(),
        ..RSA.clone()
    };
    let error = SigningKeys::new(vec![key], Arc::new(TestSealer::default())).unwrap_err();
    assert!(error.to_string().contains("2048"), "{error}");
}
