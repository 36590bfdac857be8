//! What the tokens of a user contain, whichever grant issues them.

use countersign_oauth::{
    Audience, Compliance, ErrorCode, Fault, OAuthError, Parameters, RequestContext, Scope, ScopeError,
    Seconds, SessionId, Timestamp,
};
use countersign_storage::{
    ClientGrant, LogEvent, Reads, RefreshTokenSettings, ResourceServer, SubjectType, User,
};
use countersign_token::{CustomClaims, IdTokenPlan, USERINFO_TOKEN_LIFETIME};
use countersign_token_endpoint::Context;
use countersign_users::{ClaimStyle, claims_for_scope};

/// Reads `scope`, refusing illegal characters and lists over the limits (RFC 6749 §3.3).
///
/// # Errors
/// `invalid_scope`.
pub fn parse_scope(parameters: &Parameters) -> Result<Option<Scope>, OAuthError> {
    parameters.find("scope").map(Scope::parse).transpose().map_err(|error| {
        let rule = match error {
            ScopeError::IllegalCharacter => "scope.illegal_character",
            ScopeError::TooLong => "scope.too_long",
        };
        OAuthError::new(ErrorCode::InvalidScope, rule, "The scope is malformed or too long")
    })
}

/// An API with the client's grant for users, both as they are now.
pub struct Api {
    /// The API.
    pub server: ResourceServer,
    /// The client's grant for it.
    pub grant: Option<ClientGrant>,
}

/// Reads the API that an authorization was made for; `Some(None)` when it is gone.
///
/// # Errors
/// A fault when the store fails.
pub async fn read_api(
    reads: &dyn Reads,
    audience: Option<&Audience>,
    client: &countersign_oauth::ClientId,
) -> Result<Option<Option<Api>>, Fault> {
    let Some(audience) = audience else { return Ok(None) };
    let Some(server) = reads.resource_server(audience).await? else { return Ok(Some(None)) };
    let grant = reads.client_grant(client, audience, SubjectType::User).await?;
    Ok(Some(Some(Api { server, grant })))
}

/// The access token's lifetime: the API's, or the fixed one for userinfo alone.
#[must_use]
pub fn access_token_lifetime(api: Option<&Api>) -> Seconds {
    api.map_or(USERINFO_TOKEN_LIFETIME, |api| api.server.settings.token_lifetime)
}

/// The ID token, if `openid` is among the scopes.
#[must_use]
pub fn id_token(
    user: &User,
    scope: &Scope,
    session_id: Option<SessionId>,
    compliance: Compliance,
) -> Option<IdTokenPlan> {
    let style = if compliance.is_rfc() { ClaimStyle::NumericDates } else { ClaimStyle::IsoDates };
    scope.contains("openid").then(|| IdTokenPlan {
        user_id: user.id.clone(),
        claims: claims_for_scope(user, scope, style),
        custom_claims: CustomClaims::default(),
        session_id,
        nonce: None,
        auth_time: None,
    })
}

/// When refresh tokens that begin to expire now end, however much they are used.
pub(crate) fn absolute_end(settings: &RefreshTokenSettings, now: Timestamp) -> Option<Timestamp> {
    (!settings.infinite_token_lifetime).then(|| now.plus(settings.token_lifetime))
}

/// When a refresh token ends without use, under the client's settings of today.
pub(crate) fn idle_end(
    settings: &RefreshTokenSettings,
    now: Timestamp,
    absolute: Option<Timestamp>,
) -> Option<Timestamp> {
    let idle = (!settings.infinite_idle_token_lifetime).then(|| now.plus(settings.idle_token_lifetime));
    match (idle, absolute) {
        (Some(idle), Some(absolute)) => Some(idle.min(absolute)),
        (idle, absolute) => idle.or(absolute),
    }
}

/// A row for the log about a security refusal.
pub(crate) fn refusal_event(
    cx: &Context<'_>,
    event: &str,
    error: &OAuthError,
    user: Option<countersign_oauth::UserId>,
) -> LogEvent {
    let request: &RequestContext = cx.request;
    LogEvent {
        at: request.now,
        event: event.to_owned(),
        rule: Some(error.rule.to_owned()),
        description: error.describe(),
        client_id: Some(cx.client.client().id.clone()),
        user_id: user,
        ip: request.client_ip.to_string(),
        client_ip: request.peer_named(),
        request_id: request.request_id.clone(),
    }
}

#[cfg(test)]
mod tests;
