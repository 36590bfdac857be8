use countersign_jose::parse_json;
use countersign_oauth::{FetchRequest, FetchResponse};
use serde_json::{Map, Value};

use crate::{Upstream, UpstreamError};

/// A provider's answer that is JSON: a success, or a refusal in the provider's own words.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `2xx` or `4xx`.
    pub status: u16,
    /// The object.
    pub body: Map<String, Value>,
}

impl Answer {
    /// Whether the status is a success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A member that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }
}

impl Upstream<'_> {
    /// Calls the provider and reads a JSON object.
    ///
    /// # Errors
    /// [`UpstreamError::Unavailable`] for no answer, a redirect, a server error, too many requests, another media
    /// type, and what does not parse (SP-141, SP-144).
    pub async fn json(&self, request: FetchRequest) -> Result<Answer, UpstreamError> {
        let request = request.with_header("accept", "application/json");
        let response = self.fetch.fetch(request).await?;
        let status = response.status;
        if !matches!(status, 200..300 | 400..500) || matches!(status, 408 | 429) {
            return Err(UpstreamError::Unavailable(format!("status {status}").into()));
        }
        require_json(&response)?;
        let body = parse_json(&response.body)
            .map_err(|_| UpstreamError::malformed("the answer is no JSON object"))?;
        Ok(Answer { status, body })
    }
}

/// The media type is `application/json` or one built on it (RFC 6839 §3.1).
pub(crate) fn require_json(response: &FetchResponse) -> Result<(), UpstreamError> {
    let kind = response.content_type.as_str();
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        return Ok(());
    }
    Err(UpstreamError::malformed(format!("status {} of another media type", response.status)))
}

/// An id that a provider writes as a text or as a number: nothing else is one (SP-087).
pub(crate) fn id_text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|id| id.to_string()),
        _ => None,
    }
}

/// A number of seconds that a provider writes as a number or as a text.
pub(crate) fn seconds(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests;
