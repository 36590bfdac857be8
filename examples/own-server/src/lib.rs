//! A server composed from Countersign's crates, with a store, a grant and a client authentication method of
//! our own.

mod client_badge;
mod intranet;
mod partner_ticket;

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use countersign_crypto::{
    Argon2Cost, Argon2Hasher, DataKeys, OpenSslSecretKeys, OpenSslVerifier, OsRandom, SystemClock,
};
use countersign_management::{Admin, ParseOptions, TenantFile};
use countersign_oauth::{BoxFuture, ClientId, Fault, Issuer};
use countersign_outbound::{Outbound, OutboundOptions};
use countersign_server::{Deployment, Parts, Protocol, Running, ServeOptions, Sockets};
use countersign_storage::{
    Change, Changes, CommitError, Settings as _, Storage, TokenEndpointAuthMethod, Upsert,
};
use storage_redb::RedbStorage;

pub use client_badge::ClientBadge;
pub use intranet::Intranet;
pub use partner_ticket::PartnerTicket;

/// What goes wrong at start, as a text for whoever starts it.
pub type Outcome<T> = Result<T, String>;

// docs:begin parts
/// Everything that the server stands on. `hashing` says what a password hash costs.
///
/// # Errors
/// When the store or a part of it cannot be opened.
pub fn parts(data: &Path, hashing: Argon2Cost) -> Outcome<Parts> {
    let storage = RedbStorage::open(&data.join("store.redb")).map_err(text)?;
    let storage = Arc::new(storage);
    let checked = storage.clone();
    let random = Arc::new(OsRandom);
    Ok(Parts {
        storage,
        // `/readyz` says no while this answers with a fault.
        check: Arc::new(move || {
            let storage = checked.clone();
            let check: BoxFuture<'static, Result<(), Fault>> =
                Box::pin(async move { storage.configuration_version().await.map(drop) });
            check
        }),
        clock: Arc::new(SystemClock),
        random: random.clone(),
        sealer: Arc::new(data_keys(&data.join("data.key"))?),
        hasher: Arc::new(Argon2Hasher::start(hashing, 2, 64, random).map_err(text)?),
        verifier: Arc::new(OpenSslVerifier::new().map_err(text)?),
        // Calls identity providers: by TLS, with limits, and on public addresses alone.
        fetch: Arc::new(Outbound::new(&OutboundOptions::default()).map_err(text)?),
        secret_keys: Arc::new(OpenSslSecretKeys),
    })
}
// docs:end parts

/// The key that seals what is in the store: made at the first start, then read.
fn data_keys(path: &Path) -> Outcome<DataKeys> {
    if let Ok(known) = std::fs::read_to_string(path) {
        return DataKeys::parse(&known).map_err(text);
    }
    let keys = DataKeys::generate(&OsRandom);
    write_private(path, keys.to_text().expose().as_bytes()).map_err(text)?;
    Ok(keys)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

// docs:begin compose
/// Starts the server: what every Countersign speaks, and our grant, method and identity provider beside it.
///
/// # Errors
/// What contradicts itself, or cannot be started.
pub fn start(parts: &Parts, issuer: &str, ticket: PartnerTicket, http: TcpListener) -> Outcome<Running> {
    let protocol = Protocol::standard().map_err(text)?;
    let protocol = protocol.with_grant(ticket).map_err(text)?;
    let protocol = protocol.with_client_method(ClientBadge).map_err(text)?;
    let protocol = protocol.with_provider(Intranet).map_err(text)?;
    let deployment = Deployment::new(vec![Issuer::new(issuer)]);
    let sockets = Sockets { http: vec![http], ..Sockets::default() };
    Running::start_speaking(parts, &deployment, protocol, sockets, ServeOptions::default()).map_err(text)
}
// docs:end compose

/// Applies a tenant file, as `countersign apply` does.
///
/// # Errors
/// Everything in it that cannot be taken.
pub fn apply(parts: &Parts, yaml: &str) -> Outcome<()> {
    let options = ParseOptions::default();
    let (file, _warnings) = TenantFile::parse(yaml, options)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let admin = Admin { storage: &*parts.storage, random: &*parts.random, now: parts.clock.now() };
    let applied = pollster::block_on(countersign_management::apply(&file, &*parts.sealer, &admin));
    applied.map(drop).map_err(|error| format!("{error:?}"))
}

// docs:begin register
/// Registers a client for a method of ours. A tenant file cannot: it knows Auth0's methods alone.
///
/// # Errors
/// When there is no such client, or the store fails.
pub fn register(storage: &dyn Storage, client: &ClientId, method: &str) -> Outcome<()> {
    let stored = pollster::block_on(storage.client(client)).map_err(text)?;
    let mut record = stored.ok_or_else(|| format!("there is no client {client}"))?;
    let expected_version = Some(record.version);
    record.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::Foreign(method.to_owned());
    // What was authenticated by the old method is decided again.
    let upsert = Upsert { record, expected_version, raise_epoch: true };
    match pollster::block_on(storage.commit(Changes::none().with(Change::UpsertClient(upsert)))) {
        Ok(()) => Ok(()),
        Err(CommitError::Fault(fault)) => Err(text(fault)),
        Err(CommitError::Conflict(_)) => Err(format!("{client} was changed meanwhile: try again")),
    }
}
// docs:end register

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
