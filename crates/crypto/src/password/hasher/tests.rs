use std::sync::Arc;

use countersign_oauth::{FaultKind, Secret};
use countersign_storage::PasswordHash;
use countersign_testkit::{PASSWORD, SeededRandom, block_on, user};
use countersign_users::{MAX_PASSWORD_BYTES, PasswordHasher, Verification};

use super::{Argon2Cost, Argon2Hasher};

const CHEAP: Argon2Cost = Argon2Cost { memory_kib: 16, iterations: 1, parallelism: 1 };

fn hasher(cost: Argon2Cost) -> Argon2Hasher {
    Argon2Hasher::start(cost, 2, 8, Arc::new(SeededRandom::default())).unwrap()
}

fn verify(hasher: &Argon2Hasher, password: &str, hash: Option<&PasswordHash>) -> Verification {
    block_on(hasher.verify(&Secret::from(password), hash)).unwrap()
}

const RIGHT: Verification = Verification::Right { rehash: None };

/// RFC 9106 §4.
#[test]
fn a_password_verifies_against_its_own_hash_alone() {
    let hasher = hasher(CHEAP);
    let hash = block_on(hasher.hash(&Secret::from("pässword"))).unwrap();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=16,t=1,p=1$"), "{}", hash.as_str());
    assert_eq!(verify(&hasher, "pässword", Some(&hash)), RIGHT);
    for other in ["password", "pässword ", "Pässword", ""] {
        assert_eq!(verify(&hasher, other, Some(&hash)), Verification::Wrong, "{other:?}");
    }
}

#[test]
fn hashing_twice_gives_two_salts() {
    let hasher = hasher(CHEAP);
    let hash = || block_on(hasher.hash(&Secret::from("same"))).unwrap();
    assert_ne!(hash(), hash());
}

#[test]
fn without_a_hash_nothing_is_right() {
    let hasher = hasher(CHEAP);
    for password in ["", "password"] {
        assert_eq!(verify(&hasher, password, None), Verification::Wrong);
    }
}

#[test]
fn a_hash_made_elsewhere_verifies_and_is_made_anew() {
    // The builder's hash was made by another implementation (OpenSSL through Python).
    let hasher = hasher(CHEAP);
    let stored = user().password.unwrap();
    assert_eq!(verify(&hasher, "another", Some(&stored)), Verification::Wrong);
    let Verification::Right { rehash: Some(rehash) } = verify(&hasher, PASSWORD, Some(&stored)) else {
        panic!("a hash of another cost is to be made anew");
    };
    assert!(rehash.as_str().contains("m=16,t=1,p=1"));
    assert_eq!(verify(&hasher, PASSWORD, Some(&rehash)), RIGHT);
}

#[test]
fn sp_119_a_hash_of_another_cost_is_upgraded_at_the_next_login() {
    let old = hasher(CHEAP);
    let hash = block_on(old.hash(&Secret::from("password"))).unwrap();
    let today = hasher(Argon2Cost { memory_kib: 32, iterations: 2, parallelism: 2 });
    let Verification::Right { rehash: Some(rehash) } = verify(&today, "password", Some(&hash)) else {
        panic!("a hash of another cost is to be made anew");
    };
    assert!(rehash.as_str().contains("m=32,t=2,p=2"));
    assert_eq!(verify(&today, "password", Some(&rehash)), RIGHT);
    assert_eq!(Argon2Cost::default(), Argon2Cost { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 });
    assert!(Argon2Cost::default().reaches_floor() && !CHEAP.reaches_floor());
}

#[test]
fn sp_111_a_password_over_the_limit_is_never_hashed() {
    let hasher = hasher(CHEAP);
    let longest = "a".repeat(MAX_PASSWORD_BYTES);
    let hash = block_on(hasher.hash(&Secret::from(longest.as_str()))).unwrap();
    assert_eq!(verify(&hasher, &longest, Some(&hash)), RIGHT);
    let longer = format!("{longest}a");
    let salt = [1; super::SALT_BYTES];
    let made_elsewhere = block_on(hasher.pool.run({
        let longer = Secret::from(longer.as_str());
        move |memory| super::make(&longer, salt, CHEAP, memory).unwrap()
    }));
    let found = verify(&hasher, &longer, Some(&made_elsewhere.unwrap()));
    assert_eq!(found, Verification::Wrong, "even where it would be right");
    assert_eq!(verify(&hasher, &longer, Some(&hash)), Verification::Wrong);
    assert_eq!(verify(&hasher, &longer, None), Verification::Wrong);
    let fault = block_on(hasher.hash(&Secret::from(longer.as_str()))).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
}

#[test]
fn sp_118_a_stored_hash_that_is_malformed_or_too_costly_is_wrong_and_not_run() {
    let hasher = hasher(CHEAP);
    let good = block_on(hasher.hash(&Secret::from("password"))).unwrap();
    for stored in [
        String::new(),
        "password".to_owned(),
        good.as_str().replace("m=16", "m=4194304"),
        good.as_str().replace("t=1", "t=4294967295"),
        "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy".to_owned(),
    ] {
        let found = verify(&hasher, "password", Some(&PasswordHash::new(stored.clone())));
        assert_eq!(found, Verification::Wrong, "{stored}");
    }
}

/// RFC 9106 §3.1.
#[test]
fn an_impossible_cost_is_refused_at_the_start() {
    for cost in [
        Argon2Cost { memory_kib: 7, ..CHEAP },
        Argon2Cost { memory_kib: 31, parallelism: 4, ..CHEAP },
        Argon2Cost { memory_kib: 65_537, ..CHEAP },
        Argon2Cost { iterations: 0, ..CHEAP },
        Argon2Cost { iterations: 11, ..CHEAP },
        Argon2Cost { parallelism: 0, ..CHEAP },
        Argon2Cost { memory_kib: 64, parallelism: 5, ..CHEAP },
    ] {
        let started = Argon2Hasher::start(cost, 1, 1, Arc::new(SeededRandom::default()));
        assert!(started.is_err(), "{cost:?}");
    }
}

#[test]
fn many_callers_share_few_threads() {
    let hasher = Arc::new(Argon2Hasher::start(CHEAP, 2, 64, Arc::new(SeededRandom::default())).unwrap());
    let hash = block_on(hasher.hash(&Secret::from("password"))).unwrap();
    std::thread::scope(|scope| {
        for number in 0..32 {
            let (hasher, hash) = (&hasher, &hash);
            scope.spawn(move || {
                let right = number % 2 == 0;
                let password = if right { "password" } else { "wrong" };
                assert_eq!(verify(hasher, password, Some(hash)) == RIGHT, right);
            });
        }
    });
    assert_eq!(hasher.waiting(), 0);
}

#[test]
fn sp_119_a_bcrypt_hash_verifies_and_becomes_argon2id() {
    let hasher = hasher(CHEAP);
    let stored = PasswordHash::new("$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG");
    assert_eq!(verify(&hasher, "another", Some(&stored)), Verification::Wrong);
    let right = verify(&hasher, "correct horse battery staple", Some(&stored));
    let Verification::Right { rehash: Some(rehash) } = right else { panic!("{right:?}") };
    assert!(rehash.as_str().starts_with("$argon2id$v=19$m=16,t=1,p=1$"));
    assert_eq!(verify(&hasher, "correct horse battery staple", Some(&rehash)), RIGHT);
}

#[test]
fn a_bcrypt_hash_of_a_long_password_stays_since_its_end_is_not_known() {
    let hasher = hasher(CHEAP);
    let stored = PasswordHash::new("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui");
    let known = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    assert_eq!(verify(&hasher, &format!("{known}chars after 72 are ignored"), Some(&stored)), RIGHT);
    assert!(matches!(verify(&hasher, known, Some(&stored)), Verification::Right { rehash: Some(_) }));
}
