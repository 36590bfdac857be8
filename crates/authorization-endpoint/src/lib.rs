#![doc = include_str!("../README.md")]

mod interaction;

pub use interaction::*;
