use countersign_oauth::{BoxFuture, Fault};

use crate::{Changes, Requirement};

/// Which condition of a commit no longer held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// A required record has another epoch, or is gone.
    Required(Requirement),
    /// A single-use record was spent, expired or absent; or a refresh token broke its exchange rule.
    Spent,
    /// A row to insert is there already, or a mark was set before.
    Exists,
    /// The family of a refresh token has ended or is absent.
    FamilyEnded,
    /// A row to update has another version.
    Version,
}

/// Why a commit changed nothing.
#[derive(Debug)]
pub enum CommitError {
    /// Decide again with what is now true.
    Conflict(Conflict),
    /// The store failed or is overloaded.
    Fault(Fault),
}

impl From<Fault> for CommitError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The only way to write.
pub trait Commit: Send + Sync {
    /// Applies all of `changes`, or none: every requirement and every condition is checked inside the
    /// same transaction. Acknowledged means durable.
    ///
    /// Changes without writes commit as one read of their requirements.
    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>>;
}
