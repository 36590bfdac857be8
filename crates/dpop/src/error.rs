use countersign_jose::JoseError;
use countersign_oauth::{ErrorCode, OAuthError};

/// Which rule of RFC 9449 a proof breaks; checks are numbered as in §4.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DpopError {
    /// More than one `DPoP` header (check 1).
    SeveralHeaders,
    /// Not a well-formed JWT (check 2).
    Malformed(JoseError),
    /// `typ` is not `dpop+jwt` (check 4).
    TypMismatch,
    /// `alg` is not ES256 (check 5).
    AlgorithmNotAllowed,
    /// No `jwk` in the header (check 3).
    KeyMissing,
    /// `jwk` holds a private or symmetric key (check 7).
    KeyPrivate,
    /// `jwk` is not a point on P-256, each coordinate 32 bytes (check 3).
    KeyInvalid,
    /// The signature is not the key's (check 6).
    SignatureInvalid,
    /// `jti` is absent, empty, or no string (check 3).
    JtiMissing,
    /// `jti` is over 256 characters (§11.1).
    JtiTooLong,
    /// `htm` is absent or no string (check 3).
    HtmMissing,
    /// `htm` is another method (check 8).
    HtmMismatch {
        /// The request's method.
        expected: String,
        /// The proof's.
        actual: String,
    },
    /// `htu` is absent or no string (check 3).
    HtuMissing,
    /// `htu` is another URL (check 9).
    HtuMismatch {
        /// The request's URL, as configured.
        expected: String,
        /// The proof's.
        actual: String,
    },
    /// `iat` is absent or no number (check 3).
    IatMissing,
    /// `iat` is too long ago (check 11).
    TooOld,
    /// `iat` is in the future (check 11).
    NotYetValid,
    /// `ath` is absent or no string (check 12).
    AthMissing,
    /// `ath` is another token's (check 12).
    AthMismatch,
    /// `nonce` is there and no string (§4.2).
    NonceMalformed,
    /// A nonce is required and the proof has none (§8).
    NonceMissing,
    /// The nonce is over its lifetime (§8).
    NonceStale,
    /// The nonce is not one of ours (§8).
    NonceForeign,
    /// The proof was used before (§11.1).
    Replayed,
}

impl DpopError {
    /// The stable rule id.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::SeveralHeaders => "dpop.several_headers",
            Self::Malformed(_) => "dpop.malformed",
            Self::TypMismatch => "dpop.typ_mismatch",
            Self::AlgorithmNotAllowed => "dpop.algorithm_not_allowed",
            Self::KeyMissing => "dpop.key_missing",
            Self::KeyPrivate => "dpop.key_private",
            Self::KeyInvalid => "dpop.key_invalid",
            Self::SignatureInvalid => "dpop.signature_invalid",
            Self::JtiMissing => "dpop.jti_missing",
            Self::JtiTooLong => "dpop.jti_too_long",
            Self::HtmMissing => "dpop.htm_missing",
            Self::HtmMismatch { .. } => "dpop.htm_mismatch",
            Self::HtuMissing => "dpop.htu_missing",
            Self::HtuMismatch { .. } => "dpop.htu_mismatch",
            Self::IatMissing => "dpop.iat_missing",
            Self::TooOld => "dpop.too_old",
            Self::NotYetValid => "dpop.not_yet_valid",
            Self::AthMissing => "dpop.ath_missing",
            Self::AthMismatch => "dpop.ath_mismatch",
            Self::NonceMalformed => "dpop.nonce_malformed",
            Self::NonceMissing => "dpop.nonce_missing",
            Self::NonceStale => "dpop.nonce_stale",
            Self::NonceForeign => "dpop.nonce_foreign",
            Self::Replayed => "dpop.replayed",
        }
    }

    /// What went wrong; `{expected}` and `{actual}` stand for the compared values.
    #[must_use]
    pub fn description(&self) -> &'static str {
        match self {
            Self::SeveralHeaders => "The request has more than one DPoP header",
            Self::Malformed(_) => "The DPoP proof is not a well-formed JWT",
            Self::TypMismatch => "The DPoP proof's typ must be dpop+jwt",
            Self::AlgorithmNotAllowed => "The DPoP proof's alg must be ES256",
            Self::KeyMissing => "The DPoP proof's header has no jwk",
            Self::KeyPrivate => "The DPoP proof's jwk must hold a public key alone",
            Self::KeyInvalid => "The DPoP proof's jwk is not a valid P-256 key",
            Self::SignatureInvalid => "The DPoP proof's signature does not verify with its jwk",
            Self::JtiMissing => "The DPoP proof has no jti",
            Self::JtiTooLong => "The DPoP proof's jti has more than 256 characters",
            Self::HtmMissing => "The DPoP proof has no htm",
            Self::HtmMismatch { .. } => "The DPoP proof is for the method {actual}, not {expected}",
            Self::HtuMissing => "The DPoP proof has no htu",
            Self::HtuMismatch { .. } => "The DPoP proof is for the URL {actual}, not {expected}",
            Self::IatMissing => "The DPoP proof has no iat",
            Self::TooOld => "The DPoP proof was made too long ago",
            Self::NotYetValid => "The DPoP proof's iat is in the future",
            Self::AthMissing => "The DPoP proof has no ath",
            Self::AthMismatch => "The DPoP proof's ath is not the access token's hash",
            Self::NonceMalformed => "The DPoP proof's nonce is not a string",
            Self::NonceMissing => "The DPoP proof must carry the nonce of the DPoP-Nonce header",
            Self::NonceStale => "The DPoP proof's nonce has expired",
            Self::NonceForeign => "The DPoP proof's nonce is not one of this server",
            Self::Replayed => "The DPoP proof was used before",
        }
    }
}

impl std::fmt::Display for DpopError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&OAuthError::from(self.clone()).describe())
    }
}

impl std::error::Error for DpopError {}

impl From<DpopError> for OAuthError {
    /// `use_dpop_nonce` where another nonce would do (RFC 9449 §8), else `invalid_dpop_proof` (§5).
    fn from(error: DpopError) -> Self {
        let code = match error {
            DpopError::NonceMissing | DpopError::NonceStale | DpopError::NonceForeign => {
                ErrorCode::UseDpopNonce
            }
            _ => ErrorCode::InvalidDpopProof,
        };
        let shown = Self::new(code, error.rule(), error.description());
        match error {
            DpopError::HtmMismatch { expected, actual } | DpopError::HtuMismatch { expected, actual } => {
                shown.with("expected", showable(&expected)).with("actual", showable(&actual))
            }
            _ => shown,
        }
    }
}

/// What of a compared value may be shown: visible ASCII without its query and braces, 200 characters at
/// most; a query may carry secrets, and a brace would name another value.
fn showable(value: &str) -> String {
    let end = value.find(['?', '#']).unwrap_or(value.len());
    value.chars().take(end.min(200)).filter(|c| c.is_ascii_graphic() && !"{}<>\"'&".contains(*c)).collect()
}

#[cfg(test)]
mod tests;
