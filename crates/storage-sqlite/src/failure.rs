use countersign_oauth::Fault;
use countersign_storage::{CommitError, Conflict};
use diesel::result::{DatabaseErrorKind, Error};

/// Why a read gives nothing.
pub(crate) enum Failure {
    /// SQLite says no.
    Database(Error),
    /// A row holds what it cannot hold.
    Fault(Fault),
}

/// Why a write is taken back.
pub(crate) enum Abort {
    /// A condition does not hold.
    Conflict(Conflict),
    /// It cannot be told whether it holds.
    Failure(Failure),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Abort {
    /// Every uniqueness of the schema is one that [`Conflict::Exists`] speaks of.
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Conflict(Conflict::Exists),
            error => Self::Failure(Failure::Database(error)),
        }
    }
}

impl From<Fault> for Abort {
    fn from(fault: Fault) -> Self {
        Self::Failure(Failure::Fault(fault))
    }
}

impl From<Failure> for Abort {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Conflict> for Abort {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fault(fault) => fault,
            Failure::Database(error) => Trouble::of(&error).fault(&error.to_string()),
        }
    }
}

impl From<Abort> for CommitError {
    fn from(abort: Abort) -> Self {
        match abort {
            Abort::Conflict(conflict) => Self::Conflict(conflict),
            Abort::Failure(failure) => Self::Fault(failure.into()),
        }
    }
}

/// What a failure means for the store as a whole. Diesel keeps SQLite's text and drops its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another process holds the lock.
    Locked,
    /// No space, no file descriptor, no memory, a read-only file: it may pass.
    Passing,
    /// The disk failed.
    Disk,
    /// The file is damaged.
    Damaged,
    /// Of this statement alone.
    Own,
}

impl Trouble {
    pub(crate) fn of(error: &Error) -> Self {
        const TEXTS: [(&str, Trouble); 10] = [
            ("database is locked", Trouble::Locked),
            ("database table is locked", Trouble::Locked),
            ("database or disk is full", Trouble::Passing),
            ("unable to open database file", Trouble::Passing),
            ("out of memory", Trouble::Passing),
            ("attempt to write a readonly database", Trouble::Passing),
            ("interrupted", Trouble::Passing),
            ("disk I/O error", Trouble::Disk),
            ("database disk image is malformed", Trouble::Damaged),
            ("file is not a database", Trouble::Damaged),
        ];
        let text = error.to_string();
        TEXTS.into_iter().find(|(known, _)| text.contains(known)).map_or(Self::Own, |(_, trouble)| trouble)
    }

    /// The fault that a caller gets.
    pub(crate) fn fault(self, text: &str) -> Fault {
        match self {
            Self::Locked | Self::Passing | Self::Disk => Fault::unavailable(format!("SQLite: {text}")),
            Self::Damaged | Self::Own => Fault::internal(format!("SQLite: {text}")),
        }
    }
}

#[cfg(test)]
mod tests;
