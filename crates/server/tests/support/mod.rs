//! What every test of the whole server stands on: a server in this process over any backend, a client
//! that follows nothing by itself, a browser without a screen, a tenant to change.

mod ask;
mod assertion;
mod backend;
mod browser;
mod dpop;
mod form;
mod harness;
mod http;
mod in_vain;
mod pages;
mod providers;
mod published;
mod scripts;
mod social;
mod tenant;
mod tokens;

pub use ask::{STATE, ask, on_every_backend_with};
pub use assertion::{ClientKey, JWT_BEARER, asserted, sign_with_secret};
pub use backend::{Backend, Opened, Store};
pub use browser::{Browser, Callback, authorize_url, s256};
pub use dpop::DpopKey;
pub use form::{Form, unescape};
pub use harness::{Harness, on_every_backend};
pub use http::{Client, Request, Response};
pub use in_vain::Stored;
pub use providers::{APP, FakeProviders, Goodness, OTHER_APP, TOKEN_SECRET};
pub use published::{Published, certificate_parts, names, sha1};
pub use social::{
    APPLE_CODE, APPLE_ID_TOKEN, EXCHANGE, FACEBOOK, GOOGLE, LEGACY_ID, tenant as social_tenant,
    with_providers,
};
pub use tenant::{MACHINE_ID, MACHINE_SECRET, SPA_ID, Tenant, WEB_CALLBACK, WEB_ID, WEB_SECRET};
pub use tokens::{MACHINE, SPA, VERIFIER, WEB, basic, client_credentials, exchange, refresh, under_rfc};
