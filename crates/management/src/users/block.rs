use countersign_oauth::UserId;
use countersign_storage::User;
use countersign_users::release_account;
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
    release_account(&user.id, admin.storage, admin.now).await?;
    Ok(user)
}
