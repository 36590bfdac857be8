//! The program as a process: what it prints, how it ends, what it refuses.
#![cfg(test)]
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "the HTTP client is that of the server's tests, and a part of it is used here"
)]
#![allow(clippy::disallowed_methods, reason = "the server for tests is named by the environment")]

#[path = "../support/database.rs"]
mod database;
#[path = "../../../../crates/server/tests/support/form.rs"]
mod form;
#[path = "../../../../crates/server/tests/support/http.rs"]
mod http;
#[path = "../support/login.rs"]
mod login;
mod process;
mod user;

mod accounts;
mod authority;
mod beside;
mod copy;
mod dev;
mod domains;
mod explain;
mod hosts;
mod keys;
mod migrate;
mod playground;
mod ready;
mod restrictions;
mod serve;
mod signals;
