#![doc = include_str!("../README.md")]

mod dress;
mod status;
mod texts;

pub use dress::{Dressed, Endpoint, dress, dress_fault};
