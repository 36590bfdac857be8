//! Server processes, held to one core and read from outside.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::connection::Connection;

/// Servers run on this core, the load on the other.
const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";

/// A server of ours or of others; it ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    /// Starts a program on the servers' core; it is not awaited.
    pub(crate) fn start(mut command: Command, port: u16, log: &Path) -> Result<Self, String> {
        let log = fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", SERVER_CORE]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            pinned.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = command.get_current_dir() {
            pinned.current_dir(folder);
        }
        pinned.stdin(Stdio::null()).stdout(log).stderr(errors);
        let child = pinned.spawn().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
        command = pinned;
        drop(command);
        Ok(Self { child, port })
    }

    /// Waits until the port takes connections.
    pub(crate) fn wait(&mut self) -> Result<Connection, String> {
        let start = Instant::now();
        loop {
            match Connection::open(self.port) {
                Ok(connection) => return Ok(connection),
                Err(error) if start.elapsed() > Duration::from_secs(60) => return Err(error),
                Err(_) => {}
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the server on port {} ended: {status}", self.port));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Processor time that the process has used, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/stat", self.child.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        // Behind the name in parentheses: user and system time are the 12th and 13th field, in hundredths.
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
        match (ticks(11), ticks(12)) {
            (Some(user), Some(system)) => Ok((user + system) / 100.0),
            _ => Err(format!("{path} reads otherwise than expected")),
        }
    }

    /// Resident memory in MiB.
    pub(crate) fn memory_mib(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib =
            line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| format!("{path} names no VmRSS"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Moves this process, the load, to its own core.
pub(crate) fn move_to_load_core() -> Result<(), String> {
    let own = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["-a", "-c", "-p", LOAD_CORE, &own]).stdout(Stdio::null());
    let status = command.status().map_err(|error| format!("missing: `taskset` of util-linux ({error})"))?;
    if status.success() { Ok(()) } else { Err(format!("taskset failed: {status}")) }
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}
