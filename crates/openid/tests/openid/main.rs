//! What an OpenID provider offers beside its two main endpoints.
#![cfg(test)]

#[path = "../../../token-endpoint/tests/support/spy.rs"]
mod spy;

mod discovery;
mod house;
mod jwks;
mod logout;
mod rp_logout;
mod userinfo;
mod userinfo_bound;
