//! `cargo xtask bench`: how fast the release build is, beside a minimal server and a peer.

use std::env;
use std::fs;
use std::process::Command;

use crate::needs;
use crate::postgres;
use crate::work::{self, Work};

const REPORT: &str = "docs/operations/performance.md";
const PEER: &str = "xtask/bench/peer";
/// The load's core, which PostgreSQL shares.
const LOAD_CORE: &str = "1";

/// Builds for release, measures, and renews the tables of [`REPORT`]. Options go to the tool: `--rounds 2`,
/// `--seconds 1`, `--only JWKS`; with any of them the document stays as it is.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let work = Work::find()?;
    let openssl = needs::for_building()?;
    let target = work.target_folder()?;
    let node = needs::for_clients(&target.join("xtask"))?;
    let mut build =
        work.cargo(&["build", "--locked", "--release", "--package", "countersign", "--package", "bench"]);
    openssl.tell(&mut build);
    work::run(build)?;
    let folder = target.join("xtask").join("bench");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let cluster = postgres::start_durable(&work)?;
    cluster.pin(LOAD_CORE)?;
    let programs = target.join("release");
    let mut bench = Command::new(programs.join("bench"));
    bench.current_dir(work.root()).arg("run").arg("--countersign").arg(programs.join("countersign"));
    bench.arg("--folder").arg(&folder).args(["--peer", PEER]);
    if arguments.is_empty() {
        bench.args(["--report", REPORT]);
    }
    bench.args(arguments);
    // An environment variable, because everybody on the machine can read command lines.
    bench.env("BENCH_POSTGRES", cluster.url("postgres"));
    if let Some(node) = node {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(node).chain(env::split_paths(&path));
        bench.env("PATH", env::join_paths(folders).map_err(|error| error.to_string())?);
    }
    work::run(bench)
}
