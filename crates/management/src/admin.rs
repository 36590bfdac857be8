use countersign_oauth::{Fault, SecureRandom, Timestamp};
use countersign_storage::{Change, Changes, CommitError, Conflict, LogEvent, Storage};

/// How often an administrative change is decided again after it lost a race.
pub(crate) const ATTEMPTS: u32 = 8;

/// What every administrative use case needs: the store, random bytes and the time.
#[derive(Clone, Copy)]
pub struct Admin<'a> {
    /// The tenant's store.
    pub storage: &'a dyn Storage,
    /// Where ids and secrets come from.
    pub random: &'a dyn SecureRandom,
    /// The time of the change.
    pub now: Timestamp,
}

/// What became of a commit.
pub(crate) enum Committed {
    /// It was applied.
    Done,
    /// It lost a race: decide again.
    Again(Conflict),
}

impl Admin<'_> {
    /// Commits, or says which race was lost.
    pub(crate) async fn commit(&self, changes: Changes) -> Result<Committed, Fault> {
        match self.storage.commit(changes).await {
            Ok(()) => Ok(Committed::Done),
            Err(CommitError::Conflict(conflict)) => Ok(Committed::Again(conflict)),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }

    /// A row of the log for a changed object: `sapi` and the title that Auth0 gives the call.
    pub(crate) fn log(&self, event: &str, description: impl Into<String>) -> LogEvent {
        LogEvent {
            at: self.now,
            event: event.to_owned(),
            rule: None,
            description: description.into(),
            client_id: None,
            user_id: None,
            ip: String::new(),
            client_ip: None,
            request_id: String::new(),
        }
    }
}

/// The fault of a change that lost every race.
pub(crate) fn too_many_conflicts() -> Fault {
    Fault::unavailable("an administrative change lost too many races")
}

/// A log row as a change.
pub(crate) fn logged(event: LogEvent) -> Change {
    Change::Log(event)
}
