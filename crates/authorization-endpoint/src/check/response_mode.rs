use countersign_oauth::{AllowedOrigin, ErrorCode, OAuthError, Origin, Parameters, RedirectUri};
use countersign_storage::ClientSettings;

use crate::ResponseMode;

/// How answers travel: as asked, else by the response type's default. Errors travel as the success would.
///
/// The second value is the refusal of a mode that is unknown or unfit; it travels by the default.
pub(crate) fn pick(parameters: &Parameters) -> (ResponseMode, Option<OAuthError>) {
    let front_channel = parameters
        .find("response_type")
        .is_some_and(|types| types.split(' ').any(|t| t == "token" || t == "id_token"));
    let default = if front_channel { ResponseMode::Fragment } else { ResponseMode::Query };
    let refuse = |rule, text| (default, Some(OAuthError::new(ErrorCode::InvalidRequest, rule, text)));
    match parameters.find("response_mode") {
        None => (default, None),
        Some("query") if front_channel => refuse(
            "authorize.query_with_tokens",
            "response_mode query is not allowed for a response type with tokens",
        ),
        Some(name) => match ResponseMode::parse(name) {
            Some(mode) => (mode, None),
            None => refuse("authorize.unknown_response_mode", "Unsupported response mode"),
        },
    }
}

/// Whether a mode can carry a value back byte for byte: a form cannot carry NUL, and browsers write each line
/// end of its values as CR and LF (HTML, "normalize newlines").
pub(crate) fn can_carry(mode: ResponseMode, value: &str) -> bool {
    mode != ResponseMode::FormPost || !value.contains(['\0', '\r', '\n'])
}

/// A `state` that could not come back as it was sent refuses the request.
pub(crate) fn check_state(mode: ResponseMode, parameters: &Parameters) -> Result<(), OAuthError> {
    if parameters.find("state").is_none_or(|state| can_carry(mode, state)) {
        return Ok(());
    }
    Err(OAuthError::new(
        ErrorCode::InvalidRequest,
        "authorize.state_not_postable",
        "state has characters that response_mode form_post cannot return",
    ))
}

/// For `web_message` the target's origin must be one of the client's Allowed Web Origins.
pub(crate) fn check_web_message(
    mode: ResponseMode,
    redirect_uri: &RedirectUri,
    client: &ClientSettings,
) -> Result<(), OAuthError> {
    if mode != ResponseMode::WebMessage {
        return Ok(());
    }
    let origin = redirect_uri.origin();
    let allowed = origin.is_some_and(|origin| {
        let mut entries = client.web_origins.iter().filter_map(|entry| AllowedOrigin::parse(entry));
        entries.any(|entry| entry.matches(&origin))
    });
    if allowed {
        return Ok(());
    }
    Err(OAuthError::new(
        ErrorCode::InvalidRequest,
        "authorize.web_origin_not_allowed",
        "The origin of the redirect_uri is not in the list of allowed web origins.",
    )
    .with_each("origin", redirect_uri.origin().as_ref().map(Origin::as_str))
    .with_each("allowed web origin", &client.web_origins))
}

#[cfg(test)]
mod tests;
