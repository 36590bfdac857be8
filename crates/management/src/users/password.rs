use countersign_oauth::{Secret, UserId};
use countersign_storage::{Change, User};
use countersign_users::{MAX_PASSWORD_BYTES, PasswordHasher, PasswordRule, check_new_password};

use super::{
    UserError,
    edit::{Edit, edit},
};
use crate::Admin;

/// Sets a database user's password. All his sessions and refresh tokens end, and what was decided on him
/// before does not commit (core item 275, SP-121).
///
/// # Errors
/// [`UserError::Refused`] for a password that is empty or over the limit, checked before any hashing
/// (SP-111).
pub async fn set_password(
    id: &UserId,
    password: &Secret<String>,
    hasher: &dyn PasswordHasher,
    admin: &Admin<'_>,
) -> Result<User, UserError> {
    if let Some(problem) = password_problem(password) {
        return Err(UserError::refused("password", problem));
    }
    let user = admin.storage.user(id).await?.ok_or(UserError::NotFound)?;
    if user.identities.first().is_none_or(|identity| identity.provider != "auth0") {
        return Err(UserError::refused("password", "is kept elsewhere: the user is of no database of ours"));
    }
    let hash = hasher.hash(password).await?;
    edit(id, admin, |user| {
        let mut changed = user.clone();
        changed.password = Some(hash.clone());
        changed.password_changed_at = Some(admin.now);
        let (user, at) = (user.id.clone(), admin.now);
        Ok(Some(Edit {
            user: changed,
            raise_epoch: true,
            also: vec![
                Change::EndSessionsOfUser { user: user.clone(), at },
                Change::EndFamilies { user, client: None, audience: None, at },
            ],
            event: ("scp", "Change a password"),
        }))
    })
    .await
}

/// What is wrong with a new password.
pub(super) fn password_problem(password: &Secret<String>) -> Option<String> {
    match check_new_password(password) {
        Ok(()) => None,
        Err(PasswordRule::Empty) => Some("must not be empty".to_owned()),
        Err(PasswordRule::TooLong) => Some(format!("may have at most {MAX_PASSWORD_BYTES} bytes")),
    }
}
