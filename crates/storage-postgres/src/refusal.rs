use std::fmt;
use std::io;

/// Why a database is not opened or migrated. Neither its text nor its source shows the URL or the password.
#[derive(Debug)]
pub struct OpenError {
    /// Which database: `NAME at HOST:PORT`, as far as it is known.
    pub database: String,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// What is wrong with a database.
#[derive(Debug)]
pub enum Refusal {
    /// The URL cannot be read.
    NotAUrl,
    /// The URL says how TLS is used.
    TlsInUrl,
    /// There must be one connection at least.
    EmptyPool,
    /// The file of authorities cannot be used.
    Authorities(String),
    /// It cannot be reached, or lets nobody in.
    Unreachable(String),
    /// Its schema lacks migrations.
    Unmigrated {
        /// How many.
        pending: usize,
    },
    /// A later version of this program has migrated it.
    NewerSchema {
        /// The number of its last migration.
        found: i64,
        /// The number of the last one known here.
        known: i64,
    },
    /// What was applied to it is not what is known under that number.
    AlteredSchema {
        /// The number of the migration.
        number: i64,
    },
    /// The schema holds the tables of something else.
    Foreign,
    /// PostgreSQL says no.
    Database(String),
    /// The thread for the connections could not be started.
    Io(io::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgreSQL database {}: {}", self.database, self.refusal)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAUrl => f.write_str("not a URL; write postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
            Self::TlsInUrl => f.write_str("the URL says how TLS is used; say it in the settings for TLS"),
            Self::EmptyPool => f.write_str("a pool of 0 connections; let it have one at least"),
            Self::Authorities(why) => write!(f, "the file of certificate authorities: {why}"),
            Self::Unreachable(why) => write!(f, "cannot connect: {why}"),
            Self::Unmigrated { pending } => {
                write!(
                    f,
                    "its schema lacks {pending} of the migrations; apply them with `countersign migrate apply`"
                )
            }
            Self::NewerSchema { found, known } => write!(
                f,
                "its schema has number {found} and this version knows {known}; use the version that migrated it"
            ),
            Self::AlteredSchema { number } => {
                write!(f, "its migration {number} is not the one known here; restore it from a backup")
            }
            Self::Foreign => {
                f.write_str("its schema holds tables of another program; name an empty database")
            }
            Self::Database(why) => f.write_str(why),
            Self::Io(error) => write!(f, "{error}"),
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

impl From<diesel::result::Error> for Refusal {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.to_string())
    }
}
