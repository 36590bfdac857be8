#![doc = include_str!("../README.md")]

mod block_on;
mod clock;
mod hmac;
mod keys;
pub mod pem;
mod proof;
mod random;
mod records;
mod request;
mod sealer;
pub mod vectors;

pub use block_on::block_on;
pub use clock::{FixedClock, NOW};
pub use keys::{TEST_EC_KID, TEST_RSA_KID, TestKeyRing};
pub use proof::{FakeVerifier, ProofBuilder, proof};
pub use random::SeededRandom;
pub use records::{
    AUDIENCE, CALLBACK, CLIENT_ID, CLIENT_SECRET, CODE, EMAIL, PASSWORD, REFRESH_TOKEN, SESSION_COOKIE,
    USER_ID, access_token, api, authorization, client, client_grant, code, connection, consent, log_event,
    public_client, refresh_family, refresh_token, session, settings, signing_key, user, user_client_grant,
};
pub use request::{ISSUER, domain, request_context};
pub use sealer::TestSealer;
