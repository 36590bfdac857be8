#![doc = include_str!("../README.md")]

mod error;
mod header;
mod nonce;
mod p256_verifier;
mod proof;
mod url;

pub use error::DpopError;
pub use header::single_header;
pub use nonce::{NONCE_LIFETIME, Nonces};
pub use p256_verifier::P256Verifier;
pub use proof::{CLOCK_SKEW, ExpectedProof, MAX_AGE, MAX_AHEAD, Proof};
