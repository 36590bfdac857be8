use std::borrow::Cow;

use countersign_oauth::{Compliance, ErrorCode, Fault, FaultKind, OAuthError};

use crate::{status, texts};

/// Where an error is answered: the same rule has different dress at different endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/oauth/token`, `/oauth/revoke` and the other endpoints that clients call.
    Token,
    /// `/authorize`: an error page or a redirect.
    Authorize,
    /// `/v2/logout`: an error page.
    Logout,
}

/// An error as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dressed {
    /// The HTTP status of a direct answer or an error page.
    pub status: u16,
    /// `error`.
    pub code: String,
    /// `error_description`.
    pub description: String,
    /// `WWW-Authenticate`, where one is due.
    pub www_authenticate: Option<&'static str>,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
}

/// Gives a refusal the status, code and text of the profile.
#[must_use]
pub fn dress(error: &OAuthError, endpoint: Endpoint, compliance: Compliance) -> Dressed {
    let auth0 = match compliance {
        Compliance::Auth0 => texts::of(error.rule, endpoint),
        Compliance::Rfc => texts::of_both(error.rule),
    };
    let code = auth0
        .as_ref()
        .and_then(|text| text.code)
        .map_or_else(|| Cow::Owned(own_code(error, endpoint).to_owned()), Cow::Borrowed);
    let text = auth0.as_ref().map_or(error.description, |text| text.description);
    let status = auth0.as_ref().and_then(|text| text.status).unwrap_or_else(|| match endpoint {
        Endpoint::Token => status::at_token(&error.code, compliance),
        Endpoint::Authorize | Endpoint::Logout => status::of_page(error.rule),
    });
    let challenge = status == 401 && compliance.is_rfc();
    Dressed {
        status,
        code: code.into_owned(),
        description: error.fill(text),
        www_authenticate: challenge.then_some("Basic realm=\"oauth\""),
        retry_after: None,
    }
}

/// The RFC's code; what is `invalid_grant` at the token endpoint is `access_denied` at the authorization
/// endpoint, which has no such code (RFC 6749 §4.1.2.1).
fn own_code(error: &OAuthError, endpoint: Endpoint) -> &str {
    match (endpoint, &error.code) {
        (Endpoint::Authorize, ErrorCode::InvalidGrant) => "access_denied",
        (_, code) => code.as_str(),
    }
}

/// What is shown of our own failure: the kind and nothing else.
#[must_use]
pub fn dress_fault(fault: &Fault) -> Dressed {
    let (status, code, description, retry_after) = match fault.kind {
        FaultKind::Internal => (500, "server_error", "A server error occurred.", None),
        FaultKind::Unavailable => {
            (503, "temporarily_unavailable", "The server is busy. Please retry.", Some(1))
        }
    };
    Dressed {
        status,
        code: code.to_owned(),
        description: description.to_owned(),
        www_authenticate: None,
        retry_after,
    }
}

#[cfg(test)]
mod tests;
