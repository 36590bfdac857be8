//! The whole server over HTTP, one file per flow.
#![cfg(test)]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "support serves three test roots, each of which uses a part of it"
)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod callbacks;
mod client_authentication;
mod client_credentials;
mod code_exchange;
mod discovery;
mod health;
mod login;
mod token_requests;
