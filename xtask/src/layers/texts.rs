//! The rules about what stands in the files.

use crate::sources::Source;

/// Texts that Auth0's SDKs compare byte by byte: only `auth0` may spell them.
const AUTH0_TEXTS: [&str; 18] = [
    "Wrong email or password.",
    "Wrong email or verification code.",
    "Wrong phone number or verification code.",
    "Unknown or invalid refresh token.",
    "The refresh_token was generated for a user",
    "Invalid authorization code",
    "Failed to verify code verifier",
    "Malformed mfa_token",
    "mfa_token is expired",
    "Invalid otp_code.",
    "Multifactor authentication required",
    "Authorization server requires nonce in DPoP proof",
    "OIDC conformant clients cannot use",
    "Your account has been blocked after multiple consecutive login attempts",
    "We have detected suspicious login behavior",
    "This login attempt has been blocked because the password",
    "Suspicious request requires verification",
    "Login required",
];

/// A production file may have so many lines without a reason.
const LINES: usize = 400;
const REASON: &str = "//! Long because";

/// Says what breaks a rule.
pub(super) fn faults(files: &[Source]) -> Vec<String> {
    let production = || files.iter().filter(|file| !file.is_test());
    production().filter_map(too_long).chain(production().flat_map(dialect)).collect()
}

fn too_long(file: &Source) -> Option<String> {
    let lines = file.text.lines().count();
    let explained = file.text.starts_with(REASON);
    (lines > LINES && !explained).then(|| {
        format!(
            "{} has {lines} lines: split it, or start it with `{REASON} ...` if that reads worse",
            file.path
        )
    })
}

fn dialect(file: &Source) -> Vec<String> {
    let own = file.path.starts_with("crates/auth0/");
    let source = file.path.starts_with("crates/") && file.path.contains("/src/");
    if own || !source {
        return Vec::new();
    }
    let code = file.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.filter_map(|(at, line)| {
        let text = AUTH0_TEXTS.iter().find(|text| line.contains(*text))?;
        Some(format!("{}:{} spells Auth0's text \"{text}\": it belongs into crates/auth0", file.path, at + 1))
    })
    .collect()
}
