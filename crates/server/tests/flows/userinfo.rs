//! Userinfo (OpenID Connect Core §5.3.1; RFC 6750 §2 and §3).

use countersign_management::patch_user;
use countersign_oauth::Seconds;
use countersign_testkit::{AUDIENCE, EMAIL, USER_ID, block_on};
use serde_json::{Value, json};

use crate::support::{Harness, Request, Response, on_every_backend};

/// A refusal as RFC 6750 §3 and core §5.3 want it, after which nothing is different.
fn refused(server: &Harness, request: &Request) -> Response {
    let answer = server.send_in_vain(request, &[], 401);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm=\"Users\""), "{challenge}");
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert!(challenge.contains("error_description=\""), "{challenge}");
    let body = answer.json();
    assert_eq!(body["error"], "invalid_token");
    assert!(body["error_description"].is_string());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer
}

fn bearer(server: &Harness, token: &str) -> Request {
    server.userinfo_request(token)
}

#[test]
fn core_232_the_answer_has_sub_and_the_claims_of_the_scopes() {
    on_every_backend(|server| {
        let claims = |scope: &str| {
            let answer = server.userinfo(&server.web_tokens(scope, "").text("access_token")).expect(200);
            assert!(answer.header("content-type").unwrap().starts_with("application/json"));
            answer.json()
        };
        assert_eq!(claims("openid"), json!({ "sub": USER_ID }));
        assert_eq!(claims("openid email"), json!({ "sub": USER_ID, "email": EMAIL, "email_verified": true }));
        let profile = claims("openid profile");
        assert_eq!(profile["name"], "Jane Doe");
        assert_eq!(profile["nickname"], "jane");
        assert_eq!(profile["given_name"], "Jane");
        assert_eq!(profile["family_name"], "Doe");
        assert!(profile["updated_at"].is_string());
        assert!(profile.get("email").is_none());
        assert_eq!(claims("openid given_name"), json!({ "sub": USER_ID, "given_name": "Jane" }));
    });
}

#[test]
fn core_233_a_missing_invalid_or_expired_token_is_401() {
    on_every_backend(|server| {
        let url = server.url("/userinfo");
        let missing = server.send_in_vain(&Request::get(&url), &[], 401);
        assert!(missing.header("www-authenticate").unwrap().starts_with("Bearer realm=\"Users\""));
        refused(server, &bearer(server, "no-such-token"));
        let jwt = server.web_tokens("openid", AUDIENCE).text("access_token");
        let opaque = server.web_tokens("openid", "").text("access_token");
        let (head, signature) = jwt.rsplit_once('.').unwrap();
        let flipped: String = signature.chars().rev().collect();
        refused(server, &bearer(server, &format!("{head}.{flipped}")));
        refused(server, &bearer(server, &format!("{head}.")));
        refused(server, &bearer(server, &opaque[1..]));
        server.userinfo(&jwt).expect(200);
        server.userinfo(&opaque).expect(200);
        server.clock.advance(Seconds(86_400));
        refused(server, &bearer(server, &jwt));
        refused(server, &bearer(server, &opaque));
    });
}

#[test]
fn core_233_an_id_token_or_refresh_token_is_no_access_token() {
    on_every_backend(|server| {
        let tokens = server.web_tokens("openid offline_access", AUDIENCE);
        refused(server, &bearer(server, &tokens.text("id_token")));
        refused(server, &bearer(server, &tokens.text("refresh_token")));
    });
}

#[test]
fn core_234_a_token_without_the_audience_is_401() {
    on_every_backend(|server| {
        refused(server, &bearer(server, &server.machine_token(AUDIENCE).text("access_token")));
        let api_alone = server.web_tokens("read:things", AUDIENCE).text("access_token");
        refused(server, &bearer(server, &api_alone));
        // An opaque one without openid neither.
        let no_openid = server.web_tokens("profile", "").text("access_token");
        refused(server, &bearer(server, &no_openid));
    });
}

#[test]
fn a_token_of_the_other_domain_is_refused() {
    on_every_backend(|server| {
        let jwt = server.web_tokens("openid", AUDIENCE).text("access_token");
        let opaque = server.web_tokens("openid", "").text("access_token");
        for token in [jwt, opaque] {
            let request = Request::get(format!("{}/userinfo", server.http));
            let request = request.header("authorization", &format!("Bearer {token}"));
            server.send_in_vain(&request, &[&token], 401);
        }
    });
}

#[test]
fn core_235_changes_after_the_login_are_seen() {
    on_every_backend(|server| {
        let token = server.web_tokens("openid profile email", "").text("access_token");
        server.clock.advance(Seconds(60));
        let patch = json!({ "name": "Jane Roe", "email": "roe@example.com" });
        block_on(patch_user(&USER_ID.into(), &patch, &server.admin())).unwrap();
        let body = server.userinfo(&token).expect(200).json();
        assert_eq!(body["name"], "Jane Roe");
        assert_eq!(body["email"], "roe@example.com");
        assert_eq!(body["updated_at"], "2026-01-02T03:05:05.678Z");
    });
}

#[test]
fn a_blocked_user_has_no_userinfo() {
    on_every_backend(|server| {
        let token = server.web_tokens("openid", "").text("access_token");
        server.change_user(|user| user.blocked = true);
        refused(server, &bearer(server, &token));
    });
}

#[test]
fn core_236_get_and_post_work() {
    on_every_backend(|server| {
        let url = server.url("/userinfo");
        let token = server.web_tokens("openid profile email", AUDIENCE).text("access_token");
        let expected: Value = server.userinfo(&token).expect(200).json();
        let authorization = format!("Bearer {token}");
        for request in [
            Request::new("POST", &url).header("authorization", &authorization),
            Request::post_form(&url, &[]).header("authorization", &authorization),
            Request::post_form(&url, &[("access_token", &token)]),
            Request::get(format!("{url}?access_token={token}")),
            Request::get(&url).header("authorization", &format!("bearer {token}")),
        ] {
            assert_eq!(server.send(&request).expect(200).json(), expected);
        }
        let twice = Request::post_form(&url, &[("access_token", &token)]);
        refused(server, &twice.header("authorization", &authorization));
        server.send_in_vain(&Request::new("DELETE", &url), &[&token], 405);
    });
}
