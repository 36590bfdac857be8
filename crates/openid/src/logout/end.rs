use countersign_oauth::{ClientId, Fault, HandleHash, RequestContext};
use countersign_storage::{Change, Changes, CommitError, LogEvent, Session};

use super::LogoutEndpoint;

impl LogoutEndpoint {
    /// The sessions of this domain that the browser shows and that have not ended.
    pub(super) async fn sessions(
        &self,
        cookies: &[String],
        context: &RequestContext,
    ) -> Result<Vec<Session>, Fault> {
        let mut sessions: Vec<Session> = Vec::new();
        for cookie in cookies {
            let session = self.storage.session_by_handle(&HandleHash::of(cookie)).await?;
            let ours = session.filter(|session| session.issuer == context.domain.issuer);
            let standing = ours.filter(|session| session.ended_at.is_none());
            sessions.extend(standing.filter(|session| sessions.iter().all(|known| known.id != session.id)));
        }
        Ok(sessions)
    }

    /// Ends them in one commit. One that ended meanwhile has ended.
    pub(super) async fn end(
        &self,
        sessions: &[Session],
        client_id: Option<ClientId>,
        context: &RequestContext,
    ) -> Result<(), Fault> {
        let Some(first) = sessions.first() else { return Ok(()) };
        let mut changes = Changes::none();
        for session in sessions {
            changes = changes.with(Change::EndSession { id: session.id.clone(), at: context.now });
        }
        let mut row = event("slo", "A session ended by logout", client_id, context);
        row.user_id = Some(first.user_id.clone());
        match self.storage.commit(changes.with(Change::Log(row))).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }

    /// Logs a logout that was refused to a browser with a session; of others there is nothing to tell.
    pub(super) async fn log_refusal(
        &self,
        rule: &'static str,
        sessions: &[Session],
        context: &RequestContext,
    ) -> Result<(), Fault> {
        let Some(session) = sessions.first() else { return Ok(()) };
        let mut row = event("flo", "A logout was refused", None, context);
        row.user_id = Some(session.user_id.clone());
        row.rule = Some(rule.to_owned());
        match self.storage.commit(Changes::none().with(Change::Log(row))).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }
}

fn event(name: &str, description: &str, client_id: Option<ClientId>, context: &RequestContext) -> LogEvent {
    LogEvent {
        at: context.now,
        event: name.to_owned(),
        rule: None,
        description: description.to_owned(),
        client_id,
        user_id: None,
        ip: context.client_ip.to_string(),
        client_ip: None,
        request_id: context.request_id.clone(),
    }
}
