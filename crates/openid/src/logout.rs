use std::sync::Arc;

use countersign_oauth::{
    ClientId, Error, ErrorCode, HandleHash, OAuthError, Parameters, RedirectUri, RequestContext,
};
use countersign_storage::{Change, Changes, CommitError, Storage};

/// A logout request at `/v2/logout`.
#[derive(Debug)]
pub struct LogoutRequest {
    /// The query's parameters.
    pub parameters: Parameters,
    /// Every value of the session cookie.
    pub session: Vec<String>,
    /// Time, domain and address.
    pub context: RequestContext,
}

/// Where the browser goes after its session ended.
#[derive(Debug)]
pub enum LogoutOutcome {
    /// To an allowed URL.
    Redirect(String),
    /// Nowhere: a page that says so.
    LoggedOut,
    /// The target is not allowed; the session is over all the same.
    Refused(OAuthError),
}

/// Logout without confirmation (core contract §7.1).
pub struct LogoutEndpoint {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
}

impl LogoutEndpoint {
    /// Ends the browser's session for all applications, then finds where to go.
    ///
    /// # Errors
    /// A fault that is ours; the session may then still be alive.
    pub async fn handle(&self, request: &LogoutRequest) -> Result<LogoutOutcome, Error> {
        self.end_sessions(request).await?;
        let parameters = &request.parameters;
        let Some(client_id) = parameters.find("client_id") else {
            let allowed = self.storage.settings().await?.record.allowed_logout_urls;
            return Ok(match parameters.find("returnTo") {
                None => LogoutOutcome::LoggedOut,
                Some(target) => permitted(target, &allowed),
            });
        };
        let Some(client) = self.storage.client(&ClientId::new(client_id)).await? else {
            let error = OAuthError::new(
                ErrorCode::InvalidRequest,
                "logout.unknown_client",
                "Unknown client: {client_id}",
            )
            .with("client_id", client_id.chars().take(128).collect::<String>());
            return Ok(LogoutOutcome::Refused(error));
        };
        let allowed = &client.settings.allowed_logout_urls;
        Ok(match (parameters.find("returnTo"), allowed.first()) {
            (Some(target), _) => permitted(target, allowed),
            (None, Some(first)) => LogoutOutcome::Redirect(first.clone()),
            (None, None) => LogoutOutcome::LoggedOut,
        })
    }

    async fn end_sessions(&self, request: &LogoutRequest) -> Result<(), Error> {
        let mut changes = Changes::none();
        for cookie in &request.session {
            let session = self.storage.session_by_handle(&HandleHash::of(cookie)).await?;
            let ours = session.filter(|session| session.issuer == request.context.domain.issuer);
            if let Some(session) = ours.filter(|session| session.ended_at.is_none()) {
                changes = changes.with(Change::EndSession { id: session.id, at: request.context.now });
            }
        }
        if changes.writes.is_empty() {
            return Ok(());
        }
        match self.storage.commit(changes).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// Query and fragment do not count in the comparison and are kept in the redirect.
fn permitted(target: &str, allowed: &[String]) -> LogoutOutcome {
    let bare = |url: &str| RedirectUri::parse(url.split(['?', '#']).next().unwrap_or(url));
    let matches = |entry: &String| match (bare(entry), bare(target)) {
        (Ok(entry), Ok(target)) => !entry.as_str().contains('*') && entry.is_equivalent(&target),
        _ => false,
    };
    let sound =
        target.len() <= 4096 && RedirectUri::parse(target).is_ok() && target.bytes().all(|b| b > b' ');
    if sound && allowed.iter().any(matches) {
        return LogoutOutcome::Redirect(target.to_owned());
    }
    LogoutOutcome::Refused(
        OAuthError::new(
            ErrorCode::InvalidRequest,
            "logout.return_to_not_allowed",
            "The returnTo URL is not among the allowed logout URLs",
        )
        .with("url", target.chars().take(512).collect::<String>()),
    )
}
