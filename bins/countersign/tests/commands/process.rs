use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::http::Client;

/// A program that runs, ended when it is dropped.
pub struct Process {
    child: Child,
    /// What it printed until it was ready.
    pub banner: String,
    /// The ready file.
    pub ready: Value,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The program, with none of our variables in its environment.
pub fn countersign(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command to its end with something on standard input.
pub fn run_with_input(mut command: Command, input: &str) -> Ended {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Process {
    /// `countersign dev` with its data and ready file in a folder, on free ports, with cheap hashing.
    pub fn dev(folder: &Path, more: &[&str]) -> Self {
        let ready = folder.join("ready.json");
        let data = folder.join("data");
        let mut command = countersign(&["dev", "--data", data.to_str().unwrap()]);
        command.args(["--ready-file", ready.to_str().unwrap(), "--password-memory-kib", "8"]).args(more);
        if !more.contains(&"--http-port") {
            command.args(["--http-port", "0", "--https-port", "0"]);
        }
        let mut process = Self::start(command, "Ctrl-C stops it");
        process.ready = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
        process
    }

    /// Starts a command and reads what it prints until a line begins so; the rest goes nowhere.
    pub fn start(mut command: Command, until: &str) -> Self {
        let mut process = Self::spawn(command.stdout(Stdio::piped()).stderr(Stdio::inherit()));
        let mut lines = BufReader::new(process.child.stdout.take().unwrap()).lines();
        process.read_until(&mut lines, |line| line.starts_with(until));
        process
    }

    /// Starts a command that logs JSON to standard error, and waits for its first line of that message.
    pub fn start_logged(mut command: Command, message: &str) -> Self {
        let mut process = Self::spawn(command.stdout(Stdio::null()).stderr(Stdio::piped()));
        let mut lines = BufReader::new(process.child.stderr.take().unwrap()).lines();
        process.read_until(&mut lines, |line| {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            event["message"] == message
        });
        // Whoever stops reading a pipe ends who writes to it.
        std::thread::spawn(move || lines.for_each(drop));
        process
    }

    fn spawn(command: &mut Command) -> Self {
        Self { child: command.spawn().unwrap(), banner: String::new(), ready: Value::Null }
    }

    fn read_until(
        &mut self,
        lines: &mut impl Iterator<Item = std::io::Result<String>>,
        is_last: impl Fn(&str) -> bool,
    ) {
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended too early: {}", self.banner)).unwrap();
            self.banner.push_str(&line);
            self.banner.push('\n');
            if is_last(&line) {
                return;
            }
        }
    }

    pub fn client(&self) -> Client {
        Client::new(&std::fs::read_to_string(self.text("ca_file")).unwrap())
    }

    /// A text of the ready file.
    pub fn text(&self, key: &str) -> String {
        self.ready[key].as_str().unwrap().to_owned()
    }

    /// A client of the ready file, by the kind of application.
    pub fn application(&self, app_type: &str) -> Value {
        let clients = self.ready["clients"].as_array().unwrap();
        clients.iter().find(|client| client["app_type"] == app_type).unwrap().clone()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end; answers the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
