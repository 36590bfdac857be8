//! An API that takes DPoP-bound access tokens of a Countersign server, with the crates `dpop` and `jose` alone.

mod api;
mod guard;
mod keys;
mod nonce_key;
mod refusal;
mod used;

pub use api::{Api, serve};
pub use guard::{Caller, Guard, Settings, Shown};
pub use keys::{FetchError, FetchKeys, Http, IssuerKeys};
pub use nonce_key::NonceKey;
pub use refusal::{Answer, Refusal};
pub use used::{Remembered, UsedProofs};
