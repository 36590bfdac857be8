use countersign_oauth::{ErrorCode, OAuthError};

/// Which rule of RFC 7636 a value breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PkceError {
    /// A `code_challenge_method` other than `S256` and `plain` (§4.3).
    UnknownMethod,
    /// An S256 challenge that is not 43 characters of canonical base64url (§4.2).
    MalformedS256Challenge,
    /// A plain challenge that is no verifier: 43 to 128 unreserved characters (§4.2).
    MalformedPlainChallenge,
    /// A verifier that is not 43 to 128 unreserved characters (§4.1).
    MalformedVerifier,
}

impl PkceError {
    /// The stable rule id.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::UnknownMethod => "pkce.unknown_method",
            Self::MalformedS256Challenge => "pkce.malformed_s256_challenge",
            Self::MalformedPlainChallenge => "pkce.malformed_plain_challenge",
            Self::MalformedVerifier => "pkce.malformed_verifier",
        }
    }

    /// What the rule asks for.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::UnknownMethod => "code_challenge_method must be S256 or plain",
            Self::MalformedS256Challenge => {
                "code_challenge must be the base64url of a SHA-256, 43 characters without padding"
            }
            Self::MalformedPlainChallenge => {
                "code_challenge must be 43 to 128 characters of A-Z, a-z, 0-9, '-', '.', '_' and '~'"
            }
            Self::MalformedVerifier => {
                "code_verifier must be 43 to 128 characters of A-Z, a-z, 0-9, '-', '.', '_' and '~'"
            }
        }
    }
}

impl std::fmt::Display for PkceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.description())
    }
}

impl std::error::Error for PkceError {}

impl From<PkceError> for OAuthError {
    /// `invalid_request` for what stands in an authorization request (§4.4.1), `invalid_grant` for the
    /// verifier of a token request (§4.6).
    fn from(error: PkceError) -> Self {
        let code = match error {
            PkceError::UnknownMethod
            | PkceError::MalformedS256Challenge
            | PkceError::MalformedPlainChallenge => ErrorCode::InvalidRequest,
            PkceError::MalformedVerifier => ErrorCode::InvalidGrant,
        };
        Self::new(code, error.rule(), error.description())
    }
}
