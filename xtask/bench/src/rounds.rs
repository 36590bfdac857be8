//! The order of a run: set up, warm up, measure every server in every round, report.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::ours::Ours;
use crate::process::{self, Server};
use crate::recording::Recorded;
use crate::report::{Figures, Row, Sample, Start};
use crate::script::Script;
use crate::workload::{ALL, Algorithm, OURS, PEERS, Speech, Workload};
use crate::{Options, peer, report};

const STARTS: usize = 5;
/// How long a server that did nothing yet is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

/// What the command line asks for.
pub(crate) struct Plan {
    countersign: PathBuf,
    folder: PathBuf,
    peer: PathBuf,
    report: Option<PathBuf>,
    postgres: Option<String>,
    rounds: u32,
    seconds: u32,
    connections: u32,
    /// Only workloads whose name contains this.
    only: Option<String>,
}

impl Plan {
    pub(crate) fn read(options: &Options) -> Result<Self, String> {
        Ok(Self {
            countersign: options.path("countersign")?,
            folder: options.path("folder")?,
            peer: options.path("peer")?,
            report: options.maybe("report").map(PathBuf::from),
            postgres: std::env::var("BENCH_POSTGRES").ok(),
            rounds: options.number("rounds", 5)?,
            seconds: options.number("seconds", 3)?,
            connections: options.number("connections", 32)?,
            only: options.maybe("only").map(str::to_owned),
        })
    }
}

/// A server under load.
struct Target {
    name: &'static str,
    server: Server,
    speech: Speech,
    /// The minimal server tells workloads apart by a first path segment.
    is_minimal: bool,
}

/// Runs the plan and writes its report.
pub(crate) fn run(plan: &Plan) -> Result<(), String> {
    process::move_to_load_core()?;
    fs::create_dir_all(&plan.folder).map_err(|error| format!("{}: {error}", plan.folder.display()))?;
    let mut figures = Figures::default();
    let mut targets = Vec::new();
    for (name, folder, database) in engines(plan) {
        let ours = Ours::prepare(&plan.countersign, plan.folder.join(folder), database)?;
        let (server, start) = first_tokens(name, &ours)?;
        println!("{name}: {:.1} MiB idle, first token after {:.0} ms", start.idle_mib, start.first_token_ms);
        figures.starts.push(start);
        targets.push(Target { name, server, speech: OURS, is_minimal: false });
    }
    let workloads: Vec<Workload> = ALL.into_iter().filter(|workload| plan.asks_for(*workload)).collect();
    let first = targets.first().ok_or("no server to record from")?;
    let recording = plan.folder.join("recording.json");
    record(&workloads, first, &recording)?;
    let mut minimal = minimal(plan, &recording)?;
    minimal.wait()?;
    targets.push(Target { name: "minimal", server: minimal, speech: OURS, is_minimal: true });
    let mut other = peer::start(&plan.peer, &plan.folder.join("peer.log"))?;
    other.wait()?;
    targets.push(Target { name: "oidc-provider", server: other, speech: PEERS, is_minimal: false });
    for (at, workload) in workloads.iter().enumerate() {
        figures.rows.extend(measure(plan, (at, *workload), &targets)?);
    }
    for (target, start) in targets.iter().zip(&mut figures.starts) {
        start.loaded_mib = target.server.memory_mib()?;
    }
    report::write(&figures, plan.report.as_deref())
}

impl Plan {
    fn asks_for(&self, workload: Workload) -> bool {
        self.only.as_ref().is_none_or(|part| workload.name().contains(part.as_str()))
    }
}

fn engines(plan: &Plan) -> Vec<(&'static str, &'static str, Option<&str>)> {
    let mut engines = vec![("Countersign, SQLite", "sqlite", None)];
    if let Some(url) = &plan.postgres {
        engines.push(("Countersign, PostgreSQL", "postgres", Some(url.as_str())));
    }
    engines
}

/// Starts a server several times, up to its first token each time; the last one stays.
fn first_tokens(engine: &'static str, ours: &Ours) -> Result<(Server, Start), String> {
    let mut times = Vec::new();
    loop {
        let start = Instant::now();
        let mut server = ours.start()?;
        let mut connection = server.wait()?;
        let mut script = OURS.script(Workload::ClientCredentials(Algorithm::Es256), server.port)?;
        connection.send(&script.next())?;
        script.take(connection.receive()?)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        if times.len() > STARTS {
            std::thread::sleep(IDLE);
            // The first start made the database warm; it does not count.
            let first_token_ms = report::median(times.get(1..).unwrap_or_default());
            let idle_mib = server.memory_mib()?;
            return Ok((server, Start { engine, first_token_ms, idle_mib, loaded_mib: 0.0 }));
        }
    }
}

fn minimal(plan: &Plan, recording: &std::path::Path) -> Result<Server, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let port = process::free_port()?;
    let mut command = Command::new(own);
    command.args(["minimal", "--port", &port.to_string(), "--recording"]).arg(recording);
    Server::start(command, port, &plan.folder.join("minimal.log"))
}

/// Keeps one operation of each workload for the minimal server.
fn record(workloads: &[Workload], target: &Target, file: &std::path::Path) -> Result<(), String> {
    let mut recorded = Vec::new();
    for (at, workload) in workloads.iter().enumerate() {
        let mut script = target.speech.script(*workload, target.server.port)?;
        let mut connection = Connection::open(target.server.port)?;
        loop {
            let request = below(at, script.next());
            let line = String::from_utf8_lossy(&request).into_owned();
            let path = line.split([' ', '?']).nth(1).unwrap_or_default();
            connection.send(&script.next())?;
            let answer = connection.receive()?;
            recorded.push(Recorded::of(path, &answer));
            if script.take(answer)? {
                break;
            }
        }
    }
    Recorded::write(file, &recorded)
}

/// Puts the number of a workload before the path of a request.
fn below(workload: usize, request: Vec<u8>) -> Vec<u8> {
    let Some(at) = request.iter().position(|byte| *byte == b'/') else { return request };
    let (method, rest) = request.split_at(at);
    [method, format!("/{workload}").as_bytes(), rest].concat()
}

fn measure(plan: &Plan, workload: (usize, Workload), targets: &[Target]) -> Result<Vec<Row>, String> {
    let (at, workload) = workload;
    let mut scripts: Vec<Vec<Script>> = Vec::new();
    for target in targets {
        let prepared = match scripts.first() {
            Some(first) if target.is_minimal => first.clone(),
            _ => (0..plan.connections)
                .map(|_| target.speech.script(workload, target.server.port))
                .collect::<Result<_, _>>()
                .map_err(|error| format!("{}, {}: {error}", workload.name(), target.name))?,
        };
        scripts.push(prepared);
    }
    let mut rows: Vec<Row> = targets.iter().map(|target| Row::new(workload.name(), target.name)).collect();
    for round in 0..=plan.rounds {
        for ((target, scripts), row) in targets.iter().zip(&mut scripts).zip(&mut rows) {
            // Round 0 warms up.
            let seconds = if round == 0 { 1 } else { plan.seconds };
            let prefix = target.is_minimal.then_some(at);
            let sample = drive(&target.server, scripts, prefix, seconds)
                .map_err(|error| format!("{}, {}: {error}", workload.name(), target.name))?;
            if round > 0 {
                row.samples.push(sample);
            }
        }
    }
    for row in &rows {
        println!("{:<30} {:<26} {:>9.0} per s", row.workload, row.server, row.per_wall_second());
    }
    Ok(rows)
}

/// Keeps one request in flight on each connection for so many seconds.
fn drive(
    server: &Server,
    scripts: &mut [Script],
    prefix: Option<usize>,
    seconds: u32,
) -> Result<Sample, String> {
    let request = |script: &Script| match prefix {
        Some(at) => below(at, script.next()),
        None => script.next(),
    };
    let mut connections: Vec<Connection> =
        scripts.iter().map(|_| Connection::open(server.port)).collect::<Result<_, _>>()?;
    let duration = Duration::from_secs(seconds.into());
    let (cpu, start) = (server.cpu_seconds()?, Instant::now());
    for (connection, script) in connections.iter_mut().zip(scripts.iter()) {
        connection.send(&request(script))?;
    }
    let mut operations = 0_u32;
    let mut more = true;
    while more {
        more = start.elapsed() < duration;
        for (connection, script) in connections.iter_mut().zip(scripts.iter_mut()) {
            operations += u32::from(script.take(connection.receive()?)?);
            if more {
                connection.send(&request(script))?;
            }
        }
    }
    let wall = start.elapsed().as_secs_f64();
    Ok(Sample { operations: operations.into(), wall, cpu: server.cpu_seconds()? - cpu })
}
