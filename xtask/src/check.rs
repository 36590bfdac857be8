//! `cargo xtask check`: what to run before each commit.

use crate::test;

const QUICK: [test::Kind; 4] = [test::Kind::Fmt, test::Kind::Clippy, test::Kind::Layers, test::Kind::Unit];

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if arguments.is_empty() { test::run_kinds(&QUICK) } else { Err("check takes no arguments".to_owned()) }
}
