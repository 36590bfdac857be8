//! Codes bound to a key (RFC 9449 §10).

use crate::support::{
    Browser, DpopKey, Harness, Request, Response, SPA_ID, VERIFIER, WEB_CALLBACK, WEB_ID, WEB_SECRET,
    on_every_backend, s256,
};

/// A code of the web application, bound to a key.
fn bound_code(server: &Harness, browser: &mut Browser, key: &DpopKey) -> String {
    let url = server.ask(&[("dpop_jkt", &key.thumbprint())]);
    browser.get(&url).expect_callback(WEB_CALLBACK).code().to_owned()
}

fn redeem(server: &Harness, code: &str, key: Option<&DpopKey>) -> Response {
    let url = server.url("/oauth/token");
    let request = Request::post_form(
        &url,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", WEB_ID),
            ("client_secret", WEB_SECRET),
            ("code", code),
            ("redirect_uri", WEB_CALLBACK),
        ],
    );
    server.send(&match key {
        Some(key) => request.header("dpop", &key.proof("POST", &url, server.now())),
        None => request,
    })
}

#[test]
fn core_081_dpop_jkt_binds_the_code_to_the_key() {
    on_every_backend(|server| {
        let (key, other) = (DpopKey::generate(), DpopKey::generate());
        let mut browser = server.signed_in();
        let code = bound_code(server, &mut browser, &key);
        let refused = server.in_vain(|| redeem(server, &code, Some(&other))).expect(400);
        assert_eq!(refused.text("error"), "invalid_dpop_proof");
        let refused = server.in_vain(|| redeem(server, &code, None)).expect(403);
        assert_eq!(refused.text("error"), "invalid_grant");
        assert_eq!(refused.header("cache-control"), Some("no-store"));
        let tokens = redeem(server, &code, Some(&key)).expect(200);
        assert_eq!(tokens.text("token_type"), "DPoP");
    });
}

#[test]
fn core_081_the_code_of_a_public_client_is_bound_too() {
    on_every_backend(|server| {
        let (key, other) = (DpopKey::generate(), DpopKey::generate());
        let challenge = s256(VERIFIER);
        let url = server.ask(&[
            ("client_id", SPA_ID),
            ("dpop_jkt", &key.thumbprint()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let callback = server.signed_in().get(&url).expect_callback(WEB_CALLBACK);
        let token_url = server.url("/oauth/token");
        let ask = |key: &DpopKey, nonce: Option<&str>| {
            let proof = match nonce {
                None => key.proof("POST", &token_url, server.now()),
                Some(nonce) => key.proof_with_nonce("POST", &token_url, server.now(), nonce),
            };
            let form = [
                ("grant_type", "authorization_code"),
                ("client_id", SPA_ID),
                ("code", callback.code()),
                ("redirect_uri", WEB_CALLBACK),
                ("code_verifier", VERIFIER),
            ];
            server.send(&Request::post_form(&token_url, &form).header("dpop", &proof))
        };
        // Public clients first get a nonce (core §3.12).
        let challenged = ask(&key, None).expect(400);
        assert_eq!(challenged.text("error"), "use_dpop_nonce");
        let nonce = challenged.header("dpop-nonce").unwrap();
        assert_eq!(ask(&other, Some(nonce)).expect(400).text("error"), "invalid_dpop_proof");
        assert_eq!(ask(&key, Some(nonce)).expect(200).text("token_type"), "DPoP");
    });
}

#[test]
fn a_dpop_jkt_that_is_no_thumbprint_is_an_invalid_request() {
    on_every_backend(|server| {
        for malformed in ["x", "a b", &"a".repeat(44), &"=".repeat(43)] {
            let url = server.ask(&[("dpop_jkt", malformed)]);
            let answer = server.in_vain(|| server.send(&Request::get(&url)));
            assert_eq!(answer.expect_callback(WEB_CALLBACK).get("error"), "invalid_request");
        }
    });
}
