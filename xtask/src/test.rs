//! `cargo xtask test`: every kind of test, one after another.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use serde_json::Value;

use self::answers::Contract;
use crate::needs::{self, OpenSsl};
use crate::postgres::{self, cluster::Cluster};
use crate::work::{self, Work};
use crate::{docs, layers, rfc};

mod answers;
mod reuse;

/// A kind of test, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Fmt,
    Clippy,
    Layers,
    Rfc,
    Docs,
    Unit,
    Contract,
    Flows,
    Attacks,
    Failures,
    Examples,
    Package,
    Clients,
}

const KINDS: [(Kind, &str); 13] = [
    (Kind::Fmt, "fmt"),
    (Kind::Clippy, "clippy"),
    (Kind::Layers, "layers"),
    (Kind::Rfc, "rfc"),
    (Kind::Docs, "docs"),
    (Kind::Unit, "unit"),
    (Kind::Contract, "contract"),
    (Kind::Flows, "flows"),
    (Kind::Attacks, "attacks"),
    (Kind::Failures, "failures"),
    (Kind::Examples, "examples"),
    (Kind::Package, "package"),
    (Kind::Clients, "clients"),
];

impl Kind {
    fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn compiles(self) -> bool {
        !matches!(self, Self::Fmt | Self::Layers | Self::Rfc)
    }

    fn needs_postgres(self) -> bool {
        !matches!(self, Self::Fmt | Self::Clippy | Self::Layers | Self::Rfc)
    }
}

/// Where the server under test keeps its tenant: the flows and attacks run whole over each, one after another.
/// The last one is two processes that share a database, and take requests in turn.
const BACKENDS: [&str; 4] = ["memory", "sqlite", "postgres", "postgres-pair"];
/// Tells the tests which backend it is.
const BACKEND: &str = "COUNTERSIGN_TEST_BACKENDS";

/// Runs the kinds that the command line asks for.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let asked = asked(arguments)?;
    run_asked(&asked.kinds, asked.oas.as_deref())
}

/// Runs these kinds, all of them even if one fails, and says how each went.
pub(crate) fn run_kinds(kinds: &[Kind]) -> Result<(), String> {
    run_asked(kinds, None)
}

fn run_asked(kinds: &[Kind], oas: Option<&Path>) -> Result<(), String> {
    let work = Work::find()?;
    let contract = oas.map(|file| Contract::new(file, &work.target_folder()?)).transpose()?;
    let openssl =
        if kinds.iter().any(|kind| kind.compiles()) { needs::for_building()? } else { OpenSsl::System };
    let postgres = match kinds.iter().any(|kind| kind.needs_postgres()) {
        true => Some(postgres::start(&work)?),
        false => None,
    };
    let means = Means { work: &work, openssl, postgres: postgres.as_ref(), contract: contract.as_ref() };
    let mut results = Vec::new();
    let mut errors = Vec::new();
    for &kind in kinds {
        work::say(&format!("\n=== {} ===", kind.name()));
        let start = Instant::now();
        let result = means.run(kind);
        if let Err(error) = &result {
            eprintln!("{error}");
            errors.push(format!("{}: {error}", kind.name()));
        }
        results.push((kind.name(), start.elapsed(), result.is_ok()));
    }
    if kinds.contains(&Kind::Flows) {
        match &contract {
            None => work::say("answers: checked against no description of the API; `--oas FILE` names one"),
            Some(contract) => {
                let start = Instant::now();
                let result = contract.check();
                let passed = result.is_ok();
                errors.extend(result.err().map(|error| format!("answers: {error}")));
                results.push(("answers", start.elapsed(), passed));
            }
        }
    }
    errors.iter().for_each(|error| work::say(error));
    work::say(&summary(&results));
    if results.iter().all(|(_, _, passed)| *passed) { Ok(()) } else { Err("not all passed".to_owned()) }
}

/// What the command line asks for.
#[derive(Debug)]
struct Asked {
    kinds: Vec<Kind>,
    /// A description of the API, to check the answers of the flows against.
    oas: Option<PathBuf>,
}

fn asked(arguments: &[String]) -> Result<Asked, String> {
    let mut only = Vec::new();
    let mut oas = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--oas" {
            oas = Some(PathBuf::from(arguments.next().ok_or("--oas takes a file")?));
            continue;
        }
        let name = match argument.strip_prefix("--only") {
            Some("") => arguments.next().map(String::as_str),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        let name =
            name.ok_or_else(|| format!("test takes `--only KIND` and `--oas FILE`, not `{argument}`"))?;
        let kind = KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind);
        only.push(kind.ok_or_else(|| format!("no kind `{name}`; there are {}", names()))?);
    }
    let all = KINDS.iter().map(|(kind, _)| *kind);
    let kinds: Vec<Kind> = all.filter(|kind| only.is_empty() || only.contains(kind)).collect();
    if oas.is_some() && !kinds.contains(&Kind::Flows) {
        return Err("--oas checks the answers of the flows, which do not run".to_owned());
    }
    Ok(Asked { kinds, oas })
}

fn names() -> String {
    KINDS.map(|(_, name)| name).join(" ")
}

fn summary(results: &[(&str, Duration, bool)]) -> String {
    let mut text = String::from("\nkind       seconds  result\n");
    for (name, time, passed) in results {
        let result = if *passed { "passed" } else { "FAILED" };
        let _ = writeln!(text, "{:<10} {:>7.1}  {result}", name, time.as_secs_f64());
    }
    let passed = results.iter().filter(|(_, _, passed)| *passed).count();
    let _ = write!(text, "\n{passed} passed, {} failed", results.len() - passed);
    text
}

/// What the kinds are run with.
struct Means<'a> {
    work: &'a Work,
    openssl: OpenSsl,
    postgres: Option<&'a Cluster>,
    contract: Option<&'a Contract>,
}

impl Means<'_> {
    fn run(&self, kind: Kind) -> Result<(), String> {
        match kind {
            Kind::Fmt => {
                self.cargo(&["fmt", "--all", "--check"])?;
                work::run(reuse::in_examples(self.work, &["fmt", "--all", "--check"]))
            }
            Kind::Clippy => {
                self.cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
            }
            Kind::Layers => layers::run(false),
            Kind::Rfc => rfc::run(false),
            Kind::Docs => docs::run(false),
            Kind::Unit => {
                let targets = unit_targets(&self.work.metadata(&["--no-deps"])?);
                let mut arguments =
                    vec!["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins"];
                for target in &targets {
                    arguments.extend(["--test", target]);
                }
                self.cargo(&arguments)?;
                self.cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--doc"])
            }
            Kind::Contract | Kind::Failures => self.named(kind.name(), None),
            Kind::Flows | Kind::Attacks => self.on_each_backend(kind.name()),
            Kind::Examples => reuse::examples(self.work, self.openssl),
            Kind::Package => {
                reuse::package(self.work, self.openssl)?;
                reuse::documentation(self.work, self.openssl)
            }
            Kind::Clients => {
                // Naming one small test target brings in the features that the tests compiled with.
                let binary = ["--bin", "countersign", "--test", "contract"];
                self.cargo(&[["build", "--workspace", "--locked"].as_slice(), &binary].concat())?;
                clients(self)
            }
        }
    }

    fn cargo(&self, arguments: &[&str]) -> Result<(), String> {
        work::run_within_deadline(self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.work.cargo(arguments);
        self.openssl.tell(&mut command);
        if let Some(cluster) = self.postgres {
            postgres::tell(cluster, &mut command);
        }
        command
    }

    /// Runs a test target. Each names the whole workspace, so that cargo settles on one set of features and
    /// compiles nothing twice.
    fn named(&self, name: &str, backend: Option<&str>) -> Result<(), String> {
        let mut command =
            self.command(&["test", "--workspace", "--locked", "--no-fail-fast", "--test", name]);
        if let Some(backend) = backend {
            command.env(BACKEND, backend);
        }
        if let Some(contract) = self.contract.filter(|_| name == Kind::Flows.name()) {
            command.env(answers::VARIABLE, contract.record());
        }
        work::run_within_deadline(command)
    }

    /// Runs a test target over each backend, whichever fails.
    fn on_each_backend(&self, name: &str) -> Result<(), String> {
        let mut failed = Vec::new();
        for backend in BACKENDS {
            work::say(&format!("\n--- {name} on {backend} ---"));
            let start = Instant::now();
            if let Err(error) = self.named(name, Some(backend)) {
                failed.push(format!("{name} failed on {backend}: {error}"));
            }
            work::say(&format!("{name} on {backend}: {:.1} seconds", start.elapsed().as_secs_f64()));
        }
        if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
    }
}

/// The names of the tests below `tests/` that no other kind runs.
fn unit_targets(metadata: &Value) -> Vec<String> {
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned();
    let packages = list(metadata, "packages").unwrap_or_default();
    let targets = packages.iter().flat_map(|package| list(package, "targets").unwrap_or_default());
    let tests =
        targets.filter(|target| list(target, "kind").is_some_and(|kind| kind.contains(&"test".into())));
    let mut names: Vec<String> =
        tests.filter_map(|target| target.get("name").and_then(Value::as_str).map(str::to_owned)).collect();
    names.retain(|name| !KINDS.iter().any(|(_, kind)| kind == name));
    names.sort();
    names.dedup();
    names
}

fn clients(means: &Means) -> Result<(), String> {
    let work = means.work;
    let script = Path::new("tests/clients/run.mjs");
    if !work.root().join(script).is_file() {
        return Err(format!("{} is missing", script.display()));
    }
    let target = work.target_folder()?;
    let programs = needs::for_clients(&target.join("xtask"))?;
    let home = env::temp_dir().join(format!("countersign-home-{}", std::process::id()));
    fs::create_dir(&home).map_err(|error| format!("{} cannot be made: {error}", home.display()))?;
    let path = search_path(programs)?;
    let mut node = Command::new("node");
    node.arg(script).arg("--binary").arg(target.join("debug").join("countersign"));
    node.arg("--cache").arg(target.join("clients")).env("CARGO_TARGET_DIR", &target);
    means.openssl.tell(&mut node);
    if let Some(cluster) = means.postgres {
        postgres::tell(cluster, &mut node);
    }
    node.current_dir(work.root()).env("PATH", path);
    in_home(&mut node, &home);
    let result = work::run_within_deadline(node);
    if let Err(error) = fs::remove_dir_all(&home) {
        eprintln!("{} stays behind: {error}", home.display());
    }
    result
}

fn search_path(first: Option<PathBuf>) -> Result<std::ffi::OsString, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = first.into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).map_err(|error| format!("PATH cannot be extended: {error}"))
}

/// Gives a child a home of its own, so that no trust store of the user is touched,
/// and keeps where packages come from.
fn in_home(command: &mut Command, home: &Path) {
    command.env("HOME", home);
    for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env_remove(name);
    }
    let Some(real) = env::home_dir() else { return };
    let kept = [
        ("npm_config_userconfig", ".npmrc"),
        ("npm_config_cache", ".npm"),
        ("PIP_CONFIG_FILE", ".config/pip/pip.conf"),
        ("PIP_CACHE_DIR", ".cache/pip"),
        ("CARGO_HOME", ".cargo"),
        ("RUSTUP_HOME", ".rustup"),
    ];
    for (name, below) in kept {
        let place = real.join(below);
        if env::var_os(name).is_none() && place.exists() {
            command.env(name, place);
        }
    }
}

#[cfg(test)]
mod tests;
