//! `oauth2` and `openidconnect` from crates.io against the server that the ready file describes.
#![cfg(test)]

#[path = "../../../../../crates/server/tests/support/form.rs"]
mod form;
mod logout;
mod oauth;
mod openid;
mod server;
mod visitor;
