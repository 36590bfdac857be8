//! Starts the API: `resource-server --issuer URL --url URL --listen ADDRESS`.

use std::process::ExitCode;
use std::sync::Arc;

use resource_server::{Api, Guard, Http, IssuerKeys, NonceKey, Settings, UsedProofs, serve};

/// Proofs that are remembered at a time: some 20 MB, and 800 requests in each second.
const ROOM: usize = 100_000;
const WORKERS: usize = 4;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("resource-server: {error}");
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
    let issuer = option("--issuer")?;
    if !issuer.ends_with('/') {
        return Err("--issuer ends with a slash, as `iss` does".to_owned());
    }
    let keys = Http::new(&format!("{issuer}.well-known/jwks.json")).map_err(|error| error.0)?;
    let url = option("--url")?.trim_end_matches('/').to_owned();
    let settings = Settings { issuer, url };
    let nonce_key = NonceKey::generate().map_err(|error| format!("no random bytes: {error}"))?;
    let guard = Guard::new(settings, IssuerKeys::new(Box::new(keys)), UsedProofs::new(ROOM), nonce_key);
    let listen = option("--listen")?;
    let server = tiny_http::Server::http(&listen).map_err(|error| format!("{listen}: {error}"))?;
    println!("listening on {}", server.server_addr());
    serve(&server, &Arc::new(Api { guard }), WORKERS);
    Ok(())
}
