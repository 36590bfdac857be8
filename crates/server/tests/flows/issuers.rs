use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};

use crate::support::{
    Harness, Request, WEB_CALLBACK, WEB_ID, WEB_SECRET, ask, authorize_url, on_every_backend,
};

/// Tokens from a login on one of the domains.
fn tokens(server: &Harness, base: &str) -> crate::support::Response {
    let pairs = ask(&[("audience", AUDIENCE), ("scope", "openid read:things offline_access")]);
    let callback = server.browser().log_in(&authorize_url(base, &pairs), EMAIL, PASSWORD);
    redeem(server, base, callback.code())
}

fn redeem(server: &Harness, base: &str, code: &str) -> crate::support::Response {
    server.send(&Request::post_form(
        format!("{base}/oauth/token"),
        &[
            ("grant_type", "authorization_code"),
            ("client_id", WEB_ID),
            ("client_secret", WEB_SECRET),
            ("code", code),
            ("redirect_uri", WEB_CALLBACK),
        ],
    ))
}

fn document(server: &Harness, base: &str) -> serde_json::Value {
    let url = format!("{base}/.well-known/openid-configuration");
    server.send(&Request::get(url)).expect(200).json()
}

#[test]
fn core_003_the_issuer_is_the_domain_with_a_slash_everywhere() {
    on_every_backend(|server| {
        assert!(server.https.starts_with("https://localhost:"));
        assert!(server.http.starts_with("http://localhost:"));
        for base in [&server.https, &server.http] {
            let issuer = format!("{base}/");
            assert_eq!(document(server, base)["issuer"], issuer);
            let answer = tokens(server, base).expect(200);
            assert_eq!(answer.claims("id_token")["iss"], issuer);
            let access_token = answer.claims("access_token");
            assert_eq!(access_token["iss"], issuer);
            assert_eq!(access_token["aud"][1], format!("{issuer}userinfo"));
        }
    });
}

#[test]
fn core_004_every_endpoint_is_on_the_domain_of_the_request() {
    on_every_backend(|server| {
        for (base, other) in [(&server.https, &server.http), (&server.http, &server.https)] {
            let document = document(server, base);
            let mut urls = 0;
            for (name, value) in document.as_object().unwrap() {
                assert!(!value.to_string().contains(other.as_str()), "{name}: {value}");
                if name == "issuer" || name.ends_with("_endpoint") || name == "jwks_uri" {
                    assert!(value.as_str().unwrap().starts_with(&format!("{base}/")), "{name}: {value}");
                    urls += 1;
                }
            }
            assert!(urls > 5, "{document}");
            // A forwarded host that nobody vouches for changes nothing.
            let url = format!("{base}/.well-known/openid-configuration");
            let forged = Request::get(url).header("x-forwarded-host", "evil.example");
            let forged = forged.header("forwarded", "host=evil.example;proto=https");
            assert_eq!(server.send(&forged).expect(200).json(), document);
        }
    });
}

#[test]
fn what_one_domain_issued_the_other_refuses() {
    on_every_backend(|server| {
        let url = authorize_url(&server.https, &ask(&[]));
        let callback = server.browser().log_in(&url, EMAIL, PASSWORD);
        redeem(server, &server.http, callback.code()).expect(403);
        redeem(server, &server.https, callback.code()).expect(200);
        let tokens = tokens(server, &server.https).expect(200);
        let bearer = format!("Bearer {}", tokens.text("access_token"));
        let at = |base: &str| {
            server.send(&Request::get(format!("{base}/userinfo")).header("authorization", &bearer)).status
        };
        assert_eq!((at(&server.https), at(&server.http)), (200, 401));
        // Nor does a session reach over: the http domain's cookies have names of their own.
        let mut browser = server.signed_in();
        let silent = authorize_url(&server.http, &ask(&[("prompt", "none")]));
        assert_eq!(browser.get(&silent).expect_callback(WEB_CALLBACK).get("error"), "login_required");
    });
}
