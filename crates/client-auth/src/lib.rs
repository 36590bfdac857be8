#![doc = include_str!("../README.md")]

mod authenticator;
mod basic;
mod error;
mod method;
mod secret;

pub use authenticator::{AuthenticatedClient, ClientAuthenticator, Method, Presented};
pub use error::ClientAuthError;
pub use method::{ClientMethod, ClientMethodError, ClientMethods, MethodContext};
pub use secret::{PURPOSE as SECRET_PURPOSE, open as open_secret};
