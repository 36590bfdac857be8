//! Opening the store and the key that seals what is in it.

use std::path::PathBuf;
use std::sync::Arc;

use countersign_crypto::{Argon2Hasher, DataKeys, OpenSslSecretKeys, OpenSslVerifier, OsRandom, SystemClock};
use countersign_oauth::{BoxFuture, SecureRandom};
use countersign_outbound::Outbound;
use countersign_storage::{Storage, StorageResult};
use countersign_storage_postgres::PostgresStorage;
use countersign_storage_sqlite::SqliteStorage;

use crate::config::{Config, DataKey, Database, Environment, Layers, Overrides, check_private_file, setting};
use crate::dev::DataDir;
use crate::{Failure, Parts, StoreCheck, copy, files};

/// Where the folder of `countersign dev` is, unless told otherwise.
pub(crate) const DATA_DIR: &str = "./.countersign";

/// Which store a command works on: that of the settings, or that of a folder of `countersign dev`.
#[derive(Clone, Default)]
pub struct StoreOptions {
    /// A folder of `countersign dev`.
    pub data: Option<PathBuf>,
    /// Settings from the command line.
    pub overrides: Overrides,
}

/// The store that a command was told of, not opened yet.
pub(crate) struct Located {
    config: Config,
    pub(crate) database: Database,
    folder: Option<DataDir>,
}

impl StoreOptions {
    /// Opens the store beside a server that may be running.
    ///
    /// # Errors
    /// Which setting is missing or wrong.
    pub(crate) fn open(&self, environment: &Environment) -> Result<Parts, Failure> {
        let located = self.locate(environment)?;
        open(&located.database, located.data_keys()?, &located.config)
    }

    /// Finds where the store is.
    ///
    /// # Errors
    /// Which setting is missing or wrong.
    pub(crate) fn locate(&self, environment: &Environment) -> Result<Located, Failure> {
        let layers = Layers::merge(&self.overrides, environment)?;
        let config = Config::read(&layers)?;
        let default = || Some(PathBuf::from(DATA_DIR)).filter(|path| DataDir::new(path).is_used());
        let folder = match &self.data {
            Some(folder) => Some(folder.clone()),
            None if config.database.is_none() && !self.overrides.has_file() => default(),
            None => None,
        };
        let folder = folder.map(|path| DataDir::new(&path));
        if folder.as_ref().is_some_and(|folder| !folder.is_used()) {
            return Err(Failure::of("--data", "no server was started there before"));
        }
        let of_folder = || folder.as_ref().map(|folder| Database::Sqlite(folder.database_file()));
        let database = config.database.clone().or_else(of_folder).ok_or_else(|| {
            Failure::of(setting::DATABASE.key, "is missing: name --config, --data or --database")
        })?;
        Ok(Located { config, database, folder })
    }
}

impl Located {
    /// The data key of the settings, else that of the folder.
    fn data_keys(&self) -> Result<DataKeys, Failure> {
        match (&self.config.data_key, &self.folder) {
            (None, Some(folder)) => folder.data_keys(&OsRandom),
            _ => data_keys(&self.config),
        }
    }
}

/// Reads the data key that the settings name.
///
/// # Errors
/// When there is none, others can read it, or it is no key.
pub(crate) fn data_keys(config: &Config) -> Result<DataKeys, Failure> {
    match &config.data_key {
        None => Err(Failure::of(setting::DATA_KEY_FILE.key, "is missing")),
        Some(DataKey::Given(text)) => parse_data_keys(setting::DATA_KEY.key, text.expose().as_bytes()),
        Some(DataKey::File(path)) => {
            check_private_file(&setting::DATA_KEY_FILE, path)?;
            let bytes = files::read(path)?.unwrap_or_default();
            parse_data_keys(setting::DATA_KEY_FILE.key, &bytes)
        }
    }
}

/// Parses a data key file; what stands in it is in no message.
///
/// # Errors
/// The line that is no key.
pub(crate) fn parse_data_keys(setting: &str, bytes: &[u8]) -> Result<DataKeys, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::of(setting, "the data key is no text"))?;
    DataKeys::parse(text).map_err(|error| Failure::of(setting, error.to_string()))
}

/// Opens the store and puts the operating system's clock and randomness beside it.
///
/// # Errors
/// Which setting stands in the way.
pub(crate) fn open(database: &Database, keys: DataKeys, config: &Config) -> Result<Parts, Failure> {
    let random: Arc<dyn SecureRandom> = Arc::new(OsRandom);
    let cost = &config.passwords;
    let hasher = Argon2Hasher::start(cost.argon2(), cost.threads, cost.queue, random.clone())
        .map_err(|fault| Failure::of(setting::PASSWORD_MEMORY_KIB.key, fault.to_string()))?;
    let outbound = Outbound::new(&config.outbound)
        .map_err(|error| Failure::of(setting::OUTBOUND_CA_FILE.key, error.to_string()))?;
    let (storage, check) = engine(database, config.migrate_on_start)?;
    copy::refuse_unfinished(database)?;
    Ok(Parts {
        storage,
        check,
        clock: Arc::new(SystemClock),
        random,
        sealer: Arc::new(keys),
        hasher: Arc::new(hasher),
        verifier: Arc::new(OpenSslVerifier::new()?),
        fetch: Arc::new(outbound),
        secret_keys: Arc::new(OpenSslSecretKeys),
    })
}

/// Opens the database with its schema brought up to date, if that is wanted.
fn engine(database: &Database, migrate: Option<bool>) -> Result<(Arc<dyn Storage>, StoreCheck), Failure> {
    match database {
        Database::Sqlite(path) => {
            let url = path.to_string_lossy();
            let refuse = |error: countersign_storage_sqlite::OpenError| {
                Failure::of(setting::DATABASE.key, format!("{}: {}", path.display(), error.refusal))
            };
            if migrate == Some(false) {
                countersign_storage_sqlite::migrate::check(&url).map_err(refuse)?;
            }
            let storage = SqliteStorage::open(&url).map_err(refuse)?;
            Ok((storage.clone(), check(storage, |storage| Box::pin(storage.check()))))
        }
        Database::Postgres(options) => {
            let refuse = |error: countersign_storage_postgres::OpenError| {
                Failure::of(setting::DATABASE.key, error.to_string())
            };
            if migrate == Some(true) {
                countersign_storage_postgres::migrate::apply(options).map_err(refuse)?;
            }
            let storage = PostgresStorage::open(options).map_err(refuse)?;
            Ok((storage.clone(), check(storage, |storage| Box::pin(storage.check()))))
        }
    }
}

/// Asks a store whether it works.
fn check<S: Send + Sync + 'static>(
    storage: Arc<S>,
    ask: for<'a> fn(&'a S) -> BoxFuture<'a, StorageResult<()>>,
) -> StoreCheck {
    Arc::new(move || {
        let storage = storage.clone();
        Box::pin(async move { ask(&storage).await })
    })
}
