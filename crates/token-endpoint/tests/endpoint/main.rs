//! The token endpoint's pipeline with grants of the test's own, revocation and introspection.
#![cfg(test)]

#[path = "../support/spy.rs"]
mod spy;
#[path = "../support/world.rs"]
mod world;

mod binding;
mod fakes;
mod introspection;
mod pipeline;
mod races;
mod registry;
mod revocation;
mod throttle;
