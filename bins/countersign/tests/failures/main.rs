//! The program killed in the middle of its work: what it acknowledged is there, and nothing is honoured twice.
#![cfg(test)]
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "client and process are shared with other tests, and a part of them is used here"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a start is timed, a child is polled, and seed and number of kills may come from the environment"
)]

#[path = "../../../../crates/server/tests/support/form.rs"]
mod form;
#[path = "../../../../crates/server/tests/support/http.rs"]
mod http;
#[path = "../support/login.rs"]
mod login;
#[path = "../commands/process.rs"]
mod process;

#[path = "../../../../xtask/src/postgres/cluster.rs"]
mod cluster;

mod administrator;
mod audit;
mod dice;
mod kill;
mod ledger;
mod site;
mod tenant;
mod worker;
