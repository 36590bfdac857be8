use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD, USER_ID};

use crate::support::{
    Request, SPA_ID, WEB_CALLBACK, WEB_ID, WEB_SECRET, authorize_url, on_every_backend, s256,
};

const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-0";

#[test]
fn a_user_logs_in_and_a_confidential_client_exchanges_the_code() {
    on_every_backend(|server| {
        let callback = server.log_in(&[
            ("client_id", WEB_ID),
            ("response_type", "code"),
            ("redirect_uri", WEB_CALLBACK),
            ("scope", "openid profile email"),
            ("state", "a state & more"),
            ("nonce", "n-1"),
        ]);
        assert!(callback.url.starts_with(WEB_CALLBACK));
        assert_eq!(callback.get("state"), "a state & more");
        let answer = server
            .token(&[
                ("grant_type", "authorization_code"),
                ("client_id", WEB_ID),
                ("client_secret", WEB_SECRET),
                ("code", callback.code()),
                ("redirect_uri", WEB_CALLBACK),
            ])
            .expect(200);
        let claims = answer.claims("id_token");
        assert_eq!(claims["iss"], server.issuer());
        assert_eq!(claims["sub"], USER_ID);
        assert_eq!(claims["aud"], WEB_ID);
        assert_eq!(claims["nonce"], "n-1");
        assert_eq!(claims["email"], EMAIL);
        let bearer = format!("Bearer {}", answer.text("access_token"));
        let userinfo = Request::get(server.url("/userinfo")).header("authorization", &bearer);
        assert_eq!(server.send(&userinfo).expect(200).text("sub"), USER_ID);
    });
}

#[test]
fn a_public_client_exchanges_its_code_with_pkce_and_a_session_needs_no_second_login() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let challenge = s256(VERIFIER);
        let mut parameters = vec![
            ("client_id", SPA_ID),
            ("response_type", "code"),
            ("redirect_uri", WEB_CALLBACK),
            ("scope", "openid offline_access read:things"),
            ("audience", AUDIENCE),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let first = browser.log_in(&authorize_url(&server.https, &parameters), EMAIL, PASSWORD);
        let exchange = |code: &str| {
            server.token(&[
                ("grant_type", "authorization_code"),
                ("client_id", SPA_ID),
                ("code", code),
                ("redirect_uri", WEB_CALLBACK),
                ("code_verifier", VERIFIER),
            ])
        };
        let tokens = exchange(first.code()).expect(200);
        assert!(tokens.json()["refresh_token"].is_string());
        assert_eq!(tokens.claims("access_token")["aud"][0], AUDIENCE);
        parameters.push(("prompt", "none"));
        let silent = browser.get(&authorize_url(&server.https, &parameters)).expect(302);
        let silent = crate::support::Callback::parse(silent.header("location").unwrap());
        exchange(silent.code()).expect(200);
    });
}
