use countersign_oauth::{ErrorCode, OAuthError, Parameters, Seconds};

/// `prompt` and `max_age` (OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Prompt {
    /// No page may be shown.
    pub(crate) none: bool,
    /// Authenticate again.
    pub(crate) login: bool,
    /// Ask for consent again.
    pub(crate) consent: bool,
    /// How old the authentication may be.
    pub(crate) max_age: Option<Seconds>,
}

impl Prompt {
    /// Whether `auth_time` is due in the ID token.
    pub(crate) fn makes_auth_time_due(self) -> bool {
        self.login || self.max_age.is_some()
    }
}

/// Reads both; an unknown `prompt` value is ignored unless it stands alone, `none` stands alone.
pub(crate) fn parse(parameters: &Parameters) -> Result<Prompt, OAuthError> {
    let refuse = |rule, text| Err(OAuthError::new(ErrorCode::InvalidRequest, rule, text));
    let mut prompt = Prompt::default();
    let asked: Vec<&str> =
        parameters.find("prompt").unwrap_or_default().split(' ').filter(|value| !value.is_empty()).collect();
    for value in &asked {
        match *value {
            "none" if asked.len() > 1 => {
                return refuse("authorize.prompt_none_not_alone", "prompt none cannot be combined");
            }
            "none" => prompt.none = true,
            // Choosing another account is done by signing in again.
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ if asked.len() == 1 => return refuse("authorize.unknown_prompt", "Unknown prompt"),
            _ => {}
        }
    }
    if let Some(max_age) = parameters.find("max_age") {
        let digits = max_age.bytes().all(|byte| byte.is_ascii_digit());
        match max_age.parse::<u32>() {
            Ok(seconds) if digits => prompt.max_age = Some(Seconds(i64::from(seconds))),
            _ => {
                return refuse("authorize.malformed_max_age", "max_age is not a number of seconds");
            }
        }
    }
    Ok(prompt)
}

/// Every requested `acr` must be one that the tenant names, if it names any.
pub(crate) fn check_acr_values(parameters: &Parameters, supported: &[String]) -> Result<(), OAuthError> {
    let asked = parameters.find("acr_values").unwrap_or_default();
    let unknown = asked
        .split(' ')
        .filter(|value| !value.is_empty())
        .any(|value| !supported.iter().any(|known| known == value));
    if supported.is_empty() || !unknown {
        return Ok(());
    }
    Err(OAuthError::new(
        ErrorCode::InvalidRequest,
        "authorize.unsupported_acr_value",
        "The requested acr_values are not supported",
    ))
}

#[cfg(test)]
mod tests;
