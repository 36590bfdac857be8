//! Tokens and codes that are bound to a key, in hands that do not have it (SP-073 to SP-077).

use countersign_oauth::Seconds;

use crate::dpop::{bound_tokens, endpoint, machine, on_both, proof_for_spa, proof_of, userinfo, with_proof};
use crate::kit::{redeeming, refreshing};
use crate::support::{DpopKey, Request, SPA_ID, WEB_ID};

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
