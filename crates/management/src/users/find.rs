use countersign_oauth::{Fault, UserId};
use countersign_storage::{Connection, Connections, Storage, User};
use countersign_users::normalise_identifier;

use super::UserError;

/// Finds a user by id, or by e-mail address or username in any connection.
///
/// # Errors
/// [`UserError::NotFound`]; [`UserError::Ambiguous`] when several connections have such a user.
pub async fn find_user(id_or_identifier: &str, storage: &dyn Storage) -> Result<User, UserError> {
    if let Some(user) = storage.user(&UserId::new(id_or_identifier)).await? {
        return Ok(user);
    }
    let identifier = normalise_identifier(id_or_identifier).ok_or(UserError::NotFound)?;
    let mut found = Vec::new();
    for connection in storage.connections().await? {
        found.extend(storage.user_by_identifier(&connection.id, &identifier).await?);
    }
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(UserError::NotFound),
        (Some(user), true) => Ok(user),
        (Some(last), false) => {
            found.push(last);
            Err(UserError::Ambiguous(found.into_iter().map(|user| user.id).collect()))
        }
    }
}

/// The database connection that users are imported into: the oldest.
///
/// # Errors
/// A fault of the store.
pub async fn first_database(storage: &dyn Connections) -> Result<Option<Connection>, Fault> {
    Ok(storage.connections().await?.into_iter().find(|connection| connection.strategy == "auth0"))
}
