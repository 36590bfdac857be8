use countersign_testkit::vectors::{RFC7636_CHALLENGE, RFC9449_THUMBPRINT};
use countersign_testkit::{CALLBACK, ISSUER, NOW, code};
use serde_json::json;

use super::*;

fn payload() -> CodePayload {
    CodePayload {
        version: 1,
        redirect_uri: CALLBACK.to_owned(),
        redirect_uri_was_sent: true,
        code_challenge: CodeChallenge::parse(RFC7636_CHALLENGE, Some("S256")).ok(),
        nonce: Some("n".to_owned()),
        dpop_jkt: Thumbprint::parse(RFC9449_THUMBPRINT),
        auth_time: Some(NOW),
        issuer: Issuer::new(ISSUER),
        verdict: Verdict::default(),
    }
}

#[test]
fn a_payload_comes_back_as_it_was_stored() {
    let bare =
        CodePayload { code_challenge: None, nonce: None, dpop_jkt: None, auth_time: None, ..payload() };
    for payload in [payload(), bare] {
        let row = SingleUse { payload: serde_json::to_value(&payload).unwrap(), ..code() };
        assert_eq!(CodePayload::of(&row).unwrap(), payload);
    }
}

#[test]
fn the_first_versions_form_stands() {
    // Codes live over an update of the server, so this form must be readable by every later one.
    let stored = json!({
        "version": 1,
        "redirect_uri": CALLBACK,
        "redirect_uri_was_sent": true,
        "code_challenge": { "method": "S256", "value": RFC7636_CHALLENGE },
        "nonce": "n",
        "dpop_jkt": RFC9449_THUMBPRINT,
        "auth_time": NOW.millis(),
        "issuer": ISSUER,
    });
    assert_eq!(serde_json::to_value(payload()).unwrap(), stored);
    assert_eq!(CodePayload::of(&SingleUse { payload: stored, ..code() }).unwrap(), payload());
}

#[test]
fn a_row_that_cannot_exist_is_a_fault_that_names_the_column() {
    for broken in [json!({}), json!(null), json!({ "version": 1 }), json!([]), json!("x")] {
        let fault = CodePayload::of(&SingleUse { payload: broken, ..code() }).unwrap_err();
        assert!(fault.context.contains("single_uses.payload"), "{fault}");
    }
}

/// RFC 6749 §4.1.2: ten minutes at most.
#[test]
fn sp_030_codes_live_ten_minutes_and_one_under_rfc() {
    assert_eq!((CODE_LIFETIME, CODE_LIFETIME_RFC), (Seconds(600), Seconds(60)));
}
