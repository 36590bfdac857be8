use countersign_testkit::{AUDIENCE, NOW};
use serde_json::json;

use crate::support::{MACHINE_ID, MACHINE_SECRET, Request, on_every_backend};

#[test]
fn core_113_116_a_machine_gets_a_token_for_itself() {
    on_every_backend(|server| {
        let answer = server
            .token(&[
                ("grant_type", "client_credentials"),
                ("client_id", MACHINE_ID),
                ("client_secret", MACHINE_SECRET),
                ("audience", AUDIENCE),
            ])
            .expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], 86_400);
        assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
        let claims = answer.claims("access_token");
        assert_eq!(claims["iss"], server.issuer());
        assert_eq!(claims["sub"], format!("{MACHINE_ID}@clients"));
        assert_eq!(claims["aud"], AUDIENCE);
        assert_eq!(claims["scope"], "read:things");
        assert_eq!(claims["gty"], "client-credentials");
        assert_eq!(claims["iat"], NOW.seconds());
    });
}

#[test]
fn a_token_request_may_be_json() {
    on_every_backend(|server| {
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": MACHINE_ID,
            "client_secret": MACHINE_SECRET,
            "audience": AUDIENCE,
        });
        let answer = server.send(&Request::post_json(server.url("/oauth/token"), &body)).expect(200);
        assert_eq!(answer.text("token_type"), "Bearer");
    });
}
