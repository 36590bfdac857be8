use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::{file, migrate, mounts};

/// Why a database is not opened.
#[derive(Debug)]
pub struct OpenError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// What is wrong with a database.
#[derive(Debug)]
pub enum Refusal {
    /// Not `sqlite:PATH` with a path to a file.
    NotAPath,
    /// The name is a symbolic link.
    Symlink,
    /// The name is that of something else than a file.
    NotAFile,
    /// Others than the owner may read or write it.
    Permissions {
        /// The file's mode.
        mode: u32,
    },
    /// The file is there and has no content: what it had is lost, and starting anew would hide that.
    Empty,
    /// A write-ahead log is there and its database is not.
    LogWithoutDatabase,
    /// It lies on a network file system.
    NetworkFileSystem {
        /// Of which kind.
        kind: String,
    },
    /// It is a database of something else.
    Foreign,
    /// A later version of this program has written it.
    NewerSchema {
        /// The number of its last migration.
        found: i64,
        /// The number of the last one known here.
        known: i64,
    },
    /// Its list of migrations is not one of ours.
    DamagedSchema,
    /// Its schema lacks migrations.
    Unmigrated {
        /// How many.
        pending: usize,
    },
    /// A table or index is not as the migrations made it.
    AlteredSchema {
        /// Its name.
        object: String,
    },
    /// It could not be made durable.
    NotDurable,
    /// The file system says no.
    Io(io::Error),
    /// SQLite says no.
    Database(String),
}

impl OpenError {
    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_owned(), refusal: Refusal::Io(error) }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "database {}: {}", self.path.display(), self.refusal)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPath => f.write_str("not the path of a file; write sqlite:PATH"),
            Self::Symlink => f.write_str("a symbolic link; name the file itself"),
            Self::NotAFile => f.write_str("not a file"),
            Self::Permissions { mode } => write!(
                f,
                "its mode is {mode:04o}, so others than its owner reach it; chmod 600 it, with its -wal and -shm"
            ),
            Self::Empty => {
                f.write_str("the file is empty; restore it from a backup, or remove it to start anew")
            }
            Self::LogWithoutDatabase => f.write_str(
                "its -wal is there and it is not; restore it from a backup, or remove the -wal to start anew",
            ),
            Self::NetworkFileSystem { kind } => {
                write!(f, "it lies on a network file system ({kind}), where SQLite is not safe")
            }
            Self::Foreign => f.write_str("a database of another program"),
            Self::NewerSchema { found, known } => write!(
                f,
                "its schema has number {found} and this version knows {known}; use the version that wrote it"
            ),
            Self::DamagedSchema => f.write_str("its list of migrations is damaged; restore it from a backup"),
            Self::Unmigrated { pending } => write!(
                f,
                "its schema lacks {pending} of the migrations; apply them with `countersign migrate apply`"
            ),
            Self::AlteredSchema { object } => {
                write!(f, "`{object}` in it is not as the migrations made it; restore it from a backup")
            }
            Self::NotDurable => f.write_str("write-ahead log or synchronous=FULL could not be set"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Database(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.refusal {
            Refusal::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<diesel::result::Error> for Refusal {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<ConnectionError> for Refusal {
    fn from(error: ConnectionError) -> Self {
        Self::Database(error.to_string())
    }
}

/// The absolute path that `sqlite:PATH`, `sqlite://PATH` or a plain path names.
pub(crate) fn locate(url: &str) -> Result<PathBuf, OpenError> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    let refused = |refusal| OpenError { path: PathBuf::from(path), refusal };
    if path.is_empty() || path.contains(":memory:") || path.ends_with('/') {
        return Err(refused(Refusal::NotAPath));
    }
    std::path::absolute(path).map_err(|error| refused(Refusal::Io(error)))
}

/// Opens the file, made and migrated if need be: a connection for the writer, and one that reads.
pub(crate) fn open(path: &Path) -> Result<(SqliteConnection, SqliteConnection), OpenError> {
    let opened = || {
        if let Some(kind) = mounts::network_file_system(path) {
            return Err(Refusal::NetworkFileSystem { kind });
        }
        if !file::inspect(path)? {
            make(path)?;
        }
        let mut connection = connect(path)?;
        migrate::run(&mut connection)?;
        Ok((connection, connect_reader(path)?))
    };
    opened().map_err(|refusal| OpenError { path: path.to_owned(), refusal })
}

/// A connection that reads, where there is a file.
pub(crate) fn connect_reader_if_there(path: &Path) -> Result<Option<SqliteConnection>, Refusal> {
    if let Some(kind) = mounts::network_file_system(path) {
        return Err(Refusal::NetworkFileSystem { kind });
    }
    if file::inspect(path)? { connect_reader(path).map(Some) } else { Ok(None) }
}

/// Makes a database under another name and gives it its own when it is whole, so that a file without
/// content is never one whose making was cut short.
fn make(path: &Path) -> Result<(), Refusal> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let unfinished = file::beside(path, &format!(".new-{}-{count}", std::process::id()));
    file::remove(&unfinished)?;
    file::create(&unfinished)?;
    let mut connection = connect(&unfinished)?;
    migrate::run(&mut connection)?;
    drop(connection);
    Ok(file::publish(&unfinished, path)?)
}

#[derive(QueryableByName)]
struct Durability {
    #[diesel(sql_type = Text)]
    journal_mode: String,
    #[diesel(sql_type = BigInt)]
    synchronous: i64,
}

/// A connection that may write.
pub(crate) fn connect(path: &Path) -> Result<SqliteConnection, Refusal> {
    let mut connection = establish(path)?;
    connection.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; \
         PRAGMA journal_size_limit = 67108864;",
    )?;
    let is =
        diesel::sql_query("SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous")
            .get_result::<Durability>(&mut connection)?;
    // 2 is FULL.
    if is.journal_mode != "wal" || is.synchronous != 2 {
        return Err(Refusal::NotDurable);
    }
    Ok(connection)
}

/// A connection that reads.
pub(crate) fn connect_reader(path: &Path) -> Result<SqliteConnection, Refusal> {
    let mut connection = establish(path)?;
    connection.batch_execute("PRAGMA query_only = ON; SELECT COUNT(*) FROM sqlite_schema;")?;
    Ok(connection)
}

/// Connects to a file that is there: SQLite itself never makes one.
fn establish(path: &Path) -> Result<SqliteConnection, Refusal> {
    let path = path.to_str().ok_or(Refusal::NotAPath)?;
    let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let mut connection = SqliteConnection::establish(&format!("file:{escaped}?mode=rw"))?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; \
         PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
