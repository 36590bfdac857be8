#![doc = include_str!("../README.md")]

mod bound;
mod bytecode;
mod deadline;
mod engine;
mod event;
mod failure;
mod host;
mod job;
mod pool;
mod run;
mod slot;
mod store;

#[cfg(test)]
mod tests;

pub use bound::SECRETS_PURPOSE;
pub use engine::{Actions, ActionsOptions, ActionsParts};
pub use host::Spawn;
