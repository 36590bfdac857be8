//! DPoP proofs that are used twice, made for something else, malformed, or left out (SP-071 to SP-077).

use countersign_oauth::{Seconds, Timestamp};
use countersign_testkit::AUDIENCE;
use serde_json::{Value, json};

use crate::kit::{Pairs, redeeming, refreshing};
use crate::support::{
    Backend, DpopKey, Harness, MACHINE_ID, MACHINE_SECRET, Request, Response, SPA_ID, Tenant, WEB_ID,
};

/// Both backends with an API that takes DPoP.
fn on_both(test: impl Fn(&Harness)) {
    for backend in [Backend::Memory, Backend::Sqlite] {
        let mut tenant = Tenant::default();
        let dpop = json!({ "mechanism": "dpop", "required": false });
        tenant.api().settings.proof_of_possession = Some(serde_json::from_value(dpop).unwrap());
        test(&Harness::start(backend, tenant));
    }
}

fn machine() -> Pairs<'static> {
    vec![
        ("grant_type", "client_credentials"),
        ("client_id", MACHINE_ID),
        ("client_secret", MACHINE_SECRET),
        ("audience", AUDIENCE),
    ]
}

fn with_proof(server: &Harness, pairs: &[(&str, &str)], proof: &str) -> Response {
    let request = Request::post_form(server.url("/oauth/token"), pairs);
    server.send(&request.header("dpop", proof))
}

fn endpoint(server: &Harness) -> String {
    server.url("/oauth/token")
}

/// A public client's proof with a nonce that the server gives when asked without one.
fn proof_for_spa(server: &Harness, key: &DpopKey, pairs: &[(&str, &str)]) -> String {
    let bare = key.proof("POST", &endpoint(server), server.now());
    let text = "Authorization server requires nonce in DPoP proof";
    let challenge = with_proof(server, pairs, &bare).expect_error(400, "use_dpop_nonce", text);
    let nonce = challenge.header("dpop-nonce").unwrap();
    key.proof_with_nonce("POST", &endpoint(server), server.now(), nonce)
}

/// Tokens of the single-page application, bound to a key.
fn bound_tokens(server: &Harness, key: &DpopKey) -> Response {
    let callback = server.code_for(SPA_ID, &[]);
    let pairs = redeeming(SPA_ID, callback.code(), &[]);
    let tokens = with_proof(server, &pairs, &proof_for_spa(server, key, &pairs)).expect(200);
    assert_eq!(tokens.text("token_type"), "DPoP");
    tokens
}

fn userinfo(server: &Harness, scheme: &str, token: &str, proofs: &[&str]) -> Response {
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

#[test]
fn sp_073_a_stolen_token_is_worth_nothing_without_its_key() {
    on_both(|server| {
        let (key, thief) = (DpopKey::generate(), DpopKey::generate());
        let token = bound_tokens(server, &key).text("access_token");
        let url = server.url("/userinfo");
        let now = server.now();
        let without_ath = key.proof("GET", &url, now);
        let of_another_token = key.proof_for_token("GET", &url, now, "another");
        let of_the_thief = thief.proof_for_token("GET", &url, now, &token);
        for proofs in [vec![], vec![&*without_ath], vec![&*of_another_token], vec![&*of_the_thief]] {
            let answer = userinfo(server, "DPoP", &token, &proofs).expect(401);
            assert_eq!(answer.text("error"), "invalid_token");
            assert!(answer.header("www-authenticate").unwrap().starts_with("DPoP error=\"invalid_token\""));
        }
        let post = key.proof_for_token("POST", &url, now, &token);
        userinfo(server, "DPoP", &token, &[&post]).expect(401);
        let right = key.proof_for_token("GET", &url, now, &token);
        userinfo(server, "DPoP", &token, &[&right]).expect(200);
    });
}

#[test]
fn sp_074_a_bound_token_as_bearer_or_two_proofs_are_refused() {
    on_both(|server| {
        let key = DpopKey::generate();
        let token = bound_tokens(server, &key).text("access_token");
        let url = server.url("/userinfo");
        let proof = || key.proof_for_token("GET", &url, server.now(), &token);
        userinfo(server, "Bearer", &token, &[]).expect(401);
        userinfo(server, "Bearer", &token, &[&proof()]).expect(401);
        userinfo(server, "DPoP", &token, &[&proof(), &proof()]).expect(401);
        server.post("/userinfo", &[("access_token", &token)]).expect(401);
        server.get(&format!("/userinfo?access_token={token}")).expect(401);
        // An unbound token must not come as a bound one.
        let unbound = server.tokens_for(WEB_ID, &[]).text("access_token");
        let proof = key.proof_for_token("GET", &url, server.now(), &unbound);
        userinfo(server, "DPoP", &unbound, &[&proof]).expect(401);
        let (one, two) = (proof_of(server, &key), proof_of(server, &key));
        let request = Request::post_form(endpoint(server), &machine()).header("dpop", &one);
        let answer = server.send(&request.header("dpop", &two)).expect(400);
        assert_eq!(answer.text("error"), "invalid_dpop_proof");
        let joined = with_proof(server, &machine(), &format!("{one}, {two}")).expect(400);
        assert_eq!(joined.text("error"), "invalid_dpop_proof");
    });
}

fn proof_of(server: &Harness, key: &DpopKey) -> String {
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

#[test]
fn sp_075_a_bound_refresh_token_needs_a_proof_with_its_key() {
    on_both(|server| {
        let (key, thief) = (DpopKey::generate(), DpopKey::generate());
        let token = bound_tokens(server, &key).text("refresh_token");
        let pairs = refreshing(SPA_ID, &token, &[]);
        server.writes_nothing(&[&token], || {
            let answer = server.token(&pairs).expect(400);
            assert_eq!(answer.text("error"), "invalid_dpop_proof");
            answer
        });
        let foreign = proof_for_spa(server, &thief, &pairs);
        server.writes_nothing(&[&token], || {
            let answer = with_proof(server, &pairs, &foreign).expect(400);
            assert_eq!(answer.text("error"), "invalid_dpop_proof");
            answer
        });
        let right = proof_for_spa(server, &key, &pairs);
        with_proof(server, &pairs, &right).expect(200);
    });
}

#[test]
fn sp_076_a_code_bound_by_dpop_jkt_needs_that_key() {
    on_both(|server| {
        let (key, thief) = (DpopKey::generate(), DpopKey::generate());
        for client in [WEB_ID, SPA_ID] {
            let callback = server.code_for(client, &[("dpop_jkt", &key.thumbprint())]);
            let pairs = redeeming(client, callback.code(), &[]);
            let proof = |key: &DpopKey| {
                if client == SPA_ID { proof_for_spa(server, key, &pairs) } else { proof_of(server, key) }
            };
            server.writes_nothing(&[callback.code()], || {
                server.token(&pairs).expect_error(403, "invalid_grant", "Invalid authorization code")
            });
            let foreign = proof(&thief);
            server.writes_nothing(&[callback.code()], || {
                let answer = with_proof(server, &pairs, &foreign).expect(400);
                assert_eq!(answer.text("error"), "invalid_dpop_proof");
                answer
            });
            let right = proof(&key);
            with_proof(server, &pairs, &right).expect(200);
        }
        for malformed in ["x", &"A".repeat(42), &format!("{}=", key.thumbprint()), &"=".repeat(43)] {
            let asked = crate::kit::asking(WEB_ID, &[("dpop_jkt", malformed)]);
            let url = crate::support::authorize_url(&server.https, &asked);
            server.send(&Request::get(url)).goes_back(302, "invalid_request");
        }
    });
}

#[test]
fn sp_077_a_nonce_that_is_absent_stale_or_foreign_is_challenged() {
    on_both(|server| {
        let key = DpopKey::generate();
        let callback = server.code_for(SPA_ID, &[]);
        let pairs = redeeming(SPA_ID, callback.code(), &[]);
        let text = "Authorization server requires nonce in DPoP proof";
        let challenged = |nonce: Option<&str>| {
            let url = endpoint(server);
            let proof = match nonce {
                None => key.proof("POST", &url, server.now()),
                Some(nonce) => key.proof_with_nonce("POST", &url, server.now(), nonce),
            };
            let answer = server.writes_nothing(&[callback.code()], || {
                with_proof(server, &pairs, &proof).expect_error(400, "use_dpop_nonce", text)
            });
            answer.header("dpop-nonce").unwrap().to_owned()
        };
        let first = challenged(None);
        server.clock.advance(Seconds(301));
        challenged(Some(&first));
        for foreign in ["x", "", &first[1..], &format!("{first}A"), &"A".repeat(first.len())] {
            challenged(Some(foreign));
        }
        let fresh = challenged(None);
        let proof = key.proof_with_nonce("POST", &endpoint(server), server.now(), &fresh);
        with_proof(server, &pairs, &proof).expect(200);
    });
}
