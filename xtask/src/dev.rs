//! `cargo xtask dev`: from a fresh clone to a running server.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::needs;
use crate::work::{self, Work};

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let work = Work::find()?;
    let openssl = needs::for_building()?;
    let mut build = work.cargo(&["build", "--locked", "--profile", "ci", "--package", "countersign"]);
    openssl.tell(&mut build);
    work::run(build)?;
    let binary = work.target_folder()?.join("ci").join("countersign");
    // The server takes our place, so that signals reach it and nothing waits in between.
    let error = Command::new(&binary).arg("dev").args(arguments).exec();
    Err(format!("{} does not run: {error}", binary.display()))
}
