#![doc = include_str!("../README.md")]

mod dress;
mod social;
mod status;
mod texts;

pub use dress::{Dressed, Endpoint, dress, dress_fault};
pub use social::{LegacySocial, NativeSocial, SocialLogin, SubjectToken, missing_parameter};
