use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_oauth::Parameters;
use openssl::hash::MessageDigest;
use serde_json::{Value, json};

use crate::keys::hmac;
use crate::server::{Reply, Request};
use crate::state::{State, Token, lay_over};

const STRATEGY: &str = "twitter";
const URL: &str = "https://api.twitter.com/1.1/account/verify_credentials.json";
/// The parameters that the base string may hold beside the protocol's.
const QUERY: [&str; 3] = ["include_email", "include_entities", "skip_status"];
const PROTOCOL: [&str; 6] = [
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
    "oauth_version",
];

/// `verify_credentials`:
/// <https://developer.x.com/en/docs/x-api/v1/accounts-and-users/manage-account-settings/api-reference/get-account-verify_credentials>,
/// signed as <https://developer.x.com/en/docs/authentication/oauth-1-0a/creating-a-signature> says.
pub(crate) fn verify_credentials(state: &State, request: &Request) -> io::Result<Reply> {
    let Some(header) = request.authorization.strip_prefix("OAuth ") else {
        return Ok((400, error(215, "Bad Authentication data.")));
    };
    let oauth = members(header);
    let value = |name: &str| oauth.find(name).unwrap_or_default();
    let consumer = value("oauth_consumer_key");
    let Some(secret) = state.secret(STRATEGY, consumer) else {
        return Ok((401, error(32, "Could not authenticate you.")));
    };
    let token = state.good_token(STRATEGY, value("oauth_token"));
    let Some(token) = token.filter(|token| token.app_id == consumer) else {
        return Ok((401, error(89, "Invalid or expired token.")));
    };
    let is_recent = value("oauth_timestamp").parse::<i64>().is_ok_and(|at| (at - state.now()).abs() <= 300);
    if !is_recent || value("oauth_signature") != signature(secret, token, &oauth, &request.query)? {
        return Ok((401, error(32, "Could not authenticate you.")));
    }
    let mut profile = state.user(STRATEGY, &token.user_id);
    if request.query.find("include_email") != Some("true") {
        profile.remove("email");
    }
    let id = json!({ "id": token.user_id.parse::<u64>().unwrap_or_default(), "id_str": token.user_id });
    Ok((200, lay_over(id, &Value::Object(profile))))
}

/// Reads `name="value", …`, decoded (RFC 5849 §3.5.1).
fn members(header: &str) -> Parameters {
    let pairs: Vec<String> = header
        .split(',')
        .filter_map(|member| member.trim().split_once('='))
        // A plus sign is encoded in the header; what decodes forms reads the rest alike.
        .map(|(name, value)| format!("{name}={}", value.trim_matches('"')))
        .collect();
    Parameters::parse_form(pairs.join("&").as_bytes()).unwrap_or_default()
}

fn signature(secret: &str, token: &Token, oauth: &Parameters, query: &Parameters) -> io::Result<String> {
    let of = |from: &Parameters, names: &[&str]| -> Vec<String> {
        let pair = |name: &&str| from.find(name).map(|value| format!("{}={}", encode(name), encode(value)));
        names.iter().filter_map(pair).collect()
    };
    let mut parameters = of(oauth, &PROTOCOL);
    parameters.extend(of(query, &QUERY));
    parameters.sort();
    let base = format!("GET&{}&{}", encode(URL), encode(&parameters.join("&")));
    let key = format!("{}&{}", encode(secret), encode(&token.secret));
    Ok(STANDARD.encode(hmac(MessageDigest::sha1(), key.as_bytes(), base.as_bytes())?))
}

/// RFC 5849 §3.6.
fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// <https://developer.x.com/en/support/x-api/error-troubleshooting>.
fn error(code: u32, message: &str) -> Value {
    json!({ "errors": [{ "code": code, "message": message }] })
}
