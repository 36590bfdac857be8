//! The authorization endpoint and its pages, as a browser walks through them.
#![cfg(test)]

#[path = "../../../token-endpoint/tests/support/hook.rs"]
mod fake_hook;
#[path = "../../../token-endpoint/tests/support/spy.rs"]
mod spy;

mod browser;
mod code;
mod confirmation;
mod consent;
mod elsewhere;
mod faults;
mod hasher;
mod hook;
mod house;
mod login;
mod login_attempts;
mod session;
mod silent;
mod transactions;
