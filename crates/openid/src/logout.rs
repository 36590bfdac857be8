use std::sync::Arc;

use countersign_oauth::{
    ClientId, Error, ErrorCode, HandleHash, OAuthError, Parameters, RedirectUri, RequestContext,
};
use countersign_storage::{Change, Changes, CommitError, LogEvent, Storage};

/// A logout request at `/v2/logout`.
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
        if let Some(name) = parameters.find_duplicate(&[]) {
            return Ok(LogoutOutcome::Refused(OAuthError::repeated_parameter(name)));
        }
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
        if client.settings.is_strict_third_party() {
            let error = OAuthError::new(
                ErrorCode::InvalidRequest,
                "logout.third_party",
                "Third-party applications revoke their tokens instead",
            );
            return Ok(LogoutOutcome::Refused(error));
        }
        let allowed = &client.settings.allowed_logout_urls;
        let first = allowed.iter().find(|url| !url.contains('*'));
        Ok(match (parameters.find("returnTo"), first) {
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
        let changes = changes.with(Change::Log(LogEvent {
            at: request.context.now,
            event: "slo".to_owned(),
            rule: None,
            description: "A session ended by logout".to_owned(),
            client_id: request.parameters.find("client_id").map(ClientId::new),
            user_id: None,
            ip: request.context.client_ip.to_string(),
            request_id: request.context.request_id.clone(),
        }));
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
    let sound = target.len() <= 4096
        && RedirectUri::parse(target).is_ok()
        && target.bytes().all(|byte| byte.is_ascii_graphic());
    if sound && allowed.iter().any(matches) {
        return LogoutOutcome::Redirect(target.to_owned());
    }
    LogoutOutcome::Refused(
        OAuthError::new(
            ErrorCode::InvalidRequest,
            "logout.return_to_not_allowed",
            "The returnTo URL is not among the allowed logout URLs",
        )
        .with("url", target.chars().take(512).collect::<String>())
        .with_each("allowed logout URL", allowed),
    )
}
