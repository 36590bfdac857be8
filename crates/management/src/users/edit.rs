use countersign_oauth::UserId;
use countersign_storage::{Change, Changes, Conflict, Upsert, User};

use super::UserError;
use crate::{
    Admin,
    admin::{ATTEMPTS, Committed, logged, too_many_conflicts},
};

/// A user as he shall be, and what goes with it.
pub(super) struct Edit {
    /// The user.
    pub(super) user: User,
    /// Whether what was decided on him before must not commit.
    pub(super) raise_epoch: bool,
    /// What else changes in the same commit.
    pub(super) also: Vec<Change>,
    /// Auth0's event code and title.
    pub(super) event: (&'static str, &'static str),
}

/// Changes a user: decides on what is stored and commits on that, again after a lost race. `None` leaves
/// him as he is.
pub(super) async fn edit(
    id: &UserId,
    admin: &Admin<'_>,
    decide: impl Fn(&User) -> Result<Option<Edit>, UserError>,
) -> Result<User, UserError> {
    for _ in 0..ATTEMPTS {
        let stored = admin.storage.user(id).await?.ok_or(UserError::NotFound)?;
        let Some(edit) = decide(&stored)? else { return Ok(stored) };
        let mut record = edit.user;
        record.updated_at = admin.now;
        let user = record.clone();
        let upsert = Upsert { record, expected_version: Some(stored.version), raise_epoch: edit.raise_epoch };
        let (code, title) = edit.event;
        let mut event = admin.log(code, title);
        event.user_id = Some(id.clone());
        let mut writes = vec![Change::UpsertUser(upsert)];
        writes.extend(edit.also);
        writes.push(logged(event));
        match admin.commit(Changes { requires: Vec::new(), writes }).await? {
            Committed::Done => return Ok(user),
            Committed::Again(Conflict::Exists) => return Err(UserError::Taken),
            Committed::Again(_) => {}
        }
    }
    Err(UserError::Fault(too_many_conflicts()))
}

/// Deletes a user with all that hangs from him.
///
/// # Errors
/// [`UserError::NotFound`], or a fault.
pub async fn delete_user(id: &UserId, admin: &Admin<'_>) -> Result<(), UserError> {
    admin.storage.user(id).await?.ok_or(UserError::NotFound)?;
    let mut event = admin.log("sdu", "Delete a user");
    event.user_id = Some(id.clone());
    let changes =
        Changes::none().with(Change::DeleteUser { id: id.clone(), at: admin.now }).with(logged(event));
    match admin.commit(changes).await? {
        Committed::Done => Ok(()),
        Committed::Again(_) => Err(UserError::Fault(too_many_conflicts())),
    }
}
