#![doc = include_str!("../README.md")]

mod address;
mod client;
mod failure;
mod options;
mod resolver;

pub use address::is_public;
pub use client::Outbound;
pub use options::{BuildError, OutboundOptions};
