//! The public face of the test kit: what stands in for the world behaves like it.

use std::sync::Arc;
use std::task::Poll;

use countersign_jose::{
    Algorithm, Compact, JoseError, KeyRing, PublicKey, Verifier, VerifyingKeys, sign_compact,
};
use countersign_oauth::{Clock, MessageAuthenticator, SealError, Sealer, Seconds, SecureRandom};
use countersign_testkit::*;

#[test]
fn a_fixed_clock_moves_only_when_told() {
    let clock = FixedClock::default();
    assert_eq!(clock.now().to_iso8601(), "2026-01-02T03:04:05.678Z");
    clock.advance(Seconds(90));
    assert_eq!(clock.now(), NOW.plus(Seconds(90)));
    clock.set(NOW);
    assert_eq!(clock.now(), NOW);
}

#[test]
fn seeded_random_repeats_itself_and_depends_on_its_seed() {
    let draw = |seed| {
        let random = SeededRandom::new(seed);
        let mut bytes = [[0_u8; 40]; 2];
        bytes.iter_mut().for_each(|part| random.fill(part));
        bytes
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    assert_ne!(draw(1)[0], draw(1)[1]);
}

#[test]
fn block_on_waits_for_a_wake_from_another_thread() {
    let (sender, receiver) = std::sync::mpsc::channel::<std::task::Waker>();
    let woken = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = Arc::clone(&woken);
    let thread = std::thread::spawn(move || {
        let waker = receiver.recv().unwrap();
        flag.store(true, std::sync::atomic::Ordering::SeqCst);
        waker.wake();
    });
    block_on(std::future::poll_fn(|context| {
        if woken.load(std::sync::atomic::Ordering::SeqCst) {
            return Poll::Ready(());
        }
        let _ = sender.send(context.waker().clone());
        Poll::Pending
    }));
    thread.join().unwrap();
}

#[test]
fn the_test_sealer_opens_only_what_it_sealed_for_the_same_purpose() {
    let sealer = TestSealer::default();
    let text = [7_u8; 100];
    let sealed = sealer.seal("a", &text);
    assert_eq!(sealer.open("a", &sealed).unwrap(), text);
    assert_eq!(sealer.open("b", &sealed), Err(SealError::Forged));
    assert_eq!(TestSealer::new("other").open("a", &sealed), Err(SealError::UnknownKey));
    for i in 0..sealed.ciphertext.len() {
        let mut changed = sealed.clone();
        changed.ciphertext[i] ^= 1;
        assert_eq!(sealer.open("a", &changed), Err(SealError::Forged));
    }
    let mut cut = sealed.clone();
    cut.ciphertext.truncate(31);
    assert_eq!(sealer.open("a", &cut), Err(SealError::Forged));
    assert_ne!(sealer.mac("a", b"m"), sealer.mac("b", b"m"));
    assert_ne!(sealer.mac("a", b"m"), TestSealer::new("other").mac("a", b"m"));
}

#[test]
fn the_test_key_ring_verifies_its_own_signatures_alone() {
    let ring = TestKeyRing::new();
    for algorithm in [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256] {
        let signer = ring.signer(algorithm).unwrap();
        let token = sign_compact(signer.as_ref(), "JWT", &serde_json::json!({})).unwrap();
        let jws = Compact::parse(&token).unwrap();
        let kid = jws.header.kid.unwrap();
        let message = jws.signing_input.as_bytes();
        assert_eq!(ring.verify(&kid, algorithm, message, &jws.signature), Ok(()));
        assert_eq!(ring.verify(&kid, algorithm, b"x", &jws.signature), Err(JoseError::Signature));
        assert_eq!(ring.verify("nobody", algorithm, message, &jws.signature), Err(JoseError::Key));
    }
    assert!(TestKeyRing::of(&[Algorithm::RS256]).signer(Algorithm::ES256).is_none());
    assert_eq!(ring.jwk_set(&[Algorithm::RS256, Algorithm::PS256]).keys.len(), 1);
    assert_eq!(ring.jwk_set(&[Algorithm::PS256, Algorithm::ES256]).keys.len(), 2);
}

#[test]
fn the_fake_verifier_takes_the_builders_proofs_and_no_others() {
    let built = proof("POST", "https://login.example.com/oauth/token");
    let text = built.build();
    let jws = Compact::parse(&text).unwrap();
    let key = PublicKey::from_jwk(jws.header.jwk.as_ref().unwrap()).unwrap();
    assert_eq!(built.thumbprint(), Some(key.thumbprint()));
    let verify = |algorithm, message: &[u8]| FakeVerifier.verify(algorithm, &key, message, &jws.signature);
    assert_eq!(verify(Algorithm::ES256, jws.signing_input.as_bytes()), Ok(()));
    assert_eq!(verify(Algorithm::ES256, b"x"), Err(JoseError::Signature));
    assert_eq!(verify(Algorithm::RS256, jws.signing_input.as_bytes()), Err(JoseError::Key));
}

#[test]
fn the_records_belong_together() {
    assert_eq!(authorization().client_id, client().id);
    assert_eq!(authorization().session_id, Some(session().id));
    assert_eq!(code().authorization_id, Some(authorization().id));
    assert_eq!(refresh_token().family_id, refresh_family().id);
    assert_eq!(refresh_family().authorization_id, authorization().id);
    assert!(connection().is_enabled_for(&client().id));
    assert!(session().is_alive(NOW));
    assert!(public_client().settings.is_public() && !client().settings.is_public());
    let secret = TestSealer::default().open("client_secret", &client().secret.unwrap()).unwrap();
    assert_eq!(secret, CLIENT_SECRET.as_bytes());
}

#[test]
fn the_vectors_are_the_rfcs() {
    for (jwk, thumbprint) in [
        (vectors::RFC7638_JWK, vectors::RFC7638_THUMBPRINT),
        (vectors::RFC9449_JWK, vectors::RFC9449_THUMBPRINT),
    ] {
        let key = PublicKey::from_jwk(&serde_json::from_str(jwk).unwrap()).unwrap();
        assert_eq!(key.thumbprint().as_str(), thumbprint);
    }
}
