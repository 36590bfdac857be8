use countersign_oauth::Fault;
use countersign_storage::{CommitError, Conflict};
use diesel::result::{DatabaseErrorKind, Error};

use crate::Refusal;

/// Why a read gives nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// PostgreSQL says no.
    Database(Error),
    /// It cannot be asked now: no connection is free, or none can be made.
    Away(String),
    /// A row holds what it cannot hold.
    Fault(Fault),
}

/// Why a write is taken back.
#[derive(Debug)]
pub(crate) enum Abort {
    /// A condition does not hold.
    Conflict(Conflict),
    /// It cannot be told whether it holds.
    Failure(Failure),
}

/// What a failure means for the connection and for whoever waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The transaction met another one: from the beginning it may pass.
    Again,
    /// Too slow, no space, no memory, no lock: it may pass later.
    Passing,
    /// The connection is over, or leads to a server that does not write.
    Lost,
    /// Of this statement alone.
    Own,
}

impl Trouble {
    pub(crate) fn of(error: &Error) -> Self {
        // Diesel keeps PostgreSQL's text and drops its code.
        const TEXTS: [(&str, Trouble); 13] = [
            ("deadlock detected", Trouble::Again),
            ("could not serialize access", Trouble::Again),
            ("canceling statement due to", Trouble::Passing),
            ("could not extend file", Trouble::Passing),
            ("could not write", Trouble::Passing),
            ("out of memory", Trouble::Passing),
            ("out of shared memory", Trouble::Passing),
            ("No space left on device", Trouble::Passing),
            ("disk full", Trouble::Passing),
            ("terminating connection", Trouble::Lost),
            ("the database system is", Trouble::Lost),
            ("server closed the connection", Trouble::Lost),
            ("connection closed", Trouble::Lost),
        ];
        let Error::DatabaseError(kind, information) = error else { return Self::Own };
        match kind {
            DatabaseErrorKind::SerializationFailure => Self::Again,
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction => Self::Lost,
            DatabaseErrorKind::Unknown => {
                let text = information.message();
                let known = TEXTS.into_iter().find(|(known, _)| text.contains(known));
                known.map_or(Self::Own, |(_, trouble)| trouble)
            }
            _ => Self::Own,
        }
    }
}

/// Something that says what kind of trouble it is.
pub(crate) trait Troubled {
    fn trouble(&self) -> Trouble;
}

impl Troubled for Failure {
    fn trouble(&self) -> Trouble {
        match self {
            Self::Database(error) => Trouble::of(error),
            Self::Away(_) => Trouble::Lost,
            Self::Fault(_) => Trouble::Own,
        }
    }
}

impl Troubled for Abort {
    fn trouble(&self) -> Trouble {
        match self {
            Self::Conflict(_) => Trouble::Own,
            Self::Failure(failure) => failure.trouble(),
        }
    }
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

impl From<std::convert::Infallible> for Failure {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
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
        let trouble = failure.trouble();
        let text = match failure {
            Failure::Fault(fault) => return fault,
            Failure::Away(text) => text,
            Failure::Database(error) => error.to_string(),
        };
        match trouble {
            Trouble::Own => Self::internal(format!("PostgreSQL: {text}")),
            Trouble::Again | Trouble::Passing | Trouble::Lost => {
                Self::unavailable(format!("PostgreSQL: {text}"))
            }
        }
    }
}

impl From<Abort> for Fault {
    /// Work without conditions meets no conflict.
    fn from(abort: Abort) -> Self {
        match abort {
            Abort::Failure(failure) => failure.into(),
            Abort::Conflict(conflict) => {
                Self::internal(format!("work without conditions met a conflict: {conflict:?}"))
            }
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

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Away(text) => Self::Unreachable(text),
            Failure::Database(error) => Self::Database(error.to_string()),
            Failure::Fault(fault) => Self::Database(fault.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
