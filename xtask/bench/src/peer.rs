//! `oidc-provider` from npm, as `peer/server.mjs` sets it up.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Server};

/// Starts the peer; it is not awaited. Its packages are installed if they are not yet.
pub(crate) fn start(folder: &Path, log: &Path) -> Result<Server, String> {
    install(folder)?;
    let port = process::free_port()?;
    let mut command = Command::new("node");
    command.arg("server.mjs").arg(port.to_string()).current_dir(folder).env("NODE_ENV", "production");
    Server::start(command, port, log)
}

fn install(folder: &Path) -> Result<(), String> {
    let installed: PathBuf = folder.join("node_modules").join("oidc-provider");
    if installed.is_dir() {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder);
    let status = command.status().map_err(|error| format!("missing: npm ({error})"))?;
    if status.success() { Ok(()) } else { Err(format!("npm ci failed: {status}")) }
}
