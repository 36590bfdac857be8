#![doc = include_str!("../README.md")]

mod node;
mod problem;

pub use problem::{Problem, Warning};
