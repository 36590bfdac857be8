//! Opening the store and the key that seals what is in it.

use std::path::PathBuf;
use std::sync::Arc;

use countersign_crypto::{Argon2Hasher, DataKeys, OpenSslVerifier, OsRandom, SystemClock};
use countersign_oauth::SecureRandom;
use countersign_storage_sqlite::SqliteStorage;

use crate::config::{
    Config, DataKey, Database, Environment, Layers, Overrides, PasswordCost, check_private_file, setting,
};
use crate::dev::DataDir;
use crate::{Failure, Parts, files};

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

impl StoreOptions {
    /// Opens the store beside a server that may be running.
    ///
    /// # Errors
    /// Which setting is missing or wrong.
    pub(crate) fn open(&self, environment: &Environment) -> Result<Parts, Failure> {
        let layers = Layers::merge(&self.overrides, environment)?;
        let config = Config::read(&layers)?;
        let default = || Some(PathBuf::from(DATA_DIR)).filter(|path| DataDir::new(path).is_used());
        let folder = match &self.data {
            Some(folder) => Some(folder.clone()),
            None if config.database.is_none() && !self.overrides.has_file() => default(),
            None => None,
        };
        let Some(folder) = folder.map(|path| DataDir::new(&path)) else {
            let database = config.database.clone().ok_or_else(|| {
                Failure::of(setting::DATABASE.key, "is missing: name --config, --data or --database")
            })?;
            let keys = data_keys(&config)?;
            return open(&database, keys, &config.passwords);
        };
        if !folder.is_used() {
            return Err(Failure::of("--data", "no server was started there before"));
        }
        let database = config.database.clone().unwrap_or_else(|| Database::Sqlite(folder.database_file()));
        let keys = match &config.data_key {
            Some(_) => data_keys(&config)?,
            None => folder.data_keys(&OsRandom)?,
        };
        open(&database, keys, &config.passwords)
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
pub(crate) fn open(database: &Database, keys: DataKeys, cost: &PasswordCost) -> Result<Parts, Failure> {
    let Database::Sqlite(path) = database;
    let random: Arc<dyn SecureRandom> = Arc::new(OsRandom);
    let hasher = Argon2Hasher::start(cost.argon2(), cost.threads, cost.queue, random.clone())
        .map_err(|fault| Failure::of(setting::PASSWORD_MEMORY_KIB.key, fault.to_string()))?;
    let storage = SqliteStorage::open(&path.to_string_lossy()).map_err(|error| {
        Failure::of(setting::DATABASE.key, format!("{}: {}", path.display(), error.refusal))
    })?;
    let checked = storage.clone();
    Ok(Parts {
        storage,
        check: Arc::new(move || {
            let storage = checked.clone();
            Box::pin(async move { storage.check().await })
        }),
        clock: Arc::new(SystemClock),
        random,
        sealer: Arc::new(keys),
        hasher: Arc::new(hasher),
        verifier: Arc::new(OpenSslVerifier::new()?),
    })
}
