#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test library: what is wrong with the server for tests is told by a panic"
)]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use countersign_oauth::Secret;
use countersign_storage_postgres::{PostgresOptions, Tls, migrate};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The variable that names the server for tests.
pub const VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES";

/// Ends who is still connected, and puts back what a migrated database holds. Nothing checks references
/// meanwhile, so that the order of the tables is of no matter.
const CLEAN: &str = r"
DO $$
DECLARE place record;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR place IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'schema_migrations' LOOP
        EXECUTE format('DELETE FROM public.%I', place.tablename);
    END LOOP;
    FOR place IN SELECT tablename FROM pg_tables WHERE schemaname = 'seed' LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM seed.%I', place.tablename, place.tablename);
    END LOOP;
END $$";

/// Keeps aside what the migrations put in.
const SEED: &str = r"
DO $$
DECLARE
    place record;
    rows bigint;
BEGIN
    CREATE SCHEMA seed;
    FOR place IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'schema_migrations' LOOP
        EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', place.tablename, place.tablename);
        GET DIAGNOSTICS rows = ROW_COUNT;
        IF rows = 0 THEN
            EXECUTE format('DROP TABLE seed.%I', place.tablename);
        END IF;
    END LOOP;
END $$";

/// Databases that were lent, are clean again and wait for the next test.
static CLEANED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A database of its own, as long as it lives.
pub struct Database {
    name: String,
    is_lent: bool,
}

impl Database {
    /// A database with the schema in it and nothing else.
    ///
    /// # Panics
    /// When there is no server for tests.
    #[must_use]
    pub fn make() -> Self {
        Self::create(&format!("TEMPLATE {}", template()))
    }

    /// A database like that of [`Database::make`], which the next test of the process gets when this one is
    /// done with it. For tests that change rows alone: making a database takes longer than most of them.
    ///
    /// # Panics
    /// When there is no server for tests.
    #[must_use]
    pub fn lend() -> Self {
        let cleaned = CLEANED.lock().unwrap_or_else(PoisonError::into_inner).pop();
        cleaned.map_or_else(
            || {
                let mut made = Self::make();
                made.is_lent = true;
                made
            },
            |name| Self { name, is_lent: true },
        )
    }

    /// A database without a schema.
    ///
    /// # Panics
    /// When there is no server for tests.
    #[must_use]
    pub fn make_empty() -> Self {
        Self::create("")
    }

    fn create(how: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("countersign_test_{}_{count}", std::process::id());
        // One of that name is what a killed test has left.
        administer(&[
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            &format!("CREATE DATABASE {name} {how}"),
        ]);
        Self { name, is_lent: false }
    }

    /// Its URL.
    ///
    /// # Panics
    /// When there is no server for tests.
    #[must_use]
    pub fn url(&self) -> String {
        url_of(&self.name)
    }

    /// Options to open it: few connections, and time enough on a busy machine.
    ///
    /// # Panics
    /// When there is no server for tests.
    #[must_use]
    pub fn options(&self) -> PostgresOptions {
        options(&self.name)
    }

    /// Runs statements in it as the administrator; answers the first column of each row.
    ///
    /// # Panics
    /// When a statement fails.
    pub fn execute(&self, sql: &str) -> Vec<String> {
        run(self.url(), vec![sql.to_owned()])
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if self.is_lent {
            run(self.url(), vec![CLEAN.to_owned()]);
            CLEANED.lock().unwrap_or_else(PoisonError::into_inner).push(self.name.clone());
        } else {
            administer(&[&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)]);
        }
    }
}

/// The name of a migrated database that others are copied from; made by the first that asks.
fn template() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        migrate::known().hash(&mut hasher);
        let name = format!("countersign_seeded_{:016x}", hasher.finish());
        // Made under another name, so that one that is there is whole.
        let unfinished = format!("{name}_{}", std::process::id());
        if !exists(&name) {
            administer(&[&format!("CREATE DATABASE {unfinished}")]);
            migrate::apply(&options(&unfinished)).expect("the migrations can be applied");
            run(url_of(&unfinished), vec![SEED.to_owned()]);
            let rename = format!("ALTER DATABASE {unfinished} RENAME TO {name}");
            let renamed = std::panic::catch_unwind(|| administer(&[&rename]));
            if renamed.is_err() {
                administer(&[&format!("DROP DATABASE {unfinished} WITH (FORCE)")]);
                assert!(exists(&name), "another process has made the template meanwhile");
            }
        }
        name
    })
}

fn exists(name: &str) -> bool {
    !administer(&[&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")]).is_empty()
}

fn options(database: &str) -> PostgresOptions {
    PostgresOptions {
        pool_size: 4,
        acquire_timeout: std::time::Duration::from_secs(30),
        statement_timeout: std::time::Duration::from_secs(30),
        tls: Tls::Disable,
        ..PostgresOptions::new(Secret::new(url_of(database)))
    }
}

fn server() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!("{VARIABLE} names no PostgreSQL server for tests: run them by `cargo xtask test`")
    })
}

/// The server's URL with another database in it.
fn url_of(database: &str) -> String {
    let server = server();
    let (place, settings) = server.split_once('?').map_or((server.as_str(), None), |(p, s)| (p, Some(s)));
    let (host, _) = place.rsplit_once('/').expect("the URL of the server names a database");
    settings.map_or(format!("{host}/{database}"), |settings| format!("{host}/{database}?{settings}"))
}

fn administer(statements: &[&str]) -> Vec<String> {
    run(server(), statements.iter().map(|&statement| statement.to_owned()).collect())
}

/// Runs statements one by one on a thread of its own: a test may be in an executor.
fn run(url: String, statements: Vec<String>) -> Vec<String> {
    let work = async move {
        let (client, connection) =
            tokio_postgres::connect(&url, NoTls).await.expect("the server for tests answers");
        let driver = tokio::spawn(connection);
        let mut answer = Vec::new();
        for statement in statements {
            let rows = client.simple_query(&statement).await;
            let rows = rows.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
            answer.extend(rows.iter().filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
                _ => None,
            }));
        }
        drop(client);
        // Until the server knows of the end, the database is in use.
        let _ = driver.await;
        answer
    };
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work)
    });
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
