#![doc = include_str!("../README.md")]

mod authorization_code;
mod client_credentials;
mod first_family;
mod refresh_token;
mod user_tokens;

pub use authorization_code::AuthorizationCode;
pub use client_credentials::ClientCredentials;
pub use first_family::{cap_families, first_refresh_token};
pub use refresh_token::RefreshToken;
pub use user_tokens::{Api, access_token_lifetime, id_token, parse_scope, read_api};
