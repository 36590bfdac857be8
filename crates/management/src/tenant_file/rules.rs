//! The rules that single values obey.

use countersign_oauth::{AllowedOrigin, GrantType, RedirectUri, RegisteredUri, Scope};

use crate::schema::Verdict;

/// Response parameters that a callback's own query may not have (SP-010).
const RESPONSE_PARAMETERS: [&str; 7] =
    ["code", "state", "iss", "error", "error_description", "access_token", "id_token"];

/// The placeholder for the name of a request's organization.
const ORGANIZATION_NAME: &str = "{organization_name}";

/// Grants that Auth0 has beside those that are built; a client keeps them and is refused for now.
const LATER_GRANTS: [&str; 2] = ["password", "delegation"];
/// What opens `/oauth/access_token`.
const LEGACY_SOCIAL: &str = "http://auth0.com/oauth/legacy/grant-type/access_token";

fn refuse(message: impl Into<String>) -> Verdict {
    Verdict::Refuse(message.into())
}

/// Any text.
pub(crate) fn any_text(_: &str) -> Verdict {
    Verdict::Keep
}

/// Any text; the empty one unsets.
pub(crate) fn optional_text(text: &str) -> Verdict {
    if text.is_empty() { Verdict::Unset } else { Verdict::Keep }
}

/// A name that pages show: not empty, one line, no markup.
pub(crate) fn label(text: &str) -> Verdict {
    if text.trim().is_empty() || text.len() > 255 {
        refuse("must have 1 to 255 characters")
    } else if text.contains(['<', '>']) || text.chars().any(char::is_control) {
        refuse("may have no <, > or control characters")
    } else {
        Verdict::Keep
    }
}

/// A sentence on an application; the empty text unsets.
pub(crate) fn description(text: &str) -> Verdict {
    if text.chars().count() > 140 { refuse("may have at most 140 characters") } else { optional_text(text) }
}

/// The name of a script.
pub(crate) fn script_name(text: &str) -> Verdict {
    if text.trim().is_empty() || text.len() > 255 || text.chars().any(char::is_control) {
        refuse("must have 1 to 255 characters, none of them a control character")
    } else {
        Verdict::Keep
    }
}

/// Source text, or the path of a file that has it (extended §2.5: at most 100 kB).
pub(crate) fn code(text: &str) -> Verdict {
    if text.len() > MAX_CODE_BYTES { refuse("may have at most 100 kB") } else { Verdict::Keep }
}

/// Source text has at most so many bytes.
pub(crate) const MAX_CODE_BYTES: usize = 100_000;

/// The name of a value that a script is given (extended §2.5).
pub(crate) fn secret_name(text: &str) -> Verdict {
    if (1..=128).contains(&text.len()) { Verdict::Keep } else { refuse("must have 1 to 128 characters") }
}

/// A value that a script is given (extended §2.5); the message never shows it.
pub(crate) fn secret_value(text: &str) -> Verdict {
    if text.len() <= 4096 { Verdict::Keep } else { refuse("may have at most 4096 characters") }
}

/// When a rule runs.
pub(crate) fn stage(text: &str) -> Verdict {
    match text {
        "login_success" => Verdict::Keep,
        "login_failure" | "pre_authorize" => {
            Verdict::KeepBut("is a stage at which no rule runs here: this one never runs".to_owned())
        }
        _ => refuse("must be login_success, login_failure or pre_authorize"),
    }
}

/// A reference to a client, by name or id.
pub(crate) fn reference(text: &str) -> Verdict {
    if text.is_empty() { refuse("must not be empty") } else { Verdict::Keep }
}

/// A client id of one's own.
pub(crate) fn client_id(text: &str) -> Verdict {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    if (1..=64).contains(&text.len()) && plain {
        Verdict::Keep
    } else {
        refuse("must have 1 to 64 letters, digits, or any of - . _ ~")
    }
}

/// A secret of one's own; the message never shows it.
pub(crate) fn secret(text: &str) -> Verdict {
    if (16..=512).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Verdict::Keep
    } else {
        refuse("must have 16 to 512 visible ASCII characters")
    }
}

/// An API's identifier.
pub(crate) fn identifier(text: &str) -> Verdict {
    if !(1..=600).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_graphic()) {
        refuse("must have 1 to 600 visible ASCII characters")
    } else if text.ends_with("/userinfo") {
        refuse("is the identifier of a system API")
    } else {
        Verdict::Keep
    }
}

/// One permission's name.
pub(crate) fn scope(text: &str) -> Verdict {
    match Scope::parse(text) {
        Ok(scope) if !text.contains(' ') && !scope.is_empty() && text.len() <= 280 => Verdict::Keep,
        _ => refuse("must be one scope value, without spaces, quotes or backslashes"),
    }
}

/// A grant type.
pub(crate) fn grant_type(text: &str) -> Verdict {
    let built = [
        GrantType::AUTHORIZATION_CODE,
        GrantType::REFRESH_TOKEN,
        GrantType::CLIENT_CREDENTIALS,
        GrantType::IMPLICIT,
        GrantType::TOKEN_EXCHANGE,
        GrantType::new(LEGACY_SOCIAL),
    ];
    if built.iter().any(|grant| grant.as_str() == text) {
        Verdict::Keep
    } else if LATER_GRANTS.contains(&text) || RedirectUri::parse(text).is_ok() {
        Verdict::KeepBut("is a grant that this server does not offer yet: it is refused".to_owned())
    } else {
        refuse("is no grant type")
    }
}

/// The kind of an application.
pub(crate) fn app_type(text: &str) -> Verdict {
    match text {
        "native" | "spa" | "regular_web" | "non_interactive" | "resource_server" => Verdict::Keep,
        "sso_integration"
        | "express_configuration"
        | "rms"
        | "box"
        | "cloudbees"
        | "concur"
        | "dropbox"
        | "mscrm"
        | "echosign"
        | "egnyte"
        | "newrelic"
        | "office365"
        | "salesforce"
        | "sentry"
        | "sharepoint"
        | "slack"
        | "springcm"
        | "zendesk"
        | "zoom"
        | "oag" => Verdict::Leave(
            "is a kind of application that is not built yet; it is treated as one without".to_owned(),
        ),
        _ => refuse("must be one of: native, spa, regular_web, non_interactive, resource_server"),
    }
}

/// An allowed callback (SP-003, SP-005, SP-010; core §2.7).
pub(crate) fn callback(text: &str) -> Verdict {
    registered(text, |uri| match RESPONSE_PARAMETERS.iter().find(|name| uri.has_parameter(name)) {
        Some(name) => refuse(format!("has {name} in its query, which the answer adds itself")),
        None => Verdict::Keep,
    })
}

/// An allowed logout URL (SP-003, SP-005).
pub(crate) fn logout_url(text: &str) -> Verdict {
    if text.contains(ORGANIZATION_NAME) {
        return refuse("has {organization_name}, which only callbacks and allowed_origins may have");
    }
    registered(text, |_| Verdict::Keep)
}

/// An allowed origin: only scheme, host and port count.
pub(crate) fn origin(text: &str) -> Verdict {
    registered(text, |uri| match AllowedOrigin::parse(text) {
        Some(_) => Verdict::Keep,
        None if uri.is_placeholder() => Verdict::Keep,
        None => Verdict::Leave("never matches: only http and https have origins here; left out".to_owned()),
    })
}

/// An allowed web origin.
pub(crate) fn web_origin(text: &str) -> Verdict {
    if text.contains(ORGANIZATION_NAME) {
        return refuse("has {organization_name}, which only callbacks and allowed_origins may have");
    }
    origin(text)
}

/// Whether an entry of such a list stands for more than one URL.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '{'])
}

/// The verdict on a registered URL, after the rules that all of them obey.
fn registered(text: &str, judge: impl FnOnce(&RegisteredUri) -> Verdict) -> Verdict {
    let uri = match RegisteredUri::parse(text) {
        Ok(uri) => uri,
        Err(error) => return refuse(error.to_string()),
    };
    match judge(&uri) {
        Verdict::Keep if uri.is_placeholder() => Verdict::KeepBut(
            "matches nothing yet: organizations and custom domains with metadata are not built".to_owned(),
        ),
        verdict => verdict,
    }
}

/// The text with `{organization_name}` and `{custom_domain.metadata.KEY}` filled, so that the rest is judged.
fn fill_placeholders(text: &str) -> String {
    let known = |inside: &str| {
        inside == "organization_name"
            || inside.starts_with("custom_domain.metadata.")
            || inside.starts_with("organization.metadata.")
    };
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}') {
            Some((inside, after)) if known(inside) => {
                filled.push('x');
                rest = after;
            }
            _ => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A web page's URL; the empty text unsets (SP-005).
pub(crate) fn web_url(text: &str) -> Verdict {
    if text.is_empty() {
        return Verdict::Unset;
    }
    match RedirectUri::parse(&fill_placeholders(text)) {
        Ok(uri) if uri.is_web() => Verdict::Keep,
        Ok(_) => refuse("must be an http or https URL"),
        Err(error) => refuse(error.to_string()),
    }
}

/// An https URL; the empty text unsets (SP-005).
pub(crate) fn https_url(text: &str) -> Verdict {
    match web_url(text) {
        Verdict::Keep if !text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")) => {
            refuse("must be an https URL")
        }
        verdict => verdict,
    }
}

/// A connection's name.
pub(crate) fn connection_name(text: &str) -> Verdict {
    let inner = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let bounded = !text.starts_with('-') && !text.ends_with('-') && !text.contains("--");
    if (1..=128).contains(&text.len()) && inner && bounded {
        Verdict::Keep
    } else {
        refuse("must have 1 to 128 letters, digits and single hyphens between them")
    }
}

/// A locale.
pub(crate) fn locale(text: &str) -> Verdict {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if (2..=35).contains(&text.len()) && plain {
        Verdict::Keep
    } else {
        refuse("must be a language tag such as en")
    }
}

#[cfg(test)]
mod tests;
