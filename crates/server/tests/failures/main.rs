//! What the server does when something fails, each with its RP number.
#![cfg(test)]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "support serves three test roots, each of which uses a part of it"
)]
#![allow(clippy::disallowed_methods, reason = "how long something takes is what is tested")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../../../../xtask/src/postgres/cluster.rs"]
mod cluster;

mod drain;
mod postgres;
mod two_processes;
