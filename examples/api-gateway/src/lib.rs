//! A gateway that authenticates its callers by assertion, with the crates `client-auth` and `jose`.

mod callers;
mod gateway;
mod used;

pub use callers::Callers;
pub use gateway::{Gateway, serve};
pub use used::UsedAssertions;
