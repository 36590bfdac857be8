//! The project's own commands, run as `cargo xtask COMMAND`.
#![expect(clippy::disallowed_methods, reason = "a developer's tool reads the environment and the clock")]

mod bench;
mod check;
mod dev;
mod docs;
mod layers;
mod needs;
mod postgres;
mod rfc;
mod sources;
mod test;
mod work;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask dev [ARGUMENTS]        build Countersign and run `countersign dev ARGUMENTS`
cargo xtask test [--only KIND]...  run every test, or the kinds named; `--oas FILE` checks the flows' answers
                                   against a description of the API in OpenAPI 3.1
cargo xtask postgres [COMMAND]     start a private PostgreSQL server, for a command's tests or until Ctrl-C
cargo xtask bench [OPTIONS]        measure the release build, and renew docs/operations/performance.md
cargo xtask check                  the quick loop: fmt, clippy, layers, unit
cargo xtask layers [--write]       check which crate may use which; --write redraws docs/architecture.md
cargo xtask rfc [--write]          check that numbers and sections have tests; --write renews docs/reference
cargo xtask docs [--write]          check that generated pages are up to date; --write renews them
cargo xtask help                   print this

kinds of test, in their order: fmt clippy layers rfc docs unit contract flows attacks failures\n\
    examples package clients";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = arguments.collect();
    match command.as_str() {
        "dev" => dev::run(&rest),
        "test" => test::run(&rest),
        "bench" => bench::run(&rest),
        "check" => check::run(&rest),
        "postgres" => postgres::run(&rest),
        "layers" => layers::run(write_asked(&rest)?),
        "rfc" => rfc::run(write_asked(&rest)?),
        "docs" => docs::run(write_asked(&rest)?),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("no command `{other}`; there are\n\n{HELP}")),
    }
}

/// Reads the one flag that `layers`, `rfc` and `docs` have.
fn write_asked(arguments: &[String]) -> Result<bool, String> {
    match arguments {
        [] => Ok(false),
        [flag] if flag == "--write" => Ok(true),
        _ => Err(format!("only --write is known here, not `{}`", arguments.join(" "))),
    }
}
