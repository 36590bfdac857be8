use super::*;

#[test]
fn the_event_has_every_member() {
    let event = claim("delete event.user.picture; api.idToken.setCustomClaim('x', event)");
    let time = "2026-01-02T03:04:05.678Z";
    assert_eq!(event["authentication"]["methods"], json!([{ "name": "pwd", "timestamp": time }]));
    assert_eq!(event["authorization"], json!({ "roles": [] }));
    assert_eq!(
        event["client"],
        json!({ "client_id": "test-client", "name": "Test application", "metadata": {} })
    );
    assert_eq!(event["connection"]["strategy"], "auth0");
    assert_eq!(event["connection"]["name"], "Username-Password-Authentication");
    assert_eq!(
        event["request"],
        json!({ "ip": "192.0.2.7", "method": "GET", "hostname": "acme.auth.example.com", "language": "de",
            "user_agent": "tests/1.0", "geoip": {}, "body": {}, "query": { "ui": "x" } })
    );
    assert_eq!(event["resource_server"], json!({ "identifier": testkit::AUDIENCE }));
    assert_eq!(event["tenant"], json!({ "id": "acme" }));
    assert_eq!(event["stats"], json!({ "logins_count": 0 }));
    assert_eq!(event["secrets"], json!({}));
    assert_eq!(event["transaction"]["protocol"], "oidc-basic-profile");
    assert_eq!(event["transaction"]["requested_scopes"], json!(["openid", "read:things"]));
    assert_eq!(event["transaction"]["metadata"], json!({}));
    let session = &event["session"];
    assert_eq!(session["clients"], json!([{ "client_id": "test-client" }]));
    assert_eq!(session["created_at"], time);
    assert_eq!(session["cookie"], json!({ "mode": "persistent" }));
    assert_eq!(session["device"]["last_ip"], "192.0.2.7");
    let user = &event["user"];
    assert_eq!(user["user_id"], testkit::USER_ID);
    assert_eq!(user["email"], testkit::EMAIL);
    assert_eq!((&user["email_verified"], &user["name"]), (&json!(true), &json!("Jane Doe")));
    assert_eq!(user["created_at"], time);
    assert_eq!((&user["app_metadata"], &user["user_metadata"]), (&json!({}), &json!({})));
    assert_eq!(
        user["identities"],
        json!([{ "provider": "auth0", "user_id": "64f0c2d90000000000000001",
            "connection": "Username-Password-Authentication", "isSocial": false }])
    );
    assert!(event.get("refresh_token").is_none() && user.get("username").is_none());
    assert!(!event.to_string().contains("argon2"), "the password's hash is nobody's");
}

#[test]
fn an_exchange_tells_of_its_refresh_token() {
    let script = action("api.idToken.setCustomClaim('x', event.refresh_token)");
    let token = run_all(vec![script], &refresh()).unwrap().id_token_claims.remove("x").unwrap();
    assert_eq!(token["id"], "test-family");
    assert_eq!(token["rotating"], true);
    assert_eq!(token["session_id"], "test-session");
    assert_eq!(token["resource_servers"][0]["audience"], testkit::AUDIENCE);
    assert_eq!(token["expires_at"], "2026-02-01T03:04:05.678Z");
}

#[test]
fn ext_158_every_flow_has_its_literal() {
    for (protocol, literal) in [
        (Protocol::OidcBasic, "oidc-basic-profile"),
        (Protocol::OidcImplicit, "oidc-implicit-profile"),
        (Protocol::OidcHybrid, "oidc-hybrid-profile"),
        (Protocol::DeviceCode, "oauth2-device-code"),
        (Protocol::ResourceOwner, "oauth2-resource-owner"),
        (Protocol::Password, "oauth2-password"),
        (Protocol::AccessToken, "oauth2-access-token"),
        (Protocol::RefreshToken, "oauth2-refresh-token"),
        (Protocol::TokenExchange, "oauth2-token-exchange"),
    ] {
        let login = LoginEvent { transaction: LoginTransaction::new(protocol), ..login() };
        let script = action("api.idToken.setCustomClaim('x', event.transaction.protocol)");
        assert_eq!(run_all(vec![script], &login).unwrap().id_token_claims["x"], literal);
    }
}
