//! Medians and ratios, as a table.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- bench:begin -->\n";
const END: &str = "<!-- bench:end -->";

/// One server, one workload, one round.
pub(crate) struct Sample {
    pub(crate) operations: f64,
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of the server's processor time.
    pub(crate) cpu: f64,
}

impl Sample {
    fn wall_rate(&self) -> f64 {
        self.operations / self.wall
    }

    fn cpu_rate(&self) -> f64 {
        // Less than one tick cannot be told from one.
        self.operations / self.cpu.max(0.01)
    }
}

/// All rounds of one server and workload.
pub(crate) struct Row {
    pub(crate) workload: &'static str,
    pub(crate) server: &'static str,
    pub(crate) samples: Vec<Sample>,
}

impl Row {
    pub(crate) fn new(workload: &'static str, server: &'static str) -> Self {
        Self { workload, server, samples: Vec::new() }
    }

    pub(crate) fn per_wall_second(&self) -> f64 {
        median(&self.samples.iter().map(Sample::wall_rate).collect::<Vec<_>>())
    }

    fn per_cpu_second(&self) -> f64 {
        median(&self.samples.iter().map(Sample::cpu_rate).collect::<Vec<_>>())
    }

    /// How many times as fast as another server, round by round: by the wall clock and by processor time.
    fn against(&self, other: &Self) -> (f64, f64) {
        let pairs = || self.samples.iter().zip(&other.samples);
        let wall: Vec<f64> = pairs().map(|(own, other)| own.wall_rate() / other.wall_rate()).collect();
        let cpu: Vec<f64> = pairs().map(|(own, other)| own.cpu_rate() / other.cpu_rate()).collect();
        (median(&wall), median(&cpu))
    }
}

/// How a server begins, and what it takes.
pub(crate) struct Start {
    pub(crate) engine: &'static str,
    pub(crate) first_token_ms: f64,
    pub(crate) idle_mib: f64,
    pub(crate) loaded_mib: f64,
}

#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) starts: Vec<Start>,
    pub(crate) rows: Vec<Row>,
}

/// Prints the tables, and puts them between the marks of a document.
pub(crate) fn write(figures: &Figures, document: Option<&Path>) -> Result<(), String> {
    let tables = format!("{}\n{}", rates(&figures.rows), starts(&figures.starts));
    println!("\n{tables}");
    let Some(path) = document else { return Ok(()) };
    let old = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let marks = old.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = marks.ok_or_else(|| format!("{} has no marks for the tables", path.display()))?;
    fs::write(path, format!("{before}{BEGIN}{tables}{END}{after}"))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn rates(rows: &[Row]) -> String {
    let mut text = String::from(
        "| workload | server | per second | per CPU second | of minimal, wall / CPU | of oidc-provider, wall / CPU |\n\
         |---|---|---:|---:|---:|---:|\n",
    );
    for row in rows {
        let ratio = |server: &str| {
            let other = rows.iter().find(|other| other.workload == row.workload && other.server == server);
            match other.filter(|other| other.server != row.server) {
                Some(other) => {
                    let (wall, cpu) = row.against(other);
                    format!("{wall:.2} / {cpu:.2}")
                }
                None => String::new(),
            }
        };
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} | {:.0} | {} | {} |",
            row.workload,
            row.server,
            row.per_wall_second(),
            row.per_cpu_second(),
            ratio("minimal"),
            ratio("oidc-provider"),
        );
    }
    text
}

fn starts(starts: &[Start]) -> String {
    let mut text = String::from(
        "| server | first token after start | memory idle | memory after the load |\n|---|---:|---:|---:|\n",
    );
    for start in starts {
        let _ = writeln!(
            text,
            "| {} | {:.0} ms | {:.1} MiB | {:.1} MiB |",
            start.engine, start.first_token_ms, start.idle_mib, start.loaded_mib
        );
    }
    text
}

/// The middle value; 0 of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), middle.checked_sub(1).and_then(|before| sorted.get(before))) {
        (Some(upper), Some(lower)) if sorted.len().is_multiple_of(2) => f64::midpoint(*lower, *upper),
        (Some(value), _) => *value,
        (None, _) => 0.0,
    }
}
