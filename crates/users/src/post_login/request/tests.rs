use countersign_oauth::Parameters;
use serde_json::{Value, json};

use super::without_credentials;

fn seen(form: &str) -> Value {
    Value::Object(without_credentials(&Parameters::parse_form(form.as_bytes()).unwrap()))
}

#[test]
fn what_was_asked_for_is_seen_and_a_repeated_name_is_a_list() {
    assert_eq!(
        seen("client_id=c&scope=openid+email&resource=a&resource=b&resource=c"),
        json!({ "client_id": "c", "scope": "openid email", "resource": ["a", "b", "c"] }),
    );
    let types =
        "subject_token_type=urn%3Ax&client_assertion_type=jwt&code_challenge=x&code_challenge_method=S256";
    let kept = json!({
        "subject_token_type": "urn:x", "client_assertion_type": "jwt",
        "code_challenge": "x", "code_challenge_method": "S256",
    });
    assert_eq!(seen(types), kept);
}

#[test]
fn no_credential_reaches_the_event_under_any_name_that_we_know_or_that_sounds_like_one() {
    for name in [
        "client_secret",
        "client_assertion",
        "assertion",
        "password",
        "newPassword",
        "passwd",
        "code",
        "code_verifier",
        "device_code",
        "user_code",
        "otp",
        "refresh_token",
        "access_token",
        "access_token_secret",
        "subject_token",
        "actor_token",
        "mfa_token",
        "token",
        "id_token_hint",
        "login_ticket",
        "request",
        "Client_Secret",
        "session_transfer_token",
    ] {
        assert_eq!(seen(&format!("{name}=canary&scope=a")), json!({ "scope": "a" }), "{name}");
    }
}
