use std::collections::HashSet;

use countersign_oauth::{Handle, SecureRandom};

use super::OsRandom;

#[test]
fn sp_190_no_two_draws_are_equal() {
    let drawn: HashSet<[u8; 16]> = (0..10_000)
        .map(|_| {
            let mut bytes = [0; 16];
            OsRandom.fill(&mut bytes);
            bytes
        })
        .collect();
    assert_eq!(drawn.len(), 10_000);
}

#[test]
fn sp_031_handles_have_256_bits_and_no_bias() {
    // The statistic of 255 degrees of freedom has mean 255 and deviation 22.6; 400 is over six of them.
    let mut counts = [0_u32; 256];
    for _ in 0..20_000 {
        let handle = Handle::generate(&OsRandom);
        let bytes = countersign_jose::decode_base64url(handle.expose()).unwrap();
        assert_eq!(bytes.len(), 32);
        bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    }
    let expected = 20_000.0 * 32.0 / 256.0;
    let statistic: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    assert!(statistic < 400.0, "{statistic}");
}

#[test]
fn an_empty_buffer_is_filled_too() {
    OsRandom.fill(&mut []);
}
