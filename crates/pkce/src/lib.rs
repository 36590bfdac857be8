#![doc = include_str!("../README.md")]

mod challenge;
mod error;
mod verifier;

pub use challenge::{CodeChallenge, CodeChallengeMethod};
pub use error::PkceError;
pub use verifier::CodeVerifier;
