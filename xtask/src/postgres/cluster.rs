//! A private PostgreSQL server: its own data, port and certificate, and gone when its owner is, however that
//! ends. Needs the standard library alone, because the tests that break a server start theirs with it, too.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The administrator's name.
const USER: &str = "countersign";

/// The oldest server that is started.
const VERSION_AT_LEAST: u32 = 15;

/// What differs from PostgreSQL's defaults. Without fsync a crash of the server loses nothing that it
/// acknowledged, because the system still has the pages; only a crash of the machine would.
const SETTINGS: &str = "\
listen_addresses = 'localhost'
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 200
shared_buffers = 64MB
autovacuum = off
jit = off
log_min_messages = warning
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
";

/// Waits until whoever holds its standard input is gone, then stops the server and removes its folder.
const KEEPER: &str =
    r#"folder=$1; shift; while read -r _; do :; done; "$@" >/dev/null 2>&1; rm -rf "$folder""#;

/// Makes an authority and a certificate for `localhost`, in the folder where it is run.
const CERTIFICATE: &str = r#"set -e
curve='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $curve -keyout ca.key -out ca.pem -days 30 -subj '/CN=A test authority'
openssl req $curve -keyout server.key -out server.csr -subj '/CN=localhost'
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext -out server.pem
chmod 600 server.key
"#;

/// A server that runs.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    password: String,
    keeper: Child,
}

impl Cluster {
    /// Makes and starts a server with its data below `parent`, or in the system's folder for temporary files
    /// if the user that the server runs as cannot get there.
    ///
    /// # Errors
    /// One line that says what is missing or what a program said.
    pub(crate) fn start(parent: &Path) -> Result<Self, String> {
        Self::start_with(parent, "")
    }

    /// The same, with settings that come after those for tests.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub(crate) fn start_with(parent: &Path, settings: &str) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let programs = programs()?;
        let name = format!("postgres-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = place(parent)?.join(name);
        fs::create_dir(&folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder))?;
        }
        let port = free_port()?;
        let data = folder.join("data");
        let mut stop = as_server(&programs.join("pg_ctl"));
        stop.arg("-D").arg(&data).args(["-m", "immediate", "stop"]);
        let keeper = keep(&folder, &stop)?;
        let cluster = Self { programs, folder, port, password: password()?, keeper };
        cluster.make(&data, settings)?;
        cluster.start_again()?;
        Ok(cluster)
    }

    /// The administrator's URL of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{}@localhost:{}/{database}", self.password, self.port)
    }

    /// The authority whose certificate the server shows.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.join("data/ca.pem")
    }

    /// Starts the server, which is stopped.
    ///
    /// # Errors
    /// What it says.
    pub(crate) fn start_again(&self) -> Result<(), String> {
        let log = self.folder.join("data/server.log");
        let mut start = self.control();
        start.args(["-w", "-t", "60", "-s", "-l"]).arg(&log).arg("start");
        run(&mut start).map_err(|error| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            format!("{error}: {}", said.lines().last().unwrap_or_default())
        })
    }

    /// Stops the server: `smart`, `fast`, or `immediate`, which is what a crash of it leaves behind.
    ///
    /// # Errors
    /// What it says.
    #[allow(dead_code, reason = "for the tests that break a server")]
    pub(crate) fn stop(&self, mode: &str) -> Result<(), String> {
        run(self.control().args(["-w", "-t", "60", "-s", "-m", mode, "stop"]))
    }

    /// Keeps the server, and every process that it will start, on one core.
    ///
    /// # Errors
    /// What `taskset` says.
    #[allow(dead_code, reason = "for the benchmark")]
    pub(crate) fn pin(&self, core: &str) -> Result<(), String> {
        let file = self.folder.join("data/postmaster.pid");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let server = text.lines().next().unwrap_or_default();
        run(Command::new("taskset").args(["-a", "-c", "-p", core, server]))
    }

    /// Kills one of the processes that serve connections; the server then ends all others and recovers.
    ///
    /// # Errors
    /// When there is none.
    #[allow(dead_code, reason = "for the tests that break a server")]
    pub(crate) fn kill_backend(&self) -> Result<(), String> {
        let file = self.folder.join("data/postmaster.pid");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let server = text.lines().next().unwrap_or_default();
        let backend = format!("pgrep -P {server} -f '^postgres: {USER} ' | head -n 1 | xargs kill -KILL");
        run(as_server(Path::new("sh")).args(["-c", &backend]))
    }

    fn control(&self) -> Command {
        let mut command = as_server(&self.programs.join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data"));
        command
    }

    fn make(&self, data: &Path, more: &str) -> Result<(), String> {
        let secret = self.folder.join("password");
        write(&secret, &self.password)?;
        let mut make = as_server(&self.programs.join("initdb"));
        make.arg("-D").arg(data).arg("--pwfile").arg(&secret);
        make.args(["--username", USER, "--auth-host", "md5", "--auth-local", "reject", "--no-sync"]);
        // An order that differs from that of bytes, so that whoever relies on the latter is found out.
        make.args([
            "--encoding",
            "UTF8",
            "--locale",
            "C.UTF-8",
            "--locale-provider",
            "icu",
            "--icu-locale",
            "en",
        ]);
        run(&mut make)?;
        let mut certificate = as_server(Path::new("sh"));
        run(certificate.arg("-c").arg(format!("cd '{}'\n{CERTIFICATE}", data.display())))?;
        let sockets = socket_folder(&self.folder);
        let settings =
            format!("{SETTINGS}{more}port = {}\nunix_socket_directories = '{sockets}'\n", self.port);
        let conf = data.join("postgresql.conf");
        let old = fs::read_to_string(&conf).map_err(|error| format!("{}: {error}", conf.display()))?;
        write(&conf, &format!("{old}{settings}"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ended = self.keeper.wait();
    }
}

/// Where PostgreSQL's programs are: those of the newest version that is installed.
///
/// # Errors
/// One line that says what is missing.
pub(crate) fn programs() -> Result<PathBuf, String> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let debian =
        debian.filter(|(version, folder)| *version >= VERSION_AT_LEAST && folder.join("initdb").is_file());
    if let Some((_, folder)) = debian.max() {
        return Ok(folder);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
        .ok_or_else(|| {
            format!("missing: PostgreSQL {VERSION_AT_LEAST} or newer; run `apt-get install postgresql`")
        })
}

/// Starts the process that outlives us for a moment, in a group of its own, where no Ctrl-C reaches it.
fn keep(folder: &Path, stop: &Command) -> Result<Child, String> {
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(folder).arg(stop.get_program()).args(stop.get_args());
    keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    keeper.spawn().map_err(|error| format!("sh does not run: {error}"))
}

/// PostgreSQL refuses to run as root; there it runs as the user that its package makes.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// A folder for the cluster's own that the server's user can reach.
fn place(parent: &Path) -> Result<PathBuf, String> {
    fs::create_dir_all(parent).map_err(|error| format!("{} cannot be made: {error}", parent.display()))?;
    let parent = std::path::absolute(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    let reached = run(as_server(Path::new("test")).arg("-x").arg(&parent)).is_ok();
    let plain = !parent.to_string_lossy().contains('\'');
    Ok(if reached && plain { parent } else { std::env::temp_dir() })
}

/// A socket's path has room for 107 bytes; without that there is none, and nothing here uses it.
fn socket_folder(folder: &Path) -> String {
    let text = folder.to_string_lossy().into_owned();
    if text.len() < 80 { text } else { String::new() }
}

fn free_port() -> Result<u16, String> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|error| format!("no port is free: {error}"))
}

fn password() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    let read = fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| format!("/dev/urandom: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes a file that the server's user may read and nobody else.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let mut tee = as_server(Path::new("sh"));
    tee.args(["-c", "umask 077; cat > \"$1\"", "sh"]).arg(path).stdin(Stdio::piped());
    let mut child = tee.spawn().map_err(|error| format!("sh does not run: {error}"))?;
    let mut input = child.stdin.take().ok_or("sh has no input")?;
    let written = input.write_all(text.as_bytes());
    drop(input);
    let ended = child.wait().is_ok_and(|status| status.success());
    if ended && written.is_ok() { Ok(()) } else { Err(format!("{} cannot be written", path.display())) }
}

/// Runs a program to its end; an error is the last line of what it said.
fn run(command: &mut Command) -> Result<(), String> {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let name = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = command.output().map_err(|error| format!("`{name}` does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or_default().to_owned();
    Err(format!("`{name}` failed: {said}"))
}
