//! Starts the server and serves until SIGTERM or Ctrl-C.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use countersign_crypto::{Argon2Cost, OsRandom};
use countersign_dpop::P256Verifier;
use countersign_jose::PublishedKeys;
use countersign_server::Ended;
use own_server::{Outcome, PartnerTicket, apply, parts, register, start};

fn main() -> ExitCode {
    match run() {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        // A server that runs ends in no third way.
        Ok(Ended::Cut | Ended::Behind) => ExitCode::from(3),
        Err(error) => {
            eprintln!("own-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<Ended> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let find = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let option = |name: &str| find(name).ok_or_else(|| format!("{name} is missing"));
    let read = |path: String| std::fs::read(&path).map_err(|error| format!("{path}: {error}"));
    let data = PathBuf::from(option("--data")?);
    std::fs::create_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
    let parts = parts(&data, Argon2Cost::default())?;
    if let Some(path) = find("--tenant") {
        apply(&parts, &String::from_utf8_lossy(&read(path)?))?;
    }
    if let Some(client) = find("--assertion-client") {
        register(&*parts.storage, &client.as_str().into(), "client_badge")?;
    }
    let keys = PublishedKeys::parse(&read(option("--partner-keys")?)?, Arc::new(P256Verifier))
        .map_err(|error| format!("--partner-keys: {error}"))?;
    let ticket = PartnerTicket::new(&option("--partner")?, keys, Arc::new(OsRandom));
    let listen = option("--listen")?;
    let http = std::net::TcpListener::bind(&listen).map_err(|error| format!("{listen}: {error}"))?;
    let issuer = option("--issuer")?;
    let running = start(&parts, &issuer, ticket, http)?;
    println!("serving {issuer}");
    running.wait_for_signal().map_err(|error| error.to_string())
}
