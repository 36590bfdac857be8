use std::io;

use countersign_jose::Compact;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::sha::sha256;
use serde_json::{Value, json};

use crate::server::{Reply, Request};
use crate::state::{State, lay_over};

/// Half a year, the longest life of a client secret
/// (<https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>).
const MAX_LIFE: i64 = 15_777_000;

/// `POST /auth/token`: <https://developer.apple.com/documentation/signinwithapplerestapi/generate-and-validate-tokens>, with
/// the errors of <https://developer.apple.com/documentation/signinwithapplerestapi/errorresponse>. A code is good once.
pub(crate) fn token(state: &mut State, request: &Request) -> io::Result<Reply> {
    let value = |name: &str| request.form.find(name).unwrap_or_default();
    if value("grant_type") != "authorization_code" {
        return Ok((400, json!({ "error": "unsupported_grant_type" })));
    }
    if !is_client(state, value("client_id"), value("client_secret")) {
        return Ok((400, json!({ "error": "invalid_client" })));
    }
    let gone =
        json!({ "error": "invalid_grant", "error_description": "The code has expired or has been revoked." });
    let is_theirs = |code: &crate::state::AppleCode| code.app_id == value("client_id");
    if !state.apple_codes.get(value("code")).is_some_and(is_theirs) {
        return Ok((400, gone));
    }
    let Some(code) = state.apple_codes.remove(value("code")) else { return Ok((400, gone)) };
    if code.expires_at <= state.now() {
        return Ok((400, gone));
    }
    let id_token = state.apple_keys.sign(&claims(state, &code.claims), false)?;
    Ok((
        200,
        json!({
            "access_token": "a0.fake", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r0.fake",
            "id_token": id_token,
        }),
    ))
}

/// Whether the client secret is a JWT that a key of the team signed for this application.
fn is_client(state: &State, app_id: &str, secret: &str) -> bool {
    let verified = || -> Option<bool> {
        let compact = Compact::parse(secret).ok()?;
        let claims: Value = serde_json::from_slice(&compact.payload).ok()?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
        let key = (text("iss")?.to_owned(), compact.header.kid?);
        let key = state.apple_team_keys.get(&key)?;
        let (r, s) = compact.signature.split_at_checked(32)?;
        let signature =
            EcdsaSig::from_private_components(BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?)
                .ok()?;
        let is_signed = signature.verify(&sha256(compact.signing_input.as_bytes()), key).ok()?;
        let lives = (state.now() + 1..=state.now() + MAX_LIFE).contains(&seconds("exp")?);
        Some(
            is_signed
                && compact.header.alg == "ES256"
                && text("sub")? == app_id
                && text("aud")? == "https://appleid.apple.com"
                && seconds("iat")? <= state.now()
                && lives,
        )
    };
    verified().unwrap_or_default()
}

/// The claims of an identity token:
/// <https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple>.
pub(crate) fn claims(state: &State, others: &Value) -> Value {
    let usual = json!({
        "iss": "https://appleid.apple.com", "iat": state.now(), "exp": state.now() + 86_400,
        "auth_time": state.now(), "nonce_supported": true,
    });
    lay_over(usual, others)
}
