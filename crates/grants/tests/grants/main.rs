//! The standard grants behind the real token endpoint, over storage in memory.
#![cfg(test)]

#[path = "../../../token-endpoint/tests/support/hook.rs"]
mod fake_hook;
#[path = "../../../token-endpoint/tests/support/spy.rs"]
mod spy;
#[path = "../../../token-endpoint/tests/support/world.rs"]
mod world;

mod binding;
mod client_credentials;
mod code;
mod code_now;
mod code_pkce;
mod code_tokens;
mod flow;
mod hook;
mod races;
mod refresh;
mod refresh_now;
mod refresh_reuse;
mod refresh_switch;
