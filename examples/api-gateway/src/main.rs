//! Starts the gateway: `api-gateway --clients FILE --url URL --upstream URL --listen ADDRESS`.

use std::process::ExitCode;

use api_gateway::{Callers, Gateway, UsedAssertions, serve};

/// Assertions that are remembered at a time: some 25 MB, and 250 requests in each second.
const ROOM: usize = 100_000;
const WORKERS: usize = 4;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("api-gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).cloned().ok_or_else(|| format!("{name} is missing"))
    };
    let file = option("--clients")?;
    let json = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let callers = Callers::parse(&json).map_err(|error| format!("{file}: {error}"))?;
    let gateway = Gateway::new(callers, UsedAssertions::new(ROOM), &option("--url")?, &option("--upstream")?);
    let listen = option("--listen")?;
    let server = tiny_http::Server::http(&listen).map_err(|error| format!("{listen}: {error}"))?;
    println!("listening on {}", server.server_addr());
    serve(&server, &gateway, WORKERS);
    Ok(())
}
