use countersign_oauth::{Domain, Error, HandleHash, Timestamp};
use countersign_storage::{Connection, Reads, Session, TenantSettings, User};
use countersign_users::{SessionLimits, is_alive};

use crate::Browser;

/// A session that is alive, of this domain, and whose user may use it.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) user: User,
    pub(crate) connection: Connection,
}

/// Reads the session of a browser. Several different cookies, a session of another domain, an ended or
/// expired one and one whose user is blocked or gone all count as none.
pub(crate) async fn find(
    browser: &Browser,
    domain: &Domain,
    settings: &TenantSettings,
    now: Timestamp,
    reads: &dyn Reads,
) -> Result<Option<SignedIn>, Error> {
    let mut cookies = browser.session.iter();
    let Some(cookie) = cookies.next() else { return Ok(None) };
    if cookies.any(|other| other != cookie) {
        return Ok(None);
    }
    let Some(session) = reads.session_by_handle(&HandleHash::of(cookie)).await? else { return Ok(None) };
    if session.issuer != domain.issuer || !is_alive(&session, &SessionLimits::of(settings), now) {
        return Ok(None);
    }
    let Some(user) = reads.user(&session.user_id).await?.filter(|user| !user.blocked) else {
        return Ok(None);
    };
    let Some(connection) = reads.connection(&session.connection_id).await? else { return Ok(None) };
    Ok(Some(SignedIn { session, user, connection }))
}

#[cfg(test)]
mod tests;
