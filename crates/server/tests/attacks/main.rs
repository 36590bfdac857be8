//! Attacks on the whole server over HTTP, each named after the attack and its SP number.
#![cfg(test)]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "support serves three test roots, each of which uses a part of it"
)]
#![allow(clippy::disallowed_methods, reason = "the environment names the backends of a run")]

#[path = "../support/mod.rs"]
mod support;

mod forgery;
mod kit;
mod raw;

mod assertions;
mod authorize_request;
mod client_authentication;
mod code_after_change;
mod code_replay;
mod code_theft;
mod cross_origin;
mod dpop;
mod dpop_binding;
mod forms_csrf;
mod http_limits;
mod jwt;
mod log_canary;
mod pages;
mod redirect_uri;
mod refresh_theft;
mod scripts;
mod state_and_nonce;
mod transaction;
