use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use countersign_crypto::{OpenSslVerifier, OsRandom};
use countersign_jose::{Algorithm, Compact, PublicKey, Verifier as _};
use countersign_oauth::{KeyId, Seconds, Timestamp};
use countersign_server::{KeyChange, KeyChangeError};
use countersign_storage::{KeyState, SigningKey};
use countersign_testkit::{AUDIENCE, block_on};
use serde_json::Value;

use crate::support::{Harness, Published, on_every_backend};

fn change(server: &Harness) -> KeyChange {
    KeyChange {
        storage: server.storage.clone(),
        sealer: server.sealer.clone(),
        random: Arc::new(OsRandom),
        now: server.now(),
    }
}

fn stored(server: &Harness) -> Vec<SigningKey> {
    block_on(server.storage.signing_keys()).unwrap()
}

fn kid_of(server: &Harness, state: KeyState) -> KeyId {
    let keys = stored(server);
    let found = keys.iter().find(|key| key.state == state && key.algorithm == Algorithm::RS256);
    found.unwrap_or_else(|| panic!("no {state:?} key")).kid.clone()
}

fn published(server: &Harness) -> Vec<String> {
    Published::fetch(server).0.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Waits until every process has seen a change that another made: each asks every few seconds. Requests go to
/// them in turn, those of other threads among them, so it must be so several times.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        if (0..8).all(|_| is_so()) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("within ten seconds it did not come true: {what}");
}

/// Rotates as an administrator who waits as long as he is told to, and waits for the server.
fn rotate(server: &Harness) {
    server.clock.advance(Seconds(90));
    block_on(change(server).rotate(false)).unwrap();
    let next = kid_of(server, KeyState::Next).to_string();
    wait_until("the new next key is published", || published(server).contains(&next));
}

#[test]
fn core_247_current_next_and_previous_keys_are_published_with_their_certificates() {
    on_every_backend(|server| {
        let before = server.web_tokens("openid", AUDIENCE).text("access_token");
        let old = kid_of(server, KeyState::Current);
        rotate(server);
        let keys = Published::fetch(server);
        let mut kids = published(server);
        let states = [KeyState::Current, KeyState::Next, KeyState::Previous];
        let mut expected = states.map(|state| kid_of(server, state).to_string()).to_vec();
        kids.sort();
        expected.sort();
        assert_eq!(kids, expected);
        for key in &keys.0 {
            assert_eq!((&key["use"], &key["kty"]), (&"sig".into(), &"RSA".into()));
            assert!(key["x5t"].is_string() && key["x5c"][0].is_string(), "{key}");
        }
        assert_eq!(kid_of(server, KeyState::Previous), old);
        let after = server.web_tokens("openid", AUDIENCE).text("access_token");
        for (token, state) in [(&before, KeyState::Previous), (&after, KeyState::Current)] {
            keys.verify(token, Algorithm::RS256, "JWT").unwrap();
            let kid = Compact::parse(token).unwrap().header.kid.unwrap();
            assert_eq!(kid, kid_of(server, state).as_str());
            server.userinfo(token).expect(200);
        }
    });
}

#[test]
fn rp_23_a_key_that_caches_may_not_have_yet_does_not_sign() {
    on_every_backend(|server| {
        rotate(server);
        let before = stored(server);
        server.clock.advance(Seconds(60));
        match block_on(change(server).rotate(false)) {
            Err(KeyChangeError::NotPublishedLongEnough { wait, .. }) => assert_eq!(wait, Seconds(30)),
            other => panic!("{other:?}"),
        }
        assert_eq!(stored(server), before);
        block_on(change(server).rotate(true)).unwrap();
    });
}

#[test]
fn rp_24_a_revoked_key_is_neither_published_nor_accepted_and_signs_no_more() {
    on_every_backend(|server| {
        let token = server.web_tokens("openid", AUDIENCE).text("access_token");
        let kid = kid_of(server, KeyState::Current);
        let before = stored(server);
        let refused = block_on(change(server).revoke(&kid, false));
        assert!(matches!(refused, Err(KeyChangeError::InUse { until: None })), "{refused:?}");
        assert_eq!(stored(server), before);
        server.userinfo(&token).expect(200);
        block_on(change(server).revoke(&kid, true)).unwrap();
        wait_until("the key is gone", || !published(server).contains(&kid.to_string()));
        let answer = server.userinfo(&token).expect(401);
        assert!(answer.header("www-authenticate").unwrap().contains("invalid_token"), "{answer:?}");
        let after = server.web_tokens("openid", AUDIENCE).text("access_token");
        assert_ne!(Compact::parse(&after).unwrap().header.kid.as_deref(), Some(kid.as_str()));
        server.userinfo(&after).expect(200);
        let again = block_on(change(server).revoke(&kid, true));
        assert!(matches!(again, Err(KeyChangeError::Unknown)), "{again:?}");
    });
}

#[test]
fn a_previous_key_may_be_revoked_when_no_token_of_it_is_left() {
    on_every_backend(|server| {
        rotate(server);
        let kid = kid_of(server, KeyState::Previous);
        let refused = block_on(change(server).revoke(&kid, false));
        assert!(matches!(refused, Err(KeyChangeError::InUse { until: Some(_) })), "{refused:?}");
        server.clock.advance(Seconds(2_592_000 + 60));
        block_on(change(server).revoke(&kid, false)).unwrap();
        assert!(stored(server).iter().all(|key| key.kid != kid));
    });
}

#[test]
fn of_eight_rotations_at_once_one_takes_place() {
    on_every_backend(|server| {
        server.clock.advance(Seconds(90));
        let won = thread::scope(|scope| {
            let running: Vec<_> =
                (0..8).map(|_| scope.spawn(|| block_on(change(server).rotate(false)).is_ok())).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).filter(|won| *won).count()
        });
        assert_eq!(won, 1);
        let of = |state| stored(server).iter().filter(|key| key.state == state).count();
        assert_eq!((of(KeyState::Previous), of(KeyState::Current), of(KeyState::Next)), (1, 2, 2));
    });
}

#[test]
fn sp_070_a_key_that_was_used_stays_published_when_nothing_uses_its_algorithm_any_more() {
    on_every_backend(|server| {
        server.change_api(|api| api.settings.signing_alg = Algorithm::ES256);
        let token = server.machine_token(AUDIENCE).text("access_token");
        wait_until("the keys are marked", || stored(server).iter().all(|key| key.published_at.is_some()));
        server.change_api(|api| api.settings.signing_alg = Algorithm::RS256);
        let version = || block_on(server.storage.configuration_version()).unwrap();
        let seen = version();
        thread::sleep(Duration::from_secs(4));
        assert_eq!(version(), seen, "nothing is marked twice");
        Published::fetch(server).verify(&token, Algorithm::ES256, "JWT").unwrap();
    });
}

/// Keys as an API caches them: for the `max-age` that came with them, and no longer, and never fetched again for
/// an unknown `kid`.
struct Cache {
    keys: Vec<Value>,
    fetched_at: Timestamp,
    max_age: i64,
}

impl Cache {
    fn fetch(server: &Harness) -> Self {
        let fetched_at = server.now();
        let answer = server.get("/.well-known/jwks.json").expect(200);
        let control = answer.header("cache-control").unwrap();
        let max_age = control.split("max-age=").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
        Self { keys: answer.json()["keys"].as_array().unwrap().clone(), fetched_at, max_age }
    }

    fn verifies(&mut self, server: &Harness, token: &str) -> bool {
        if server.now() > self.fetched_at.plus(Seconds(self.max_age)) {
            *self = Self::fetch(server);
        }
        verifies(&self.keys, token)
    }
}

/// Ends the load, also where the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn verifies(keys: &[Value], token: &str) -> bool {
    let compact = Compact::parse(token).unwrap();
    let kid = compact.header.kid.as_deref().unwrap();
    let Some(key) = keys.iter().find(|key| key["kid"] == kid) else { return false };
    let key = PublicKey::from_jwk(key).unwrap();
    let input = compact.signing_input.as_bytes();
    OpenSslVerifier::new().unwrap().verify(Algorithm::RS256, &key, input, &compact.signature).is_ok()
}

#[test]
fn rp_23_keys_rotate_under_load_and_no_verification_fails() {
    const ROTATIONS: usize = 4;
    on_every_backend(|server| {
        let (stop, verified) = (AtomicBool::new(false), AtomicU32::new(0));
        let tokens = thread::scope(|scope| {
            let load = || {
                let (mut cache, mut tokens) = (Cache::fetch(server), Vec::new());
                while !stop.load(Ordering::SeqCst) {
                    let token = server.machine_token(AUDIENCE).text("access_token");
                    assert!(cache.verifies(server, &token), "a token does not verify");
                    verified.fetch_add(1, Ordering::Relaxed);
                    tokens.push(token);
                }
                tokens
            };
            let running: Vec<_> = (0..3).map(|_| scope.spawn(load)).collect();
            let end = End(&stop);
            for _ in 0..ROTATIONS {
                rotate(server);
            }
            thread::sleep(Duration::from_secs(4));
            drop(end);
            running.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(verified.load(Ordering::Relaxed) > 50, "there was a load");
        // What the clients hold verifies still, whichever key signed it.
        let keys = Published::fetch(server).0;
        let mut kids: Vec<String> =
            tokens.iter().map(|token| Compact::parse(token).unwrap().header.kid.unwrap()).collect();
        assert!(tokens.iter().all(|token| verifies(&keys, token)));
        kids.sort();
        kids.dedup();
        assert!(kids.len() > ROTATIONS, "every key signed: {kids:?}");
    });
}
