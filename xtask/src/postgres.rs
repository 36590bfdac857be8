//! `cargo xtask postgres`: a private PostgreSQL server for the tests that need one.

pub(crate) mod cluster;

use std::io::IsTerminal as _;
use std::process::Command;

use cluster::Cluster;

use crate::needs;
use crate::work::{self, Work};

/// The administrator's URL of the server, for the tests.
const URL: &str = "COUNTERSIGN_TEST_POSTGRES";
/// The authority behind the server's certificate.
const CA: &str = "COUNTERSIGN_TEST_POSTGRES_CA";

/// What a server for tests does without.
const DURABLE: &str = "\
fsync = on
full_page_writes = on
autovacuum = on
shared_buffers = 128MB
";

/// Starts a server that is gone when the value is.
pub(crate) fn start(work: &Work) -> Result<Cluster, String> {
    needs::for_postgres()?;
    Cluster::start(&work.target_folder()?.join("xtask"))
}

/// Starts one that waits for its disk, as in production.
pub(crate) fn start_durable(work: &Work) -> Result<Cluster, String> {
    needs::for_postgres()?;
    Cluster::start_with(&work.target_folder()?.join("xtask"), DURABLE)
}

/// Tells a command's tests where the server is.
pub(crate) fn tell(cluster: &Cluster, command: &mut Command) {
    command.env(URL, cluster.url("postgres")).env(CA, cluster.ca_file());
}

/// Starts a server and runs a command with it; without a command it says how to find the server, and waits.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let work = Work::find()?;
    let cluster = start(&work)?;
    if let [program, rest @ ..] = arguments {
        let mut command = Command::new(program);
        command.args(rest);
        tell(&cluster, &mut command);
        return work::run(command);
    }
    work::say(&format!("export {URL}={}", cluster.url("postgres")));
    work::say(&format!("export {CA}={}", cluster.ca_file().display()));
    if std::io::stdin().is_terminal() {
        work::say("# The server runs until this ends: Ctrl-C or Ctrl-D.");
    }
    // Ends with whoever started us, too: then nobody holds the other end any more.
    let _read = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    Ok(())
}
