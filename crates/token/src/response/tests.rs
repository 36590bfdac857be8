use serde_json::json;

use super::*;

fn response() -> TokenResponse {
    TokenResponse {
        access_token: "canary-access".to_owned(),
        refresh_token: Some("canary-refresh".to_owned()),
        id_token: Some("canary-id".to_owned()),
        scope: Some(["openid", "read:things"].into_iter().collect()),
        expires_in: Seconds(86_400),
        token_type: "Bearer",
    }
}

/// RFC 6749 §5.1, OpenID Connect Core §3.1.3.3.
#[test]
fn is_written_under_the_standards_names() {
    let expected = json!({
        "access_token": "canary-access", "refresh_token": "canary-refresh", "id_token": "canary-id",
        "scope": "openid read:things", "expires_in": 86_400, "token_type": "Bearer",
    });
    assert_eq!(serde_json::to_value(response()).unwrap(), expected);
}

#[test]
fn what_was_not_issued_is_not_there() {
    let bare = TokenResponse { refresh_token: None, id_token: None, scope: None, ..response() };
    let expected = json!({ "access_token": "canary-access", "expires_in": 86_400, "token_type": "Bearer" });
    assert_eq!(serde_json::to_value(bare).unwrap(), expected);
}

#[test]
fn tokens_are_not_printed() {
    let shown = format!("{:?} {:#?}", response(), response());
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("read:things"));
}
