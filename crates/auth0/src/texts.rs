use crate::Endpoint;

/// What Auth0 says for a rule. Shipped SDKs compare many of these byte by byte.
pub(crate) struct Text {
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<&'static str>,
    pub(crate) description: &'static str,
}

const fn text(description: &'static str) -> Option<Text> {
    Some(Text { status: None, code: None, description })
}

const fn coded(status: u16, code: &'static str, description: &'static str) -> Option<Text> {
    Some(Text { status: Some(status), code: Some(code), description })
}

/// What an address is told that had too many failed logins.
const SUSPICIOUS: &str = "We have detected suspicious login behavior and further attempts will be blocked. \
                          Please contact the administrator.";

/// Texts that hold in every profile.
pub(crate) fn of_both(rule: &str) -> Option<Text> {
    match rule {
        "dpop.nonce_missing" | "dpop.nonce_stale" | "dpop.nonce_foreign" => {
            text("Authorization server requires nonce in DPoP proof")
        }
        "limit.requests" | "limit.token" | "limit.jwks" | "limit.userinfo" => {
            coded(429, "too_many_requests", "Rate limit exceeded. Please retry after some time.")
        }
        "throttle.failed_logins" => coded(429, "too_many_attempts", SUSPICIOUS),
        "throttle.failed_legacy_logins" => coded(429, "too_many_logins", SUSPICIOUS),
        _ => None,
    }
}

/// Texts, and codes and statuses where they differ from the RFC's, of the default profile.
pub(crate) fn of(rule: &str, endpoint: Endpoint) -> Option<Text> {
    if let Some(shared) = of_both(rule) {
        return Some(shared);
    }
    match endpoint {
        Endpoint::Token => at_token(rule),
        Endpoint::Authorize => at_authorize(rule),
        Endpoint::Logout => at_logout(rule),
    }
}

fn at_token(rule: &str) -> Option<Text> {
    match rule {
        "client_auth.wrong_secret"
        | "client_auth.missing_secret"
        | "client_auth.malformed_basic"
        | "client_auth.wrong_method" => coded(401, "access_denied", "Unauthorized"),
        "client_auth.unknown_client" => coded(403, "access_denied", "Unknown client: {client_id}"),
        "code.verifier_wrong" | "code.verifier_without_challenge" => text("Failed to verify code verifier"),
        "code.verifier_missing" | "code.other_key" => None,
        rule if rule.starts_with("code.") => text("Invalid authorization code"),
        "refresh.user_missing" => {
            text("The refresh_token was generated for a user who doesn't exist anymore.")
        }
        "refresh.other_key"
        | "refresh.proof_missing"
        | "refresh.excess_scope"
        | "refresh.foreign_audience" => None,
        rule if rule.starts_with("refresh.") => text("Unknown or invalid refresh token."),
        "hook.refresh_token_revoked" => text("Refresh token revoked due to {reason}"),
        "mfa.malformed_token" => text("Malformed mfa_token"),
        "native_social.apple_refused" => coded(400, "invalid_grant", "Error from Apple connection."),
        "native_social.apple_unavailable" => coded(400, "invalid_request", "Error from Apple connection."),
        "legacy_social.conformant_client" => {
            coded(400, "invalid_request", "OIDC conformant clients cannot use /oauth/access_token")
        }
        "legacy_social.token_refused" => coded(401, "invalid_request", "invalid access_token: invalid_token"),
        "legacy_social.denied" => coded(403, "unauthorized", "{reason}"),
        "legacy_social.user_blocked" => coded(403, "unauthorized", "user is blocked"),
        "client_credentials.unknown_audience" | "native_social.unknown_audience" => {
            coded(403, "access_denied", "Service not enabled within domain: {audience}")
        }
        "gate.client_grant_missing" => coded(
            403,
            "access_denied",
            "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" \
             associated to this API. See: \
             https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants",
        ),
        _ => None,
    }
}

fn at_authorize(rule: &str) -> Option<Text> {
    match rule {
        "authorize.redirect_uri_mismatch" => {
            text("The provided redirect_uri is not in the list of allowed callback URLs.")
        }
        "authorize.login_required" | "authorize.hint_mismatch" => text("Login required"),
        "hook.interaction_required" => text("External interaction required"),
        "gate.user_access_denied" => coded(
            400,
            "invalid_request",
            "Client \"{client_id}\" is not authorized to access resource server \"{audience}\".",
        ),
        "gate.user_blocked" | "gate.user_missing" => coded(400, "unauthorized", "user is blocked"),
        _ => None,
    }
}

fn at_logout(rule: &str) -> Option<Text> {
    match rule {
        "logout.return_to_not_allowed" => text(
            "The \"returnTo\" querystring parameter \"{url}\" is not defined as a valid URL in \
             \"Allowed Logout URLs\".",
        ),
        "logout.post_logout_redirect_uri_not_allowed" => text(
            "The \"post_logout_redirect_uri\" querystring parameter \"{url}\" is not defined as a valid URL \
             in \"Allowed Logout URLs\".",
        ),
        _ => None,
    }
}
