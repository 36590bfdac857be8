#![doc = include_str!("../README.md")]

mod authorization_code;
mod client_credentials;
mod refresh_token;
mod user_tokens;

pub use authorization_code::AuthorizationCode;
pub use client_credentials::ClientCredentials;
pub use refresh_token::RefreshToken;
