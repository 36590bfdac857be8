//! Countersign with a tenant for the benchmarks.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::process::{self, Server};
use crate::workload::ACCOUNT;

const TENANT: &str = include_str!("tenant.yaml");
const USERS: &str = include_str!("users.json");

/// A tenant on one engine, with its settings on disk.
pub(crate) struct Ours {
    binary: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Ours {
    /// Makes a tenant in a folder of its own. `database` is a URL, or nothing for SQLite in that folder.
    pub(crate) fn prepare(binary: &Path, folder: PathBuf, database: Option<&str>) -> Result<Self, String> {
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let ours = Self { binary: binary.to_owned(), folder, port: process::free_port()? };
        let mut key = [0; 32];
        openssl::rand::rand_bytes(&mut key).map_err(|error| error.to_string())?;
        ours.write("data.key", &format!("bench:{}\n", STANDARD.encode(key)))?;
        ours.write("tenant.yaml", TENANT)?;
        ours.write("users.json", USERS)?;
        let database = database
            .map_or_else(|| format!("sqlite:{}", ours.folder.join("bench.db").display()), str::to_owned);
        ours.write(
            "countersign.toml",
            &format!(
                "domains = [\"http://localhost:{port}/\"]\nlisten_http = \"127.0.0.1:{port}\"\n\
                 database = \"{database}\"\ndata_key_file = \"data.key\"\nlog_level = \"warn\"\n\
                 rate_limits = false\n",
                port = ours.port
            ),
        )?;
        if database.starts_with("postgres") {
            ours.run(&["migrate", "apply"], "")?;
        }
        ours.run(&["apply", "--tenant", "tenant.yaml", "--users", "users.json"], "")?;
        let (email, password) = ACCOUNT;
        ours.run(&["users", "password", email], password)?;
        Ok(ours)
    }

    /// Starts the server; it is not awaited.
    pub(crate) fn start(&self) -> Result<Server, String> {
        Server::start(self.command(&["serve"]), self.port, &self.folder.join("server.log"))
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(words).args(["--config", "countersign.toml"]).current_dir(&self.folder);
        command
    }

    fn run(&self, words: &[&str], input: &str) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", self.binary.display());
        let mut command = self.command(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(failed)?;
        }
        let output = child.wait_with_output().map_err(failed)?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("`countersign {}` failed: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.folder.join(name);
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| format!("{}: {error}", path.display()))
    }
}
