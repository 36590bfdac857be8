#![doc = include_str!("../README.md")]

mod algorithm;
mod base64url;
mod error;
mod json;
mod jwk;
mod jws;
mod jwt;
mod key_ring;
mod pem;
mod published;
mod secret_keys;

pub use algorithm::Algorithm;
pub use base64url::{decode as decode_base64url, encode as encode_base64url};
pub use error::JoseError;
pub use json::parse_json;
pub use jwk::{Jwk, JwkSet, PublicKey, Thumbprint};
pub use jws::{Compact, Header, sign_compact};
pub use jwt::{Audiences, Expected, Jwt, RegisteredClaims, Verified};
pub use key_ring::{KeyRing, Signer, SigningError, Verifier, VerifyingKeys};
pub use pem::PemKey;
pub use published::PublishedKeys;
pub use secret_keys::SecretKeys;
