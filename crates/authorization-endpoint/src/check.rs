//! The checks of an authorization request, one file per rule; `validate` is their order.

pub(crate) mod api;
pub(crate) mod client;
pub(crate) mod client_kind;
pub(crate) mod connection;
pub(crate) mod pkce;
pub(crate) mod prompt;
pub(crate) mod redirect_uri;
pub(crate) mod response_mode;
pub(crate) mod response_type;
pub(crate) mod scope;
pub(crate) mod size;
pub(crate) mod unsupported;
