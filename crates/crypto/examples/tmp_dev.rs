//! tmp
use countersign_crypto::*;
use countersign_jose::{Algorithm, KeyRing, sign_compact};
use countersign_oauth::{Clock, Seconds};
use countersign_storage::KeyState;
use std::sync::Arc;
fn main() {
    let now = SystemClock.now();
    let a = DevAuthority::generate(&OsRandom, now).unwrap();
    let s = a.issue_server_certificate(&OsRandom, now).unwrap();
    std::fs::write("/tmp/dev-ca.pem", a.certificate_pem().unwrap()).unwrap();
    std::fs::write("/tmp/dev-cert.pem", &s.certificate).unwrap();
    std::fs::write("/tmp/dev-key.pem", s.private_key.expose()).unwrap();
    println!("{}", certificate_expires_within(&s.certificate, Seconds(30 * 86400), now).unwrap());
    let dk = Arc::new(DataKeys::generate(&OsRandom));
    let keys = [Algorithm::RS256, Algorithm::ES256]
        .map(|al| generate_signing_key(al, KeyState::Current, &*dk, &OsRandom, now).unwrap());
    let ring = SigningKeys::new(keys.to_vec(), dk).unwrap();
    let all = [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256];
    std::fs::write("/tmp/dev-jwks.json", serde_json::to_string_pretty(&ring.jwk_set(&all)).unwrap()).unwrap();
    let tokens: Vec<String> = all
        .iter()
        .map(|al| {
            sign_compact(&*ring.signer(*al).unwrap(), "at+jwt", &serde_json::json!({"iss":"x"})).unwrap()
        })
        .collect();
    std::fs::write("/tmp/dev-tokens.txt", tokens.join("\n")).unwrap();
    for al in all {
        let s = ring.signer(al).unwrap();
        let t = std::time::Instant::now();
        for _ in 0..500 {
            s.sign(b"hello").unwrap();
        }
        println!("{al} sign {:?}", t.elapsed() / 500);
        let sig = s.sign(b"hello").unwrap();
        let t = std::time::Instant::now();
        for _ in 0..500 {
            ring.verify(s.kid().unwrap(), al, b"hello", &sig).unwrap();
        }
        println!("{al} verify {:?}", t.elapsed() / 500);
    }
    let v = OpenSslVerifier::new().unwrap();
    let s = ring.signer(Algorithm::ES256).unwrap();
    let sig = s.sign(b"hello").unwrap();
    let set = ring.jwk_set(&[Algorithm::ES256]);
    let key = countersign_jose::PublicKey::from_jwk(&serde_json::to_value(&set.keys[0]).unwrap()).unwrap();
    use countersign_jose::Verifier;
    let t = std::time::Instant::now();
    for _ in 0..500 {
        v.verify(Algorithm::ES256, &key, b"hello", &sig).unwrap();
    }
    println!("fresh ES256 verify {:?}", t.elapsed() / 500);
    use countersign_oauth::Sealer;
    let dk = DataKeys::generate(&OsRandom);
    let t = std::time::Instant::now();
    for _ in 0..5000 {
        dk.mac("p", b"hello");
    }
    println!("mac {:?}", t.elapsed() / 5000);
    let t = std::time::Instant::now();
    for _ in 0..5000 {
        dk.seal("p", &[0; 500]);
    }
    println!("seal {:?}", t.elapsed() / 5000);
    let h = Argon2Hasher::start(Argon2Cost::default(), 1, 4, Arc::new(OsRandom)).unwrap();
    use countersign_users::PasswordHasher;
    let p = countersign_oauth::Secret::from("hello");
    let t = std::time::Instant::now();
    for _ in 0..10 {
        countersign_testkit::block_on(h.hash(&p)).unwrap();
    }
    println!("argon2 {:?}", t.elapsed() / 10);
}
