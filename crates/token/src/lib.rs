#![doc = include_str!("../README.md")]

mod access_token;
mod constraint;
mod custom_claims;
mod id_token;
mod issuer;
mod plan;
mod read;
mod refresh_token;
mod response;
mod secret_key;

pub use constraint::SenderConstraint;
pub use custom_claims::CustomClaims;
pub use id_token::{IdTokenHint, IdTokenReader};
pub use issuer::{IssuedTokens, MintContext, TokenIssuer};
pub use plan::{AccessTokenPlan, IdTokenPlan, RefreshTokenPlan, Subject, TokenPlan};
pub use read::{AccessTokenClaims, AccessTokenReader, TokenRejection};
pub use refresh_token::{Fence, parse as parse_refresh_token};
pub use response::TokenResponse;

/// The purpose under which an API's HS256 secret is sealed.
pub const SIGNING_SECRET_PURPOSE: &str = "signing_secret";

/// The lifetime of an access token for userinfo alone, from the token endpoint.
pub const USERINFO_TOKEN_LIFETIME: countersign_oauth::Seconds = countersign_oauth::Seconds(86_400);
