use countersign_oauth::{ClientId, ErrorCode, OAuthError};

/// Why a caller is not taken for the client it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuthError {
    /// Nothing identifies the client.
    NoClientId,
    /// Two methods in one request (RFC 6749 §2.3).
    TwoMethods,
    /// The header and the body name different clients.
    Contradiction,
    /// The `Authorization: Basic` value is malformed (RFC 7617 §2, RFC 6749 §2.3.1).
    MalformedBasic,
    /// There is no such client.
    UnknownClient(ClientId),
    /// A confidential client presented nothing.
    MissingSecret,
    /// The secret is not the client's.
    WrongSecret,
    /// The client is registered for another method.
    WrongMethod,
    /// `client_assertion_type` is absent or another one (RFC 7521 §4.2).
    AssertionType,
    /// There is a `client_assertion_type` and no `client_assertion`.
    NoAssertion,
    /// An assertion that does not convince.
    Assertion(AssertionError),
}

/// Why an assertion (RFC 7523 §3) does not convince. The caller learns only that it failed, the log why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionError {
    /// Over 2048 bytes, no JWT, of another type, or without a claim that it must have.
    Malformed,
    /// `iss`, `sub` and the body's `client_id` are not one client (RFC 7523 §3, 1 and 2).
    Subject,
    /// There is no such client as it names.
    UnknownClient,
    /// The client is registered for another method than this.
    NotRegistered,
    /// The client is registered for assertions, and shows a secret or nothing.
    Required,
    /// `alg` is not the key's own (RFC 8725 §3.1).
    Algorithm,
    /// No key of the client's that has not ended is the one that `kid` names.
    Key,
    /// The signature is none of the client's (RFC 7523 §3, 9).
    Signature,
    /// `aud` is not this server alone (RFC 7523 §3, 3).
    Audience,
    /// `exp` has passed (RFC 7523 §3, 4).
    Expired,
    /// `exp` is over five minutes away.
    Lifetime,
    /// `iat` or `nbf` is in the future (RFC 7523 §3, 5 and 6).
    NotYetValid,
    /// `jti` is empty or over 64 characters.
    Jti,
    /// It was used before (RFC 7523 §3, 7).
    Replayed,
}

impl AssertionError {
    /// The stable rule id.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Malformed => "client_auth.assertion_malformed",
            Self::Subject => "client_auth.assertion_subject",
            Self::UnknownClient => "client_auth.assertion_of_unknown_client",
            Self::NotRegistered => "client_auth.assertion_not_registered",
            Self::Required => "client_auth.assertion_required",
            Self::Algorithm => "client_auth.assertion_algorithm",
            Self::Key => "client_auth.assertion_key",
            Self::Signature => "client_auth.assertion_signature",
            Self::Audience => "client_auth.assertion_audience",
            Self::Expired => "client_auth.assertion_expired",
            Self::Lifetime => "client_auth.assertion_lifetime",
            Self::NotYetValid => "client_auth.assertion_not_yet_valid",
            Self::Jti => "client_auth.assertion_jti",
            Self::Replayed => "client_auth.assertion_replayed",
        }
    }
}

impl From<AssertionError> for ClientAuthError {
    fn from(error: AssertionError) -> Self {
        Self::Assertion(error)
    }
}

impl From<AssertionError> for OAuthError {
    fn from(error: AssertionError) -> Self {
        Self::new(ErrorCode::InvalidClient, error.rule(), "Client authentication failed")
    }
}

impl From<ClientAuthError> for OAuthError {
    fn from(error: ClientAuthError) -> Self {
        use ErrorCode::{InvalidClient, InvalidRequest};
        match error {
            ClientAuthError::NoClientId => Self::missing_parameter("client_id"),
            ClientAuthError::TwoMethods => Self::new(
                InvalidRequest,
                "client_auth.two_methods",
                "More than one authentication method was used",
            ),
            ClientAuthError::Contradiction => Self::new(
                InvalidRequest,
                "client_auth.contradiction",
                "The client_id in the body is not the one that authenticated",
            ),
            ClientAuthError::MalformedBasic => {
                Self::new(InvalidClient, "client_auth.malformed_basic", "Malformed Basic credentials")
            }
            ClientAuthError::UnknownClient(id) => {
                Self::new(InvalidClient, "client_auth.unknown_client", "Unknown client: {client_id}")
                    .with("client_id", id.as_str().chars().take(128).collect::<String>())
            }
            ClientAuthError::MissingSecret => {
                Self::new(InvalidClient, "client_auth.missing_secret", "Client authentication failed")
            }
            ClientAuthError::WrongSecret => {
                Self::new(InvalidClient, "client_auth.wrong_secret", "Client authentication failed")
            }
            ClientAuthError::NoAssertion => Self::missing_parameter("client_assertion"),
            ClientAuthError::AssertionType => Self::new(
                InvalidRequest,
                "client_auth.assertion_type",
                "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ClientAuthError::Assertion(error) => error.into(),
            ClientAuthError::WrongMethod => {
                Self::new(InvalidClient, "client_auth.wrong_method", "Client authentication failed")
            }
        }
    }
}

#[cfg(test)]
mod tests;
