//! The whole server over HTTP, one file per flow.
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

mod actions;
mod actions_elsewhere;
mod answers;
mod assertions;
mod audience;
mod bcrypt;
mod callbacks;
mod client_authentication;
mod client_credentials;
mod code_exchange;
mod confirmation;
mod cors;
mod discovery;
mod discovery_document;
mod dpop;
mod dpop_jkt;
mod dpop_policy;
mod error_bodies;
mod explain;
mod fake_providers;
mod form_post;
mod forwarded_for;
mod health;
mod hs256;
mod issuers;
mod key_rotation;
mod legacy_social;
mod login;
mod login_attempts;
mod logout;
mod machine_tokens;
mod native_social;
mod oidc_logout;
mod own_pages;
mod prompts;
mod published_keys;
mod rate_limits;
mod refresh;
mod refresh_lifetimes;
mod refresh_rotation;
mod refresh_switch;
mod revocation;
mod rfc_access_tokens;
mod rfc_profile;
mod rfc_token;
mod sessions;
mod silent;
mod third_party;
mod token_formats;
mod token_requests;
mod unserved;
mod userinfo;
