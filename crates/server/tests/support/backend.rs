use std::sync::Arc;

use countersign_postgres_testbed::Database;
use countersign_server::StoreCheck;
use countersign_storage::Storage;
use countersign_storage_memory::MemoryStorage;
use countersign_storage_postgres::{PostgresOptions, PostgresStorage};
use countersign_storage_sqlite::SqliteStorage;

/// Says where the tenant of a whole run is stored: names of backends, separated by commas.
const VARIABLE: &str = "COUNTERSIGN_TEST_BACKENDS";

/// Where the tenant is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Memory,
    Sqlite,
    Postgres,
    /// Two processes that share a PostgreSQL database and nothing else, and take requests in turn.
    PostgresPair,
}

impl Backend {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Memory, "memory"),
        (Self::Sqlite, "sqlite"),
        (Self::Postgres, "postgres"),
        (Self::PostgresPair, "postgres-pair"),
    ];

    /// The backends of this run; without being told, those that need no server.
    ///
    /// `cargo xtask test` runs the whole of flows and attacks once for each.
    pub fn chosen() -> Vec<Self> {
        let Ok(names) = std::env::var(VARIABLE) else { return vec![Self::Memory, Self::Sqlite] };
        let find = |name: &str| {
            let found = Self::ALL.iter().find(|(_, known)| *known == name);
            found.unwrap_or_else(|| panic!("{VARIABLE}: there is no backend `{name}`")).0
        };
        names.split(',').map(find).collect()
    }

    /// The backend of a test that runs on one alone.
    pub fn first() -> Self {
        Self::chosen()[0]
    }
}

/// A store as a process has it.
pub struct Opened {
    pub storage: Arc<dyn Storage>,
    pub check: StoreCheck,
}

/// An empty store of a test, gone when the value is.
pub struct Store {
    /// One for each process, each opened for itself.
    pub processes: Vec<Opened>,
    _folder: Option<tempfile::TempDir>,
    _database: Option<Database>,
}

impl Store {
    pub fn open(backend: Backend) -> Self {
        match backend {
            Backend::Memory => Self::of(vec![Opened {
                storage: Arc::new(MemoryStorage::new()),
                check: Arc::new(|| Box::pin(async { Ok(()) })),
            }]),
            Backend::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("test.db");
                let storage = SqliteStorage::open(path.to_str().unwrap()).unwrap();
                let checked = storage.clone();
                let check: StoreCheck = Arc::new(move || {
                    let storage = checked.clone();
                    Box::pin(async move { storage.check().await })
                });
                Self { _folder: Some(folder), ..Self::of(vec![Opened { storage, check }]) }
            }
            Backend::Postgres => Self::postgres(1),
            Backend::PostgresPair => Self::postgres(2),
        }
    }

    fn postgres(processes: usize) -> Self {
        let database = Database::lend();
        let options = PostgresOptions { pool_size: 3, ..database.options() };
        Self { _database: Some(database), ..Self::on(&options, processes) }
    }

    /// A PostgreSQL database that is there and migrated, opened by so many processes.
    pub fn on(options: &PostgresOptions, processes: usize) -> Self {
        let open = || {
            let storage = PostgresStorage::open(options).unwrap();
            let checked = storage.clone();
            let check: StoreCheck = Arc::new(move || {
                let storage = checked.clone();
                Box::pin(async move { storage.check().await })
            });
            Opened { storage, check }
        };
        Self::of((0..processes).map(|_| open()).collect())
    }

    fn of(processes: Vec<Opened>) -> Self {
        Self { processes, _folder: None, _database: None }
    }
}
