#![doc = include_str!("../README.md")]

mod access;
mod audience;
mod binding;
mod case;
mod refusal;
mod scope;

pub use access::{Allowed, allowed_scopes};
pub use audience::{AudienceRequest, effective_audience};
pub use binding::bind;
pub use case::{Case, Pass, Session, Subject};
pub use refusal::GateRefusal;
pub use scope::{offline_access_is_allowed, scope_for_user};
