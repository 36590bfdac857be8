use serde::{Deserialize, Serialize};

/// A JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1). `none` is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384: callers sign with it, we do not.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519: callers sign with it, we do not.
    EdDSA,
    /// HMAC with SHA-256.
    HS256,
}

impl Algorithm {
    /// The `alg` value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
        }
    }

    /// The algorithm of an `alg` value, compared exactly; `none` in any letter case gives `None`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::RS256, Self::RS384, Self::RS512, Self::PS256, Self::ES256, Self::EdDSA, Self::HS256]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
    }

    /// Whether verifier and signer hold different keys.
    #[must_use]
    pub fn is_asymmetric(self) -> bool {
        self != Self::HS256
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
