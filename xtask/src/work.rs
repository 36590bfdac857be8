//! Where the work tree is and how its commands are run.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;

/// After so many seconds a command is taken to hang, and is stopped.
const DEADLINE_SECONDS: u32 = 30 * 60;

/// The work tree and the cargo that was called.
pub(crate) struct Work {
    root: PathBuf,
    cargo: OsString,
    target: Option<PathBuf>,
}

impl Work {
    /// Finds the work tree from the folder of this package.
    pub(crate) fn find() -> Result<Self, String> {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.parent().ok_or("xtask lies in no work tree")?.to_path_buf();
        // Cargo takes a relative target folder from where it is called, and we call it from the root.
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) if Path::new(&folder).is_relative() => {
                let here = env::current_dir()
                    .map_err(|error| format!("no current folder to start from: {error}"))?;
                Some(here.join(folder))
            }
            _ => None,
        };
        Ok(Self { root, cargo: env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), target })
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A cargo command at the root, by the same toolchain.
    pub(crate) fn cargo<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(arguments.iter().map(AsRef::as_ref)).current_dir(&self.root);
        if let Some(target) = &self.target {
            command.env("CARGO_TARGET_DIR", target);
        }
        command
    }

    /// What `cargo metadata` says.
    pub(crate) fn metadata(&self, more: &[&str]) -> Result<Value, String> {
        let mut arguments = vec!["metadata", "--format-version", "1", "--locked"];
        arguments.extend(more);
        let output = self
            .cargo(&arguments)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cargo metadata does not run: {error}"))?;
        if !output.status.success() {
            return Err("cargo metadata failed".to_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata is not JSON: {error}"))
    }

    /// The folder that builds go to.
    pub(crate) fn target_folder(&self) -> Result<PathBuf, String> {
        let metadata = self.metadata(&["--no-deps"])?;
        let folder = metadata.get("target_directory").and_then(Value::as_str);
        folder.map(PathBuf::from).ok_or_else(|| "cargo metadata names no target folder".to_owned())
    }
}

/// Runs a command to its end, with its words on our terminal.
pub(crate) fn run(mut command: Command) -> Result<(), String> {
    say(&format!("$ {}", spelled(&command)));
    let status =
        command.status().map_err(|error| format!("`{}` does not run: {error}", spelled(&command)))?;
    outcome(&command, status)
}

/// Runs a command like [`run`], and stops it with all that it started when it hangs.
pub(crate) fn run_within_deadline(command: Command) -> Result<(), String> {
    if !on_path("timeout") {
        return run(command);
    }
    say(&format!("$ {}", spelled(&command)));
    let mut timed = Command::new("timeout");
    timed.arg("--kill-after=30");
    // On a terminal Ctrl-C must reach the command, so it stays in the foreground group there.
    if std::io::stdin().is_terminal() {
        timed.arg("--foreground");
    }
    timed.arg(DEADLINE_SECONDS.to_string()).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        timed.current_dir(folder);
    }
    let (status, failed) = watched(timed)?;
    match status.code() {
        Some(124 | 137) => {
            Err(format!("`{}` was stopped after {DEADLINE_SECONDS} seconds", spelled(&command)))
        }
        _ => outcome(&command, status).map_err(|error| named(error, &failed)),
    }
}

/// So many failed tests are named at the end.
const NAMED: usize = 40;

/// Runs a command with its words on our terminal, and keeps the lines in which a test says that it failed: they
/// are named again at the end, where a long log is looked at first.
fn watched(mut command: Command) -> Result<(ExitStatus, Vec<String>), String> {
    let broken = |error: std::io::Error| format!("`timeout` does not run: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(broken)?;
    let mut failed = Vec::new();
    if let Some(output) = child.stdout.take() {
        let mut out = std::io::stdout().lock();
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(broken)?;
            let _ = out.write_all(&line).and_then(|()| out.write_all(b"\n"));
            let text = String::from_utf8_lossy(&line);
            if tells_a_failure(&text) && failed.len() < NAMED {
                failed.push(text.trim().to_owned());
            }
        }
    }
    Ok((child.wait().map_err(broken)?, failed))
}

/// Whether cargo's or node's test runner says in this line that a test failed.
fn tells_a_failure(line: &str) -> bool {
    (line.starts_with("test ") && line.ends_with("FAILED")) || line.trim_start().starts_with("\u{2716} ")
}

fn named(error: String, failed: &[String]) -> String {
    failed.iter().fold(error, |text, line| format!("{text}\n  {line}"))
}

/// Tells whether a command runs and succeeds, without its words.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Tells whether a program of this name can be called.
pub(crate) fn on_path(program: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// Prints a line at once, before a child prints its own.
pub(crate) fn say(line: &str) {
    println!("{line}");
    // A closed terminal is no reason to stop a test run.
    let _closed = std::io::stdout().flush();
}

fn outcome(command: &Command, status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(format!("`{}` failed: {status}", spelled(command))) }
}

fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut words = vec![program.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}
