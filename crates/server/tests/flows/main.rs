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

mod client_credentials;
mod discovery;
mod health;
mod login;
