/// Why a JOSE object is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoseError {
    /// Over 16 KiB, or not three non-empty parts (RFC 7515 §7.1).
    Form,
    /// A part that is not canonical base64url (RFC 7515 §2).
    Encoding,
    /// A header or payload that is not the JSON object it must be (RFC 7515 §4, RFC 7519 §4).
    Json,
    /// An `alg` that is not known or not allowed here (RFC 8725 §3.1).
    Algorithm,
    /// A `crit`, `b64` or `zip` header: we understand no extension (RFC 7515 §4.1.11).
    Critical,
    /// A `typ` that is not the expected one (RFC 8725 §3.11).
    Type,
    /// No key of that `kid`, or one of another kind.
    Key,
    /// A private or symmetric key where a public one belongs.
    Private,
    /// The signature does not verify.
    Signature,
    /// `iss` is not the expected issuer.
    Issuer,
    /// `aud` does not contain the expected audience.
    Audience,
    /// `exp` has passed, or is missing.
    Expired,
    /// `iat` or `nbf` is in the future.
    NotYetValid,
}

impl JoseError {
    /// The stable rule id.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Form => "jose.form",
            Self::Encoding => "jose.encoding",
            Self::Json => "jose.json",
            Self::Algorithm => "jose.algorithm",
            Self::Critical => "jose.critical",
            Self::Type => "jose.type",
            Self::Key => "jose.key",
            Self::Private => "jose.private",
            Self::Signature => "jose.signature",
            Self::Issuer => "jose.issuer",
            Self::Audience => "jose.audience",
            Self::Expired => "jose.expired",
            Self::NotYetValid => "jose.not_yet_valid",
        }
    }
}

impl std::fmt::Display for JoseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.rule())
    }
}

impl std::error::Error for JoseError {}
