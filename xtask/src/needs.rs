//! What the machine must have, and how it gets it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::postgres::cluster;
use crate::work::{self, on_path, succeeds};

/// The oldest Node that the client libraries under test take.
const NODE_AT_LEAST: u32 = 20;
/// Taken from npm where the system's Node is older, as it is on Debian 12.
const NODE_PACKAGES: [&str; 2] = ["22.23.3", "npm@10.9.9"];

/// Where OpenSSL comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenSsl {
    /// The system's development files.
    System,
    /// Compiled by its crate, which takes some minutes more.
    Vendored,
}

impl OpenSsl {
    /// Tells a cargo command not to compile what the system has.
    pub(crate) fn tell(self, command: &mut Command) {
        if self == Self::System && env::var_os("OPENSSL_NO_VENDOR").is_none() {
            command.env("OPENSSL_NO_VENDOR", "1");
        }
    }
}

/// Checks what a build needs, and installs what is missing if it may.
pub(crate) fn for_building() -> Result<OpenSsl, String> {
    let asked = missing_for_building();
    if asked.is_empty() {
        return Ok(OpenSsl::System);
    }
    let refusal = install(&asked).err().unwrap_or_default();
    let missing = missing_for_building();
    if !missing.contains(&"gcc") {
        if openssl_files() {
            return Ok(OpenSsl::System);
        }
        if can_compile_openssl() {
            work::say("no OpenSSL development files here: it is compiled, which takes some minutes more");
            return Ok(OpenSsl::Vendored);
        }
    }
    Err(to_install(&missing, &refusal))
}

/// Checks what the client tests need, and installs what is missing if it may.
/// Returns the folder to put first on their PATH, if the system's Node is too old.
pub(crate) fn for_clients(cache: &Path) -> Result<Option<PathBuf>, String> {
    let missing = missing_for_clients();
    if !missing.is_empty() {
        install(&missing).map_err(|error| to_install(&missing, &error))?;
        let still = missing_for_clients();
        if !still.is_empty() {
            return Err(to_install(&still, "apt-get did not bring them"));
        }
    }
    if node_major("node") >= NODE_AT_LEAST {
        return Ok(None);
    }
    node_from_npm(cache).map(Some)
}

/// Checks that a PostgreSQL server can be started, and installs Debian's if it may.
pub(crate) fn for_postgres() -> Result<(), String> {
    let Err(missing) = cluster::programs() else { return Ok(()) };
    install(&["postgresql"]).map_err(|error| format!("{missing} ({error})"))?;
    cluster::programs().map(drop)
}

fn missing_for_building() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if !["cc", "gcc", "clang"].into_iter().any(on_path) {
        missing.extend(["gcc", "libc6-dev"]);
    }
    if !on_path("pkg-config") {
        missing.push("pkg-config");
    }
    if !openssl_files() {
        missing.push("libssl-dev");
    }
    missing
}

fn missing_for_clients() -> Vec<&'static str> {
    let commands = [
        ("chromium", "chromium"),
        ("chromedriver", "chromium-driver"),
        ("certutil", "libnss3-tools"),
        ("node", "nodejs"),
        ("npm", "npm"),
    ];
    let mut missing: Vec<_> =
        commands.into_iter().filter(|(command, _)| !on_path(command)).map(|(_, package)| package).collect();
    if !succeeds("python3", &["-c", "import ensurepip, venv"]) {
        missing.push("python3-venv");
    }
    missing
}

fn openssl_files() -> bool {
    let headers = ["/usr/include/openssl/opensslv.h", "/usr/local/include/openssl/opensslv.h"];
    env::var_os("OPENSSL_DIR").is_some()
        || succeeds("pkg-config", &["--exists", "openssl"])
        || headers.iter().any(|header| Path::new(header).is_file())
}

fn can_compile_openssl() -> bool {
    // Debian's perl-base lacks the modules that OpenSSL's configuration uses.
    on_path("make") && succeeds("perl", &["-MFindBin", "-MIPC::Cmd", "-e", "1"])
}

/// Installs Debian packages as root, or by sudo where it asks for no password.
fn install(packages: &[&str]) -> Result<(), String> {
    if !on_path("apt-get") {
        return Err("there is no apt-get here".to_owned());
    }
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !root && !succeeds("sudo", &["-n", "true"]) {
        return Err("only root may install them".to_owned());
    }
    work::say(&format!("installing {}", packages.join(" ")));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(if root { "env" } else { "sudo" });
        if !root {
            command.args(["-n", "env"]);
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
        work::run(command)
    };
    apt(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments)
}

fn to_install(packages: &[&str], why: &str) -> String {
    let packages = packages.join(" ");
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    format!("missing: run `apt-get install {packages}`, or install what your system calls these{why}")
}

fn node_from_npm(cache: &Path) -> Result<PathBuf, String> {
    let machine = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => return Err(format!("missing: Node {NODE_AT_LEAST} or newer; npm has none for {other}")),
    };
    let folder = cache.join("node");
    let programs = folder.join("node_modules").join(".bin");
    let node = programs.join("node");
    if node_major(&node.to_string_lossy()) < NODE_AT_LEAST {
        let [version, npm] = NODE_PACKAGES;
        let mut command = Command::new("npm");
        command.args(["install", "--no-fund", "--no-audit", "--no-save", "--prefix"]).arg(&folder);
        command.arg(format!("node-linux-{machine}@{version}")).arg(npm);
        work::run(command)
            .map_err(|error| format!("missing: Node {NODE_AT_LEAST} or newer, and npm gave none: {error}"))?;
    }
    if node_major(&node.to_string_lossy()) < NODE_AT_LEAST {
        return Err(format!("missing: Node {NODE_AT_LEAST} or newer"));
    }
    Ok(programs)
}

/// The first number of `node --version`; 0 where there is none.
fn node_major(node: &str) -> u32 {
    let output = Command::new(node).arg("--version").output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let major = said.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    major.parse().unwrap_or(0)
}
