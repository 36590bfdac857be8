//! DPoP proofs that are used twice, made for something else, or malformed (SP-071, SP-072, SP-074).

use countersign_oauth::{Seconds, Timestamp};
use countersign_testkit::AUDIENCE;
use serde_json::{Value, json};

use crate::kit::{Pairs, redeeming};
use crate::support::{
    Backend, DpopKey, Harness, MACHINE_ID, MACHINE_SECRET, Request, Response, SPA_ID, Tenant,
};

/// Every backend with an API that takes DPoP.
pub fn on_both(test: impl Fn(&Harness)) {
    for backend in Backend::chosen() {
        let mut tenant = Tenant::default();
        let dpop = json!({ "mechanism": "dpop", "required": false });
        tenant.api().settings.proof_of_possession = Some(serde_json::from_value(dpop).unwrap());
        test(&Harness::start(backend, tenant));
    }
}

pub fn machine() -> Pairs<'static> {
    vec![
        ("grant_type", "client_credentials"),
        ("client_id", MACHINE_ID),
        ("client_secret", MACHINE_SECRET),
        ("audience", AUDIENCE),
    ]
}

pub fn with_proof(server: &Harness, pairs: &[(&str, &str)], proof: &str) -> Response {
    let request = Request::post_form(server.url("/oauth/token"), pairs);
    server.send(&request.header("dpop", proof))
}

pub fn endpoint(server: &Harness) -> String {
    server.url("/oauth/token")
}

/// A public client's proof with a nonce that the server gives when asked without one.
pub fn proof_for_spa(server: &Harness, key: &DpopKey, pairs: &[(&str, &str)]) -> String {
    let bare = key.proof("POST", &endpoint(server), server.now());
    let text = "Authorization server requires nonce in DPoP proof";
    let challenge = with_proof(server, pairs, &bare).expect_error(400, "use_dpop_nonce", text);
    let nonce = challenge.header("dpop-nonce").unwrap();
    key.proof_with_nonce("POST", &endpoint(server), server.now(), nonce)
}

/// Tokens of the single-page application, bound to a key.
pub fn bound_tokens(server: &Harness, key: &DpopKey) -> Response {
    let callback = server.code_for(SPA_ID, &[]);
    let pairs = redeeming(SPA_ID, callback.code(), &[]);
    let tokens = with_proof(server, &pairs, &proof_for_spa(server, key, &pairs)).expect(200);
    assert_eq!(tokens.text("token_type"), "DPoP");
    tokens
}

pub fn userinfo(server: &Harness, scheme: &str, token: &str, proofs: &[&str]) -> Response {
    let request = Request::get(server.url("/userinfo")).header("authorization", &format!("{scheme} {token}"));
    server.send(&proofs.iter().fold(request, |request, proof| request.header("dpop", proof)))
}

#[test]
fn sp_071_a_proof_counts_once_at_the_token_endpoint() {
    on_both(|server| {
        let key = DpopKey::generate();
        let proof = key.proof("POST", &endpoint(server), server.now());
        with_proof(server, &machine(), &proof).expect(200);
        let replay = || {
            let answer = with_proof(server, &machine(), &proof).expect(400);
            assert_eq!(answer.text("error"), "invalid_dpop_proof");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        };
        replay();
        // At the far end of the window it is still remembered, and beyond it is too old.
        for _ in 0..12 {
            server.clock.advance(Seconds(10));
            replay();
        }
        // A proof from the future's edge lives as long as it could pass.
        let early = server.now().plus(Seconds(10));
        let proof = key.proof("POST", &endpoint(server), early);
        with_proof(server, &machine(), &proof).expect(200);
        for _ in 0..15 {
            server.clock.advance(Seconds(10));
            assert_eq!(
                with_proof(server, &machine(), &proof).expect(400).text("error"),
                "invalid_dpop_proof"
            );
        }
    });
}

#[test]
fn sp_071_of_16_uses_at_once_one_passes() {
    on_both(|server| {
        let key = DpopKey::generate();
        let proof = key.proof("POST", &endpoint(server), server.now());
        let passed: usize = std::thread::scope(|scope| {
            let send = || usize::from(with_proof(server, &machine(), &proof).status == 200);
            let started: Vec<_> = (0..16).map(|_| scope.spawn(send)).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 1);
    });
}

#[test]
fn sp_071_a_proof_counts_once_at_userinfo() {
    on_both(|server| {
        let key = DpopKey::generate();
        let token = bound_tokens(server, &key).text("access_token");
        let proof = key.proof_for_token("GET", &server.url("/userinfo"), server.now(), &token);
        userinfo(server, "DPoP", &token, &[&proof]).expect(200);
        let answer = userinfo(server, "DPoP", &token, &[&proof]).expect(401);
        assert!(answer.header("www-authenticate").unwrap().starts_with("DPoP error=\"invalid_dpop_proof\""));
    });
}

#[test]
fn sp_072_a_proof_for_another_method_or_url_is_refused() {
    on_both(|server| {
        let key = DpopKey::generate();
        let right = endpoint(server);
        for method in ["GET", "post", "", "POST "] {
            let proof = key.proof(method, &right, server.now());
            let answer = with_proof(server, &machine(), &proof).expect(400);
            assert_eq!(answer.text("error"), "invalid_dpop_proof", "{method}");
        }
        let http = format!("{}/oauth/token", server.http);
        for url in [
            http.as_str(),
            "https://evil.example/oauth/token",
            &server.url("/oauth/token/"),
            &server.url("/oauth/Token"),
            &server.url("/oauth//token"),
            &server.url("/userinfo"),
            &server.https,
            &right.replace("localhost", "localhost.evil.example"),
            &right.replace("://", "://user@"),
            "/oauth/token",
            "",
        ] {
            let answer = with_proof(server, &machine(), &key.proof("POST", url, server.now())).expect(400);
            assert_eq!(answer.text("error"), "invalid_dpop_proof", "{url}");
        }
        for value in [Value::Null, json!(1), json!([right]), json!({})] {
            for name in ["htu", "htm", "jti", "iat"] {
                let mut claims = key.claims("POST", &right, server.now());
                claims[name] = if name == "iat" && value == json!(1) { json!("1") } else { value.clone() };
                if name == "jti" && claims[name] == json!([right]) {
                    claims[name] = json!("");
                }
                let answer = with_proof(server, &machine(), &key.sign(&claims)).expect(400);
                assert_eq!(answer.text("error"), "invalid_dpop_proof", "{name} {value}");
            }
        }
        // The same URL by RFC 3986; query and fragment do not count.
        for url in [
            right.replace("https://localhost", "HTTPS://LOCALHOST"),
            format!("{right}?x=1#y"),
            right.replace("/token", "/%74oken"),
        ] {
            with_proof(server, &machine(), &key.proof("POST", &url, server.now())).expect(200);
        }
    });
}

#[test]
fn sp_072_old_and_future_proofs_are_refused() {
    let server = Harness::new();
    let key = DpopKey::generate();
    let at = |seconds: i64| Timestamp::from_millis(server.now().millis() + seconds * 1000);
    for off in [-100_000, -1000, -120, 60, 1000, 100_000_000] {
        let proof = key.proof("POST", &endpoint(&server), at(off));
        let answer = with_proof(&server, &machine(), &proof).expect(400);
        assert_eq!(answer.text("error"), "invalid_dpop_proof", "{off}");
    }
}

pub fn proof_of(server: &Harness, key: &DpopKey) -> String {
    key.proof("POST", &endpoint(server), server.now())
}

#[test]
fn sp_074_malformed_proofs_and_keys_are_refused() {
    let server = Harness::new();
    let key = DpopKey::generate();
    let good = key.header();
    let other = DpopKey::generate().header()["jwk"].clone();
    let mut headers = Vec::new();
    let mut with = |change: &dyn Fn(&mut Value)| {
        let mut header = good.clone();
        change(&mut header);
        headers.push(header);
    };
    for typ in [json!("JWT"), json!("dpop"), json!("at+jwt"), json!(null), json!(1), json!("")] {
        with(&|header| header["typ"] = typ.clone());
    }
    for alg in ["HS256", "RS256", "ES384", "none", "EdDSA", "es256", ""] {
        with(&|header| header["alg"] = alg.into());
    }
    for jwk in [json!(null), json!("x"), json!({}), json!([]), json!({ "kty": "EC" }), other] {
        with(&|header| header["jwk"] = jwk.clone());
    }
    for (name, value) in [
        ("d", json!("AAAA")),
        ("k", json!("AAAA")),
        ("kty", json!("oct")),
        ("kty", json!("RSA")),
        ("crv", json!("P-384")),
        ("crv", json!("secp256k1")),
        ("x", json!("AA")),
        ("x", json!("A".repeat(43))),
        ("y", json!("A".repeat(43))),
        ("x", json!(1)),
        ("y", json!(null)),
        ("x", json!(format!("{}=", good["jwk"]["x"].as_str().unwrap()))),
    ] {
        with(&|header| header["jwk"][name] = value.clone());
    }
    with(&|header| header["crit"] = json!(["x"]));
    with(&|header| header["x"] = json!("x".repeat(17_000)));
    for header in headers {
        let claims = key.claims("POST", &endpoint(&server), server.now());
        let proof = key.sign_under(&header, &claims);
        let answer = with_proof(&server, &machine(), &proof);
        assert_eq!(answer.clone().expect(400).text("error"), "invalid_dpop_proof", "{header}");
    }
    let right = proof_of(&server, &key);
    for proof in ["", "x", "a.b.c", &right[..right.len() - 1], &format!("{right}A"), &format!("{right}.x")] {
        let answer = with_proof(&server, &machine(), proof);
        assert_eq!(answer.clone().expect(400).text("error"), "invalid_dpop_proof", "{proof:?}");
    }
    let long = key.sign(&{
        let mut claims = key.claims("POST", &endpoint(&server), server.now());
        claims["jti"] = "j".repeat(257).into();
        claims
    });
    assert_eq!(with_proof(&server, &machine(), &long).expect(400).text("error"), "invalid_dpop_proof");
    with_proof(&server, &machine(), &right).expect(200);
}
