#![doc = include_str!("../README.md")]

mod dress;
mod events;
mod status;
mod texts;

pub use dress::{Dressed, Endpoint, dress, dress_fault};
pub use events::failure_event;
