use countersign_oauth::{ClientId, Error, ErrorCode, OAuthError, Parameters, RequestContext};

use super::LogoutEndpoint;
use super::target::{self, LogoutTarget};

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

impl LogoutEndpoint {
    /// Ends the browser's session for all applications, then finds where to go (core contract §7.1).
    ///
    /// `federated` asks for the identity provider's logout too. No connection that exists here has one, so
    /// it changes nothing (core §7.3).
    ///
    /// # Errors
    /// A fault that is ours; the session may then still be alive.
    pub async fn handle(&self, request: &LogoutRequest) -> Result<LogoutOutcome, Error> {
        let (parameters, context) = (&request.parameters, &request.context);
        let shown = self.sessions(&request.session, context).await?;
        self.end(&shown, parameters.find("client_id").map(ClientId::new), context).await?;
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
            return Ok(LogoutOutcome::Refused(unknown_client(client_id)));
        };
        if client.settings.is_strict_third_party() {
            return Ok(LogoutOutcome::Refused(third_party()));
        }
        let allowed = &client.settings.allowed_logout_urls;
        Ok(match (parameters.find("returnTo"), target::first(allowed)) {
            (Some(target), _) => permitted(target, allowed),
            (None, Some(first)) => LogoutOutcome::Redirect(first.location(None)),
            (None, None) => LogoutOutcome::LoggedOut,
        })
    }
}

/// Query and fragment do not count in the comparison and are kept in the redirect.
fn permitted(text: &str, allowed: &[String]) -> LogoutOutcome {
    let target = LogoutTarget::parse(text);
    if target.is_some_and(|target| allowed.iter().any(|entry| target.is_but_for_the_query(entry))) {
        return LogoutOutcome::Redirect(text.to_owned());
    }
    LogoutOutcome::Refused(
        OAuthError::new(
            ErrorCode::InvalidRequest,
            "logout.return_to_not_allowed",
            "The returnTo URL is not among the allowed logout URLs",
        )
        .with("url", text.chars().take(512).collect::<String>())
        .with_each("allowed logout URL", allowed),
    )
}

pub(super) fn unknown_client(client_id: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "logout.unknown_client", "Unknown client: {client_id}")
        .with("client_id", client_id.chars().take(128).collect::<String>())
}

pub(super) fn third_party() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        "logout.third_party",
        "Third-party applications revoke their tokens instead",
    )
}
