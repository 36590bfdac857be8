use countersign_oauth::{Audience, ClientId, ErrorCode, GrantType, OAuthError};

/// Why nothing may be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateRefusal {
    /// The client may not use this grant (RFC 6749 §5.2).
    GrantNotAllowed(GrantType),
    /// The user does not exist any more.
    UserMissing,
    /// The user is blocked.
    UserBlocked,
    /// The API gives nobody tokens for this kind of subject, or this client has no grant for it.
    ApiDenied {
        /// The client.
        client_id: ClientId,
        /// The API.
        audience: Audience,
        /// Whether a client grant would help.
        grant_would_help: bool,
        /// Whether it was asked for a user.
        for_user: bool,
        /// Whether the client is a strict third party.
        third_party: bool,
    },
    /// The session that this depends on has ended.
    SessionEnded,
    /// The session's connection is not enabled for the client.
    ConnectionNotEnabled,
    /// The authorization that this depends on has ended.
    AuthorizationEnded,
    /// The user has not consented.
    ConsentMissing,
    /// A proof of possession is required (RFC 9449 §5) and none was sent, or the API knows none.
    ProofRequired,
}

impl From<GateRefusal> for OAuthError {
    fn from(refusal: GateRefusal) -> Self {
        use ErrorCode::{AccessDenied, ConsentRequired, InvalidGrant, InvalidRequest, UnauthorizedClient};
        match refusal {
            GateRefusal::GrantNotAllowed(grant) => Self::new(
                UnauthorizedClient,
                "gate.grant_not_allowed",
                "Grant type '{grant}' not allowed for the client.",
            )
            .with("grant", grant.as_str()),
            GateRefusal::UserMissing => Self::new(InvalidGrant, "gate.user_missing", "The user is gone"),
            GateRefusal::UserBlocked => Self::new(InvalidGrant, "gate.user_blocked", "user is blocked"),
            GateRefusal::ApiDenied { client_id, audience, grant_would_help, for_user, third_party } => {
                let (code, rule) = match (for_user, grant_would_help) {
                    (true, _) => (AccessDenied, "gate.user_access_denied"),
                    (false, true) if third_party => (UnauthorizedClient, "gate.third_party_grant_missing"),
                    (false, true) => (AccessDenied, "gate.client_grant_missing"),
                    (false, false) => (AccessDenied, "gate.client_access_denied"),
                };
                Self::new(
                    code,
                    rule,
                    "Client \"{client_id}\" is not authorized to access resource server \"{audience}\".",
                )
                .with("client_id", client_id.as_str())
                .with("audience", audience.as_str())
            }
            GateRefusal::SessionEnded => {
                Self::new(InvalidGrant, "gate.session_ended", "The session has ended")
            }
            GateRefusal::ConnectionNotEnabled => Self::new(
                InvalidGrant,
                "gate.connection_not_enabled",
                "The connection is not enabled for the client",
            ),
            GateRefusal::AuthorizationEnded => {
                Self::new(InvalidGrant, "gate.authorization_ended", "The authorization has ended")
            }
            GateRefusal::ConsentMissing => {
                Self::new(ConsentRequired, "gate.consent_missing", "Consent required")
            }
            GateRefusal::ProofRequired => Self::new(
                InvalidRequest,
                "gate.proof_required",
                "A DPoP proof is required for this client or API",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
