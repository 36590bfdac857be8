//! Codes in the wrong hands, at the wrong time, without their proof (SP-023 to SP-028, SP-031, SP-033).

use std::collections::HashSet;
use std::thread;

use countersign_testkit::vectors::RFC7636_VERIFIER;

use crate::kit::{asking, redeeming, refreshing, without};
use crate::support::{Request, SPA_ID, WEB_CALLBACK, WEB_ID, WEB_SECRET, on_every_backend};

const INVALID: &str = "Invalid authorization code";
const UNPROVED: &str = "Failed to verify code verifier";

#[test]
fn sp_023_after_a_replay_refresh_and_access_tokens_of_the_code_are_dead() {
    on_every_backend(|server| {
        for client in [WEB_ID, SPA_ID] {
            let callback = server.code_for(client, &[]);
            let other = server.tokens_for(client, &[]);
            let redeem = || server.token(&redeeming(client, callback.code(), &[]));
            let tokens = redeem().expect(200);
            server.userinfo_of(&tokens.text("access_token")).expect(200);
            redeem().expect_error(403, "invalid_grant", INVALID);
            let refused = server.userinfo_of(&tokens.text("access_token")).expect(401);
            assert_eq!(refused.text("error"), "invalid_token");
            server.token(&refreshing(client, &tokens.text("refresh_token"), &[])).expect_error(
                403,
                "invalid_grant",
                "Unknown or invalid refresh token.",
            );
            // What came from another login of the same user lives on.
            server.userinfo_of(&other.text("access_token")).expect(200);
            server.token(&refreshing(client, &other.text("refresh_token"), &[])).expect(200);
        }
    });
}

#[test]
fn sp_024_of_32_redeemers_at_once_one_wins() {
    on_every_backend(|server| {
        let callback = server.code_for(WEB_ID, &[]);
        let request =
            Request::post_form(server.url("/oauth/token"), &redeeming(WEB_ID, callback.code(), &[]));
        let answers: Vec<_> = thread::scope(|scope| {
            let send = |_| scope.spawn(|| server.send(&request));
            let started: Vec<_> = (0..32).map(send).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1, "{won:?}");
        for answer in lost {
            answer.expect_error(403, "invalid_grant", INVALID);
        }
        // The losers were replays, which end what the winner has got.
        server.userinfo_of(&won[0].text("access_token")).expect(401);
        server.token(&refreshing(WEB_ID, &won[0].text("refresh_token"), &[])).expect_error(
            403,
            "invalid_grant",
            "Unknown or invalid refresh token.",
        );
    });
}

#[test]
fn sp_025_a_code_of_another_client_is_refused_and_stays_good_for_its_own() {
    on_every_backend(|server| {
        let web = server.code_for(WEB_ID, &[]);
        let spa = server.code_for(SPA_ID, &[]);
        server.writes_nothing(&[web.code()], || {
            let stolen = redeeming(SPA_ID, web.code(), &[]);
            server.token(&stolen).expect_error(403, "invalid_grant", INVALID)
        });
        server.writes_nothing(&[web.code()], || {
            let stolen = without(redeeming(SPA_ID, web.code(), &[]), "code_verifier");
            server.token(&stolen).expect_error(403, "invalid_grant", INVALID)
        });
        server.writes_nothing(&[spa.code()], || {
            let stolen = redeeming(WEB_ID, spa.code(), &[("code_verifier", RFC7636_VERIFIER)]);
            server.token(&stolen).expect_error(403, "invalid_grant", INVALID)
        });
        // The web application's credentials with another id in the body.
        let basic = format!("Basic {}", crate::kit::base64(&format!("{WEB_ID}:{WEB_SECRET}")));
        server.writes_nothing(&[spa.code()], || {
            let pairs = redeeming(SPA_ID, spa.code(), &[]);
            let request = Request::post_form(server.url("/oauth/token"), &pairs);
            let answer = server.send(&request.header("authorization", &basic)).expect(400);
            assert_eq!(answer.text("error"), "invalid_request");
            answer
        });
        let web = server.token(&redeeming(WEB_ID, web.code(), &[])).expect(200);
        let spa = server.token(&redeeming(SPA_ID, spa.code(), &[])).expect(200);
        for tokens in [web, spa] {
            server.userinfo_of(&tokens.text("access_token")).expect(200);
        }
    });
}

#[test]
fn sp_026_another_or_a_missing_redirect_uri_is_refused() {
    on_every_backend(|server| {
        let second = "https://app.example.com/second";
        server.change_client(WEB_ID, |client| client.settings.callbacks.push(second.to_owned()));
        let callback = server.code_for(WEB_ID, &[]);
        let code = callback.code();
        for other in
            [second, "https://app.example.com/callback/", "HTTPS://app.example.com/callback", "x", ""]
        {
            server.writes_nothing(&[code], || {
                let pairs = redeeming(WEB_ID, code, &[("redirect_uri", other)]);
                server.token(&pairs).expect_error(403, "invalid_grant", INVALID)
            });
        }
        server.writes_nothing(&[code], || {
            let pairs = without(redeeming(WEB_ID, code, &[]), "redirect_uri");
            server.token(&pairs).expect_error(403, "invalid_grant", INVALID)
        });
        server.token(&redeeming(WEB_ID, code, &[])).expect(200);
    });
}

#[test]
fn sp_026_where_none_was_sent_another_one_is_refused_at_the_token_endpoint() {
    on_every_backend(|server| {
        let callback = server.log_in(&without(asking(WEB_ID, &[]), "redirect_uri"));
        let code = callback.code();
        server.writes_nothing(&[code], || {
            let pairs = redeeming(WEB_ID, code, &[("redirect_uri", "https://evil.example/")]);
            server.token(&pairs).expect_error(403, "invalid_grant", INVALID)
        });
        server.token(&without(redeeming(WEB_ID, code, &[]), "redirect_uri")).expect(200);
    });
}

#[test]
fn sp_027_a_verifier_that_is_missing_empty_or_wrong_is_refused() {
    on_every_backend(|server| {
        let callback = server.code_for(SPA_ID, &[]);
        let code = callback.code();
        for pairs in [
            without(redeeming(SPA_ID, code, &[]), "code_verifier"),
            redeeming(SPA_ID, code, &[("code_verifier", "")]),
        ] {
            let text = "Parameter 'code_verifier' is required";
            server
                .writes_nothing(&[code], || server.token(&pairs).expect_error(400, "invalid_request", text));
        }
        let challenge = countersign_testkit::vectors::RFC7636_CHALLENGE;
        for wrong in [challenge, "short", &"a".repeat(129)] {
            let pairs = redeeming(SPA_ID, code, &[("code_verifier", wrong)]);
            server.token(&pairs).expect_error(403, "invalid_grant", UNPROVED);
        }
        server.token(&redeeming(SPA_ID, code, &[])).expect(200);
    });
}

#[test]
fn sp_027_after_five_wrong_verifiers_the_code_is_dead() {
    on_every_backend(|server| {
        let callback = server.code_for(SPA_ID, &[]);
        for number in 0..5 {
            let wrong = format!("{number}{}", &RFC7636_VERIFIER[1..]);
            let pairs = redeeming(SPA_ID, callback.code(), &[("code_verifier", &wrong)]);
            server.token(&pairs).expect_error(403, "invalid_grant", UNPROVED);
        }
        let pairs = redeeming(SPA_ID, callback.code(), &[]);
        server.token(&pairs).expect_error(403, "invalid_grant", INVALID);
    });
}

#[test]
fn sp_027_many_wrong_verifiers_at_once_do_not_get_past_the_count() {
    on_every_backend(|server| {
        let callback = server.code_for(SPA_ID, &[]);
        let wrong = redeeming(SPA_ID, callback.code(), &[("code_verifier", "w".repeat(43).leak())]);
        let request = Request::post_form(server.url("/oauth/token"), &wrong);
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| assert_eq!(server.send(&request).status, 403));
            }
        });
        let pairs = redeeming(SPA_ID, callback.code(), &[]);
        server.token(&pairs).expect_error(403, "invalid_grant", INVALID);
    });
}

#[test]
fn sp_028_a_verifier_for_a_code_without_a_challenge_is_refused() {
    on_every_backend(|server| {
        let callback = server.code_for(WEB_ID, &[]);
        server.writes_nothing(&[callback.code()], || {
            let pairs = redeeming(WEB_ID, callback.code(), &[("code_verifier", RFC7636_VERIFIER)]);
            server.token(&pairs).expect_error(403, "invalid_grant", UNPROVED)
        });
        server.token(&redeeming(WEB_ID, callback.code(), &[])).expect(200);
    });
}

#[test]
fn sp_031_codes_are_256_random_bits_and_differ() {
    let server = crate::support::Harness::new();
    let mut browser = server.browser();
    let url = crate::support::authorize_url(&server.https, &asking(WEB_ID, &[]));
    let mut seen = HashSet::new();
    let mut columns = vec![HashSet::new(); 42];
    for _ in 0..200 {
        let callback = browser.log_in(&url, countersign_testkit::EMAIL, countersign_testkit::PASSWORD);
        let code = callback.code().to_owned();
        assert_eq!(code.len(), 43, "{code}");
        assert_eq!(countersign_jose::decode_base64url(&code).unwrap().len(), 32);
        for (column, byte) in columns.iter_mut().zip(code.bytes()) {
            column.insert(byte);
        }
        assert!(seen.insert(code));
    }
    // No place of it says the same thing every time: of 64 letters, 200 draws miss few.
    assert!(columns.iter().all(|letters| letters.len() > 45), "{columns:?}");
}

#[test]
fn sp_033_an_injected_code_is_held_by_its_nonce_or_its_challenge() {
    on_every_backend(|server| {
        let victims = server.code_for(WEB_ID, &[("nonce", "of-the-victim")]);
        let tokens = server.token(&redeeming(WEB_ID, victims.code(), &[])).expect(200);
        assert_eq!(tokens.claims("id_token")["nonce"], "of-the-victim");
        let without_nonce = server.code_for(WEB_ID, &[]);
        let injected = redeeming(WEB_ID, without_nonce.code(), &[("nonce", "of-the-attacker")]);
        let tokens = server.token(&injected).expect(200);
        assert!(tokens.claims("id_token").get("nonce").is_none());
        // With PKCE the attacker's own verifier does not fit the victim's code.
        let victims = server.code_for(SPA_ID, &[]);
        let attackers = "attackers-verifier-attackers-verifier-attackers";
        let injected = redeeming(SPA_ID, victims.code(), &[("code_verifier", attackers)]);
        server.token(&injected).expect_error(403, "invalid_grant", UNPROVED);
        assert!(victims.url.starts_with(WEB_CALLBACK));
    });
}
