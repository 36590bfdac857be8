//! What every test of the whole server stands on: a server in this process over either backend, a client
//! that follows nothing by itself, a browser without a screen, a tenant to change.

mod browser;
mod dpop;
mod form;
mod harness;
mod http;
mod tenant;

pub use browser::{Browser, Callback, authorize_url, s256};
pub use dpop::DpopKey;
pub use form::Form;
pub use harness::{Backend, Harness, on_every_backend};
pub use http::{Client, Request, Response};
pub use tenant::{MACHINE_ID, MACHINE_SECRET, SPA_ID, Tenant, WEB_CALLBACK, WEB_ID, WEB_SECRET};
