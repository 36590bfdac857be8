#![doc = include_str!("../README.md")]

mod discovery;
mod jwks;
mod logout;
mod userinfo;

pub use discovery::{Served, ServedMethod, discovery_document};
pub use jwks::{published_algorithms, published_keys};
pub use logout::{
    LogoutAnswer, LogoutEndpoint, LogoutForm, LogoutOutcome, LogoutRequest, RpLogoutOutcome, RpLogoutRequest,
};
pub use userinfo::{UserinfoAnswer, UserinfoEndpoint, UserinfoError, UserinfoRate, UserinfoRequest};
