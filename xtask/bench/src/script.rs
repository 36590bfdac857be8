//! What one connection does again and again.

use crate::connection::{Answer, request};

/// The requests of one operation, one after another.
#[derive(Clone)]
pub(crate) enum Script {
    /// The same request always.
    Fixed { request: Vec<u8>, status: u16 },
    /// A browser with a session asks for a code, and the client redeems it.
    Login { authorize: Vec<u8>, token: TokenCall, code: Option<String> },
    /// A refresh token, and after it the one that came back, if one did.
    Refresh { token: TokenCall, refresh_token: String },
}

/// A call of the token endpoint that lacks one parameter.
#[derive(Clone)]
pub(crate) struct TokenCall {
    pub(crate) port: u16,
    pub(crate) path: String,
    /// The form so far, percent-encoded.
    pub(crate) form: String,
}

impl TokenCall {
    pub(crate) fn with(&self, name: &str, value: &str) -> Vec<u8> {
        let more = crate::connection::form(&[(name, value)]);
        request(self.port, &format!("POST {}", self.path), &[], Some(&format!("{}&{more}", self.form)))
    }
}

impl Script {
    /// The next request.
    pub(crate) fn next(&self) -> Vec<u8> {
        match self {
            Self::Fixed { request, .. } => request.clone(),
            Self::Login { authorize, code: None, .. } => authorize.clone(),
            Self::Login { token, code: Some(code), .. } => token.with("code", code),
            Self::Refresh { token, refresh_token } => token.with("refresh_token", refresh_token),
        }
    }

    /// Takes the answer; tells whether it ends an operation.
    pub(crate) fn take(&mut self, answer: Answer) -> Result<bool, String> {
        match self {
            Self::Fixed { status, .. } => answer.expect(*status).map(|_| true),
            Self::Login { code: code @ None, .. } => {
                let status = if answer.status == 303 { 303 } else { 302 };
                *code = Some(code_of(&answer.expect(status)?)?);
                Ok(false)
            }
            Self::Login { code, .. } => {
                *code = None;
                answer.expect(200)?.member("access_token").map(|_| true)
            }
            Self::Refresh { refresh_token, .. } => {
                let answer = answer.expect(200)?;
                answer.member("access_token")?;
                if let Ok(next) = answer.member("refresh_token") {
                    *refresh_token = next;
                }
                Ok(true)
            }
        }
    }
}

/// The `code` that a redirect carries.
pub(crate) fn code_of(answer: &Answer) -> Result<String, String> {
    let target = answer.header("location").ok_or("a redirect without Location")?;
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let code = pairs.into_iter().find(|(name, _)| name == "code").map(|(_, value)| value);
    code.ok_or_else(|| format!("a redirect without code: {target}"))
}
