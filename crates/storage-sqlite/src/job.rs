use countersign_oauth::{Fault, Timestamp};
use countersign_storage::CommitError;
use diesel::SqliteConnection;
use diesel::prelude::*;
use futures_channel::oneshot;

use crate::failure::{Abort, Failure, Trouble};

/// Something to write, and somebody who waits for it.
pub(crate) trait Job: Send {
    /// The latest time that it names.
    fn latest(&self) -> Option<Timestamp>;

    /// Writes inside a savepoint and keeps what came of it; fails when the whole batch cannot go on.
    fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), Fallen>;

    /// Tells who waits: what came of it if the batch was committed, else why it was not.
    fn answer(self: Box<Self>, fallen: Option<&Fallen>);
}

/// Why a batch was not committed.
#[derive(Debug, Clone)]
pub(crate) struct Fallen {
    pub(crate) trouble: Trouble,
    pub(crate) text: String,
}

impl Fallen {
    pub(crate) fn fault(&self) -> Fault {
        self.trouble.fault(&self.text)
    }
}

impl From<diesel::result::Error> for Fallen {
    fn from(error: diesel::result::Error) -> Self {
        Self { trouble: Trouble::of(&error), text: error.to_string() }
    }
}

/// A job made of a closure.
pub(crate) struct Write<T, W> {
    latest: Option<Timestamp>,
    work: Option<W>,
    outcome: Option<Result<T, CommitError>>,
    waiting: oneshot::Sender<Result<T, CommitError>>,
}

impl<T, W> Write<T, W>
where
    T: Send,
    W: FnOnce(&mut SqliteConnection) -> Result<T, Abort> + Send,
{
    /// A job, and where its outcome will come out.
    pub(crate) fn new(
        latest: Option<Timestamp>,
        work: W,
    ) -> (Self, oneshot::Receiver<Result<T, CommitError>>) {
        let (waiting, outcome) = oneshot::channel();
        (Self { latest, work: Some(work), outcome: None, waiting }, outcome)
    }
}

impl<T, W> Job for Write<T, W>
where
    T: Send,
    W: FnOnce(&mut SqliteConnection) -> Result<T, Abort> + Send,
{
    fn latest(&self) -> Option<Timestamp> {
        self.latest
    }

    fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), Fallen> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let outcome = connection.transaction(work);
        if let Err(Abort::Failure(Failure::Database(error))) = &outcome {
            let trouble = Trouble::of(error);
            if trouble != Trouble::Own {
                return Err(Fallen { trouble, text: error.to_string() });
            }
        }
        self.outcome = Some(outcome.map_err(CommitError::from));
        Ok(())
    }

    fn answer(self: Box<Self>, fallen: Option<&Fallen>) {
        let outcome = match (fallen, self.outcome) {
            (None, Some(outcome)) => outcome,
            // A conflict was seen in a transaction that did not come to be: it may be none.
            (Some(fallen), _) => Err(CommitError::Fault(fallen.fault())),
            (None, None) => Err(CommitError::Fault(Fault::internal("a write was not run"))),
        };
        // Who waited may have gone; what is committed stays committed.
        let _ = self.waiting.send(outcome);
    }
}
