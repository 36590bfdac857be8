use countersign_oauth::{Fault, FaultKind};
use countersign_storage::Conflict;
use diesel::result::{DatabaseErrorKind, Error};

use super::{Abort, Failure, Trouble};

fn error(kind: DatabaseErrorKind, text: &str) -> Error {
    Error::DatabaseError(kind, Box::new(text.to_owned()))
}

#[test]
fn what_may_pass_is_told_from_our_own_failures() {
    use DatabaseErrorKind::{ReadOnlyTransaction, SerializationFailure, UnableToSendCommand, Unknown};
    for (kind, text, trouble) in [
        (Unknown, "deadlock detected", Trouble::Again),
        (SerializationFailure, "whatever its language", Trouble::Again),
        (Unknown, "canceling statement due to statement timeout", Trouble::Passing),
        (Unknown, "could not extend file \"base/1\": No space left on device", Trouble::Passing),
        (Unknown, "terminating connection due to administrator command", Trouble::Lost),
        (ReadOnlyTransaction, "cannot execute UPDATE in a read-only transaction", Trouble::Lost),
        (UnableToSendCommand, "connection closed", Trouble::Lost),
        (Unknown, "relation \"clients\" does not exist", Trouble::Own),
    ] {
        let error = error(kind, text);
        assert_eq!(Trouble::of(&error), trouble, "{text}");
        let kind = if trouble == Trouble::Own { FaultKind::Internal } else { FaultKind::Unavailable };
        assert_eq!(Fault::from(Failure::from(error)).kind, kind, "{text}");
    }
}

#[test]
fn a_taken_key_is_a_conflict() {
    let abort = Abort::from(error(DatabaseErrorKind::UniqueViolation, "duplicate key"));
    assert!(matches!(abort, Abort::Conflict(Conflict::Exists)));
}
