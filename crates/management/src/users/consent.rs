use countersign_oauth::{Audience, ClientId, UserId};
use countersign_storage::{Change, Changes};

use super::UserError;
use crate::{
    Admin,
    admin::{Committed, logged, too_many_conflicts},
};

/// Withdraws a user's consent: its refresh tokens die with it (core item 276). The audience is empty for
/// OpenID scopes alone.
///
/// # Errors
/// [`UserError::NotFound`] when there is no such consent, or a fault.
pub async fn revoke_consent(
    user: &UserId,
    client: &ClientId,
    audience: &Audience,
    admin: &Admin<'_>,
) -> Result<(), UserError> {
    let consent = admin.storage.consent(user, client, audience).await?.ok_or(UserError::NotFound)?;
    let mut event = admin.log("sapi", "Delete a grant");
    event.user_id = Some(user.clone());
    event.client_id = Some(client.clone());
    let changes =
        Changes::none().with(Change::DeleteConsent { id: consent.id, at: admin.now }).with(logged(event));
    match admin.commit(changes).await? {
        Committed::Done => Ok(()),
        Committed::Again(_) => Err(UserError::Fault(too_many_conflicts())),
    }
}
