use countersign_dpop::DpopError;
use countersign_jose::JoseError;

/// Why a request does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It shows no access token (RFC 6750 §3.1: then no error is named).
    NoToken,
    /// It shows more than one, or one that cannot be read.
    Malformed(&'static str),
    /// It shows a token as `Bearer`, and this API takes bound tokens alone (RFC 9449 §7.2).
    Bearer,
    /// The token is not the issuer's, not for this API, or over.
    Token(JoseError),
    /// The token is bound to no key.
    Unbound,
    /// The token is bound to another key than the proof's.
    OtherKey,
    /// There is no proof, or it breaks a rule.
    Proof(DpopError),
    /// The token's scopes do not reach so far.
    Scope(&'static str),
    /// Nothing can be said now: the issuer's keys are out of reach, or there is no room to remember proofs.
    Unavailable,
}

/// What the caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `WWW-Authenticate`, where the caller could do better.
    pub challenge: Option<String>,
    /// `Retry-After`, seconds.
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// The answer (RFC 6750 §3, RFC 9449 §7.1), which names the metadata of this API (RFC 9728 §5.1).
    #[must_use]
    pub fn answer(&self, metadata_url: &str) -> Answer {
        let (status, error, description, scope) = match self {
            Self::NoToken => (401, None, String::new(), None),
            Self::Malformed(why) => (400, Some("invalid_request"), (*why).to_owned(), None),
            Self::Bearer => (401, Some("invalid_token"), "Show the token as DPoP".to_owned(), None),
            Self::Token(why) => (401, Some("invalid_token"), describe(*why).to_owned(), None),
            Self::Unbound => (401, Some("invalid_token"), "The token is bound to no key".to_owned(), None),
            Self::OtherKey => {
                (401, Some("invalid_token"), "The token is bound to another key".to_owned(), None)
            }
            Self::Proof(
                why @ (DpopError::NonceMissing | DpopError::NonceStale | DpopError::NonceForeign),
            ) => (401, Some("use_dpop_nonce"), why.to_string(), None),
            Self::Proof(why) => (401, Some("invalid_dpop_proof"), why.to_string(), None),
            Self::Scope(needed) => {
                let description = "The token's scopes do not reach so far".to_owned();
                (403, Some("insufficient_scope"), description, Some(*needed))
            }
            Self::Unavailable => return Answer { status: 503, challenge: None, retry_after: Some(5) },
        };
        let mut challenge = r#"DPoP algs="ES256""#.to_owned();
        if let Some(error) = error {
            challenge
                .push_str(&format!(r#", error="{error}", error_description="{}""#, quotable(&description)));
        }
        if let Some(scope) = scope {
            challenge.push_str(&format!(r#", scope="{scope}""#));
        }
        challenge.push_str(&format!(r#", resource_metadata="{metadata_url}""#));
        Answer { status, challenge: Some(challenge), retry_after: None }
    }
}

fn describe(why: JoseError) -> &'static str {
    match why {
        JoseError::Expired => "The token has expired",
        JoseError::NotYetValid => "The token is not yet valid",
        JoseError::Issuer => "The token is another issuer's",
        JoseError::Audience => "The token is for another API",
        _ => "The token is not one of the issuer's access tokens",
    }
}

/// What may stand in a quoted string (RFC 6750 §3): a caller's own values come back in it.
fn quotable(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~') && *c != '"' && *c != '\\').collect()
}
