#![doc = include_str!("../README.md")]

mod clock;
mod data_keys;
mod dev_authority;
mod fault;
mod generate;
mod hmac;
mod password;
mod random;
mod secret_keys;
mod signer;
mod signing_keys;
mod verifier;
mod x509;

pub use clock::SystemClock;
pub use data_keys::{DataKeyError, DataKeys};
pub use dev_authority::{
    DevAuthority, ServerCertificate, certificate_expires_within, certificate_fingerprint,
};
pub use generate::generate_signing_key;
pub use password::{Argon2Cost, Argon2Hasher, PhcError, check_phc};
pub use random::OsRandom;
pub use secret_keys::OpenSslSecretKeys;
pub use signing_keys::SigningKeys;
pub use verifier::OpenSslVerifier;
