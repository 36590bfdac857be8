#![doc = include_str!("../README.md")]

mod authenticator;
mod basic;
mod error;
mod secret;

pub use authenticator::{AuthenticatedClient, ClientAuthenticator, Method, Presented};
pub use error::ClientAuthError;
pub use secret::PURPOSE as SECRET_PURPOSE;
