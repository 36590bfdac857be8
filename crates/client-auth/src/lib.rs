#![doc = include_str!("../README.md")]

mod assertion;
mod authenticator;
mod basic;
mod client_secret_jwt;
mod error;
mod method;
mod private_key_jwt;
mod secret;

pub use assertion::{JWT_BEARER, assertion_algorithms};
pub use authenticator::{AuthenticatedClient, ClientAuthenticator, Method, Presented};
pub use error::{AssertionError, ClientAuthError};
pub use method::{ClientMethod, ClientMethodError, ClientMethods, MethodContext};
pub use secret::{PURPOSE as SECRET_PURPOSE, open as open_secret};
