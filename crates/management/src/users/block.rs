use countersign_oauth::{ConnectionId, Fault, HandleHash, UserId};
use countersign_storage::{Attempts, Bucket, User};
use serde_json::json;

use super::{UserError, patch_user};
use crate::Admin;

/// Blocks a user: what was decided on him before does not commit, and nothing is issued from now on.
///
/// # Errors
/// [`UserError::NotFound`], or a fault.
pub async fn block_user(id: &UserId, admin: &Admin<'_>) -> Result<User, UserError> {
    patch_user(id, &json!({ "blocked": true }), admin).await
}

/// Unblocks a user, and forgets the failed logins counted against his account.
///
/// # Errors
/// [`UserError::NotFound`], or a fault.
pub async fn unblock_user(id: &UserId, admin: &Admin<'_>) -> Result<User, UserError> {
    let user = patch_user(id, &json!({ "blocked": false }), admin).await?;
    clear_login_attempts(&login_buckets(&user), admin.storage).await?;
    Ok(user)
}

/// The bucket that counts failed logins of one account, whoever tries: unknown identifiers included (SP-114).
#[must_use]
pub fn login_account_bucket(connection: &ConnectionId, normalised_identifier: &str) -> Bucket {
    Bucket {
        purpose: "login_account".to_owned(),
        subject: HandleHash::of(&format!("{connection}\n{normalised_identifier}")),
    }
}

/// The buckets of all identifiers that a user logs in with.
#[must_use]
pub fn login_buckets(user: &User) -> Vec<Bucket> {
    let identifiers = user.email.iter().chain(&user.username);
    identifiers.map(|identifier| login_account_bucket(&user.connection_id, identifier)).collect()
}

/// Forgets the attempts that buckets count.
///
/// # Errors
/// A fault of the store.
pub async fn clear_login_attempts(
    buckets: &[Bucket],
    attempts: &(impl Attempts + ?Sized),
) -> Result<(), Fault> {
    for bucket in buckets {
        attempts.clear(bucket).await?;
    }
    Ok(())
}
