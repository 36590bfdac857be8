use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::verifier::is_verifier;
use crate::{CodeVerifier, PkceError};

/// How a challenge follows from its verifier (RFC 7636 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CodeChallengeMethod {
    /// The base64url of the verifier's SHA-256.
    S256,
    /// The verifier itself.
    #[serde(rename = "plain")]
    Plain,
}

impl CodeChallengeMethod {
    /// Parses `code_challenge_method`, compared exactly.
    ///
    /// # Errors
    /// [`PkceError::UnknownMethod`].
    pub fn parse(name: &str) -> Result<Self, PkceError> {
        match name {
            "S256" => Ok(Self::S256),
            "plain" => Ok(Self::Plain),
            _ => Err(PkceError::UnknownMethod),
        }
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }
}

/// A `code_challenge` with its method (RFC 7636 §4.3), as a code remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct CodeChallenge {
    method: CodeChallengeMethod,
    value: String,
}

/// What a code's payload holds.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    method: CodeChallengeMethod,
    value: String,
}

impl CodeChallenge {
    /// Parses `code_challenge` and `code_challenge_method`; without a method it is `plain` (RFC 7636 §4.3).
    ///
    /// # Errors
    /// [`PkceError`] naming the rule broken.
    pub fn parse(challenge: &str, method: Option<&str>) -> Result<Self, PkceError> {
        let method = method.map_or(Ok(CodeChallengeMethod::Plain), CodeChallengeMethod::parse)?;
        Self::of(challenge, method)
    }

    fn of(challenge: &str, method: CodeChallengeMethod) -> Result<Self, PkceError> {
        match method {
            CodeChallengeMethod::S256 if !is_sha256(challenge) => Err(PkceError::MalformedS256Challenge),
            CodeChallengeMethod::Plain if !is_verifier(challenge) => Err(PkceError::MalformedPlainChallenge),
            CodeChallengeMethod::S256 | CodeChallengeMethod::Plain => {
                Ok(Self { method, value: challenge.to_owned() })
            }
        }
    }

    /// The method it was made with.
    #[must_use]
    pub fn method(&self) -> CodeChallengeMethod {
        self.method
    }

    /// Whether the challenge came from this verifier (RFC 7636 §4.6), compared in constant time.
    #[must_use]
    pub fn verify(&self, verifier: &CodeVerifier) -> bool {
        let computed = match self.method {
            CodeChallengeMethod::S256 => {
                URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes())).into_bytes()
            }
            CodeChallengeMethod::Plain => verifier.expose().as_bytes().to_vec(),
        };
        computed.ct_eq(self.value.as_bytes()).into()
    }
}

/// Whether a text is the canonical base64url of 32 bytes.
fn is_sha256(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

impl TryFrom<Stored> for CodeChallenge {
    type Error = PkceError;

    fn try_from(stored: Stored) -> Result<Self, PkceError> {
        Self::of(&stored.value, stored.method)
    }
}

impl From<CodeChallenge> for Stored {
    fn from(challenge: CodeChallenge) -> Self {
        Self { method: challenge.method, value: challenge.value }
    }
}
