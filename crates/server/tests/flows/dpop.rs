use countersign_oauth::Seconds;
use countersign_storage::{PopMechanism, ProofOfPossession, RequiredFor};
use countersign_testkit::AUDIENCE;
use serde_json::{Value, json};

use crate::support::{
    DpopKey, Harness, MACHINE, Request, Response, SPA, VERIFIER, WEB, client_credentials, exchange,
    on_every_backend, refresh,
};

const CHALLENGE: (u16, &str, &str) =
    (400, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof");

/// The API takes bound tokens and asks for none.
fn allowed(server: &Harness) {
    server.change_api(|api| {
        api.settings.proof_of_possession = Some(ProofOfPossession {
            mechanism: PopMechanism::Dpop,
            required: false,
            required_for: RequiredFor::AllClients,
        });
    });
}

fn token_request(server: &Harness, pairs: &[(&str, &str)], proof: &str) -> Request {
    Request::post_form(server.url("/oauth/token"), pairs).header("dpop", proof)
}

/// Any nonce of the server's, from a challenge.
fn nonce(server: &Harness, key: &DpopKey) -> String {
    let proof = key.proof("POST", &server.url("/oauth/token"), server.now());
    let request = token_request(server, &[SPA, &refresh("any")].concat(), &proof);
    let answer = server.refuse(&request, &[], CHALLENGE);
    answer.header("dpop-nonce").unwrap().to_owned()
}

/// A public client's request: a fresh nonce each time.
fn with_nonce(server: &Harness, pairs: &[(&str, &str)], key: &DpopKey) -> Request {
    let nonce = nonce(server, key);
    let url = server.url("/oauth/token");
    token_request(server, pairs, &key.proof_with_nonce("POST", &url, server.now(), &nonce))
}

#[test]
fn core_185_186_a_public_client_is_challenged_and_succeeds_with_the_nonce() {
    on_every_backend(|server| {
        allowed(server);
        let key = DpopKey::generate();
        let url = server.url("/oauth/token");
        let code = server.spa_code("openid read:things", AUDIENCE);
        let pairs = [SPA, &exchange(&code), &[("code_verifier", VERIFIER)]].concat();
        let bare = token_request(server, &pairs, &key.proof("POST", &url, server.now()));
        let challenge = server.refuse(&bare, &[&code], CHALLENGE);
        let nonce = challenge.header("dpop-nonce").unwrap();
        let proof = key.proof_with_nonce("POST", &url, server.now(), nonce);
        let answer = server.send(&token_request(server, &pairs, &proof)).expect(200);
        assert_eq!(answer.text("token_type"), "DPoP");
        assert_eq!(answer.claims("access_token")["cnf"], json!({ "jkt": key.thumbprint() }));
    });
}

#[test]
fn core_185_an_invented_or_stale_nonce_is_challenged_again() {
    on_every_backend(|server| {
        let key = DpopKey::generate();
        let url = server.url("/oauth/token");
        let pairs = [SPA, &refresh("any")].concat();
        let old = nonce(server, &key);
        server.clock.advance(Seconds(86_400));
        for nonce in ["invented", old.as_str()] {
            let proof = key.proof_with_nonce("POST", &url, server.now(), nonce);
            let answer = server.refuse(&token_request(server, &pairs, &proof), &[], CHALLENGE);
            assert!(answer.header("dpop-nonce").is_some_and(|fresh| fresh != nonce));
        }
    });
}

#[test]
fn core_101_187_a_confidential_client_is_not_challenged() {
    on_every_backend(|server| {
        allowed(server);
        let key = DpopKey::generate();
        let pairs = [MACHINE, &client_credentials(AUDIENCE)].concat();
        let proof = key.proof("POST", &server.url("/oauth/token"), server.now());
        let bound = server.send(&token_request(server, &pairs, &proof)).expect(200);
        assert_eq!(bound.text("token_type"), "DPoP");
        assert_eq!(bound.claims("access_token")["cnf"]["jkt"], key.thumbprint());
        let unbound = server.token(&pairs).expect(200);
        assert_eq!(unbound.text("token_type"), "Bearer");
        assert!(unbound.claims("access_token").get("cnf").is_none());
    });
}

/// A proof that `spoil` made wrong, sent by the machine.
fn spoiled(server: &Harness, spoil: impl FnOnce(&mut Value, &mut Value)) -> Request {
    let key = DpopKey::generate();
    let mut header = key.header();
    let mut claims = key.claims("POST", &server.url("/oauth/token"), server.now());
    spoil(&mut header, &mut claims);
    let pairs = [MACHINE, &client_credentials(AUDIENCE)].concat();
    token_request(server, &pairs, &key.sign_under(&header, &claims))
}

fn refused(server: &Harness, request: &Request) -> Response {
    let answer = server.send_in_vain(request, &[], 400);
    assert_eq!(answer.text("error"), "invalid_dpop_proof", "{request:?}");
    assert!(answer.text("error_description").contains("DPoP"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer
}

#[test]
fn core_188_a_wrong_proof_is_invalid_dpop_proof() {
    on_every_backend(|server| {
        allowed(server);
        let now = server.now().seconds();
        server.send(&spoiled(server, |_, _| {})).expect(200);
        refused(server, &spoiled(server, |_, claims| claims["htm"] = "GET".into()));
        refused(server, &spoiled(server, |_, claims| claims["htm"] = "post".into()));
        for path in ["/userinfo", "/oauth/token/", "/"] {
            let url = server.url(path);
            refused(server, &spoiled(server, |_, claims| claims["htu"] = url.into()));
        }
        let other = format!("{}/oauth/token", server.http);
        refused(server, &spoiled(server, |_, claims| claims["htu"] = other.into()));
        for typ in [json!("JWT"), json!("at+jwt"), Value::Null] {
            refused(server, &spoiled(server, |header, _| header["typ"] = typ));
        }
        for iat in [now - 200, now + 100, 0] {
            refused(server, &spoiled(server, |_, claims| claims["iat"] = iat.into()));
        }
        refused(server, &spoiled(server, |header, _| header["jwk"]["d"] = header["jwk"]["x"].clone()));
        for member in ["jti", "htm", "htu", "iat"] {
            refused(
                server,
                &spoiled(server, |_, claims| {
                    claims.as_object_mut().unwrap().remove(member);
                }),
            );
        }
        let twice = spoiled(server, |_, _| {});
        server.send(&twice).expect(200);
        refused(server, &twice);
        let several = spoiled(server, |_, _| {});
        let (_, proof) = several.headers.last().unwrap().clone();
        refused(server, &several.header("dpop", &proof));
    });
}

#[test]
fn core_143_a_bound_refresh_token_of_a_public_client_needs_its_key() {
    on_every_backend(|server| {
        allowed(server);
        let (key, other) = (DpopKey::generate(), DpopKey::generate());
        let code = server.spa_code("openid offline_access read:things", AUDIENCE);
        let pairs = [SPA, &exchange(&code), &[("code_verifier", VERIFIER)]].concat();
        let tokens = server.send(&with_nonce(server, &pairs, &key)).expect(200);
        let token = tokens.text("refresh_token");
        let pairs = [SPA, &refresh(&token)].concat();
        let stolen = with_nonce(server, &pairs, &other);
        let answer = server.send_in_vain(&stolen, &[&token], 400);
        assert_eq!(answer.text("error"), "invalid_dpop_proof");
        let bare = Request::post_form(server.url("/oauth/token"), &pairs);
        let answer = server.send_in_vain(&bare, &[&token], 400);
        assert_eq!(answer.text("error"), "invalid_dpop_proof");
        let next = server.send(&with_nonce(server, &pairs, &key)).expect(200);
        assert_eq!(next.text("token_type"), "DPoP");
        assert_eq!(next.claims("access_token")["cnf"]["jkt"], key.thumbprint());
        // The successor is bound like the first.
        let token = next.text("refresh_token");
        let stolen = with_nonce(server, &[SPA, &refresh(&token)].concat(), &other);
        server.send_in_vain(&stolen, &[&token], 400);
    });
}

#[test]
fn a_refresh_token_of_a_confidential_client_is_bound_to_the_client_alone() {
    on_every_backend(|server| {
        allowed(server);
        let url = server.url("/oauth/token");
        let (key, other) = (DpopKey::generate(), DpopKey::generate());
        let code = server.web_code("openid offline_access read:things", AUDIENCE);
        let pairs = [WEB, &exchange(&code)].concat();
        let request = token_request(server, &pairs, &key.proof("POST", &url, server.now()));
        let token = server.send(&request).expect(200).text("refresh_token");
        let pairs = [WEB, &refresh(&token)].concat();
        let request = token_request(server, &pairs, &other.proof("POST", &url, server.now()));
        let answer = server.send(&request).expect(200);
        assert_eq!(answer.claims("access_token")["cnf"]["jkt"], other.thumbprint());
    });
}
