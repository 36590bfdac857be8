use countersign_oauth::{Seconds, Timestamp};
use countersign_testkit::{NOW, TestSealer};

use super::{CLOCK_SKEW, NONCE_LIFETIME, Nonces};
use crate::DpopError;

const MILLI: Timestamp = Timestamp::from_millis(1);

fn after(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis() + MILLI.millis())
}

/// RFC 9449 §8.
#[test]
fn sp_077_a_nonce_is_good_for_five_minutes_and_not_a_moment_longer() {
    let sealer = TestSealer::default();
    let nonces = Nonces::new(&sealer);
    let nonce = nonces.issue(NOW);
    let last = NOW.plus(NONCE_LIFETIME);
    assert_eq!(NONCE_LIFETIME, Seconds(300));
    assert_eq!(nonces.check(&nonce, NOW), Ok(()));
    assert_eq!(nonces.check(&nonce, last), Ok(()));
    assert_eq!(nonces.check(&nonce, after(last)), Err(DpopError::NonceStale));
}

#[test]
fn sp_077_a_process_whose_clock_is_behind_accepts_a_nonce_within_the_skew() {
    let sealer = TestSealer::default();
    let nonces = Nonces::new(&sealer);
    let nonce = nonces.issue(NOW);
    assert_eq!(nonces.check(&nonce, NOW.minus(CLOCK_SKEW)), Ok(()));
    assert_eq!(nonces.check(&nonce, NOW.minus(Seconds(31))), Err(DpopError::NonceStale));
}

#[test]
fn sp_077_another_process_with_the_same_key_accepts_a_nonce_and_another_tenant_refuses_it() {
    let nonce = Nonces::new(&TestSealer::new("tenant a")).issue(NOW);
    assert_eq!(Nonces::new(&TestSealer::new("tenant a")).check(&nonce, NOW), Ok(()));
    let foreign = Nonces::new(&TestSealer::new("tenant b")).check(&nonce, NOW);
    assert_eq!(foreign, Err(DpopError::NonceForeign));
}

#[test]
fn sp_077_a_changed_nonce_is_foreign() {
    let sealer = TestSealer::default();
    let nonces = Nonces::new(&sealer);
    let nonce = nonces.issue(NOW);
    for i in 0..nonce.len() {
        let mut changed = nonce.clone();
        changed.replace_range(i..=i, if &nonce[i..=i] == "A" { "B" } else { "A" });
        assert_eq!(nonces.check(&changed, NOW), Err(DpopError::NonceForeign), "{changed}");
    }
    for other in ["", "A", &nonce[..31], &format!("{nonce}AAAA"), "not base64url!", "\u{e9}"] {
        assert_eq!(nonces.check(other, NOW), Err(DpopError::NonceForeign), "{other}");
    }
}

proptest::proptest! {
    #[test]
    fn no_nonce_panics(nonce in "[A-Za-z0-9_-]{0,64}") {
        proptest::prop_assert!(Nonces::new(&TestSealer::default()).check(&nonce, NOW).is_err());
    }
}
