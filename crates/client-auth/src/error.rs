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
    /// An assertion (RFC 7523 §2.2), which no client is registered for.
    AssertionRefused,
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
            ClientAuthError::AssertionRefused => {
                Self::new(InvalidClient, "client_auth.assertion_refused", "Client authentication failed")
            }
            ClientAuthError::WrongMethod => {
                Self::new(InvalidClient, "client_auth.wrong_method", "Client authentication failed")
            }
        }
    }
}

#[cfg(test)]
mod tests;
