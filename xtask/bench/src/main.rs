//! The tool behind `cargo xtask bench`; see `xtask/bench/README.md` for what is measured and how.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and waits for it")]

mod browser;
mod connection;
mod minimal;
mod ours;
mod peer;
mod process;
mod recording;
mod report;
mod rounds;
mod script;
mod workload;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::rounds::Plan;

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("minimal") => options().and_then(|options| minimal::run(&options)),
        Some("run") => options().and_then(|options| Plan::read(&options)).and_then(|plan| rounds::run(&plan)),
        _ => Err(
            "usage: bench run --countersign FILE --folder DIR … | bench minimal --port N --recording FILE"
                .to_owned(),
        ),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The command line behind its first word, `--name value` pairs.
struct Options(BTreeMap<String, String>);

impl Options {
    fn text(&self, name: &str) -> Result<&str, String> {
        self.maybe(name).ok_or_else(|| format!("--{name} is missing"))
    }

    fn maybe(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn path(&self, name: &str) -> Result<PathBuf, String> {
        self.text(name).map(PathBuf::from)
    }

    fn number(&self, name: &str, default: u32) -> Result<u32, String> {
        match self.maybe(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("--{name} takes a number, not `{text}`")),
        }
    }
}

fn options() -> Result<Options, String> {
    let mut words = std::env::args().skip(2);
    let mut options = BTreeMap::new();
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").ok_or_else(|| format!("an option was expected, not `{word}`"))?;
        let value = words.next().ok_or_else(|| format!("--{name} has no value"))?;
        options.insert(name.to_owned(), value);
    }
    Ok(Options(options))
}
