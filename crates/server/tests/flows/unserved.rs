use crate::support::{Request, WEB, on_every_backend};

#[test]
fn what_discovery_names_and_nobody_serves_answers_with_its_refusal() {
    on_every_backend(|server| {
        let device = Request::post_form(server.url("/oauth/device/code"), WEB);
        let text = "Grant type 'urn:ietf:params:oauth:grant-type:device_code' not allowed for the client.";
        server.refuse(&device, &[], (403, "unauthorized_client", text));
        let challenge = [WEB, &[("mfa_token", "any"), ("challenge_type", "otp")]].concat();
        let challenge = Request::post_form(server.url("/mfa/challenge"), &challenge);
        server.refuse(&challenge, &[], (403, "invalid_grant", "Malformed mfa_token"));
        let registration = serde_json::json!({ "redirect_uris": ["https://app.example.com/callback"] });
        let registration = Request::post_json(server.url("/oidc/register"), &registration);
        let answer = server.send_in_vain(&registration, &[], 403);
        assert_eq!(answer.text("error"), "access_denied");
        let url = server.url("/oauth/global-token-revocation/connection/any");
        let answer = server.send_in_vain(&Request::post_json(url, &serde_json::json!({})), &[], 401);
        assert_eq!(answer.text("error"), "invalid_client");
    });
}

#[test]
fn what_nobody_names_is_not_there() {
    on_every_backend(|server| {
        for path in ["/oauth/par", "/oauth/ro", "/tokeninfo", "/no/such/path"] {
            let answer = server.send_in_vain(&Request::post_form(server.url(path), WEB), &[], 404);
            assert!(answer.header("location").is_none());
        }
        // Nor is another method than the endpoint's.
        for path in ["/oauth/device/code", "/mfa/challenge", "/oidc/register", "/oauth/revoke"] {
            let answer = server.send_in_vain(&Request::get(server.url(path)), &[], 405);
            assert!(answer.header("allow").is_some_and(|allow| allow.contains("POST")));
        }
    });
}
