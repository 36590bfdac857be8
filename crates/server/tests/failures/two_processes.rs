//! Two processes on one PostgreSQL database: what one does, the other honours (RP-24, RP-39, RP-40: nothing is
//! notified, so no notification can be lost).

use std::time::{Duration, Instant};

use countersign_crypto::{OsRandom, generate_signing_key};
use countersign_jose::Algorithm;
use countersign_oauth::{Compliance, GrantType};
use countersign_storage::{Change, Changes, KeyState, SigningKey};
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD, block_on};

use crate::support::{
    Backend, DpopKey, Harness, MACHINE, MACHINE_ID, Request, Response, SPA, Tenant, VERIFIER, WEB, WEB_ID,
    client_credentials, refresh,
};

/// How old a key that a process signs with or publishes may be: it looks every three seconds.
const STALE: Duration = Duration::from_secs(5);

/// Two processes; [`Harness::storage`] is that of the first.
fn pair() -> Harness {
    Harness::start(Backend::PostgresPair, Tenant::default())
}

/// A token request to one process.
fn token(server: &Harness, process: usize, pairs: &[(&str, &str)]) -> Response {
    server.client_of(process).send(&Request::post_form(server.url("/oauth/token"), pairs))
}

#[test]
fn rp_39_a_blocked_user_gets_nothing_from_the_other_process() {
    let server = pair();
    let tokens = server.web_tokens("openid offline_access", AUDIENCE);
    let refresh_token = tokens.text("refresh_token");
    let again = token(&server, 1, &[WEB, &refresh(&refresh_token)].concat()).expect(200);
    let newest = again.json()["refresh_token"].as_str().map_or(refresh_token, str::to_owned);
    server.change_user(|user| user.blocked = true);
    token(&server, 1, &[WEB, &refresh(&newest)].concat()).expect(403);
    let mut browser = second_browser(&server);
    let answer = browser.submit_login(&server.ask(&[]), EMAIL, PASSWORD);
    assert!(answer.header("location").is_none_or(|location| !location.contains("code=")), "{answer:?}");
}

/// A browser that talks to the second process alone.
fn second_browser(server: &Harness) -> crate::support::Browser {
    crate::support::Browser::new(server.client_of(1))
}

#[test]
fn rp_39_a_client_and_the_settings_are_read_anew_at_the_next_request() {
    let server = pair();
    let request = [MACHINE, &client_credentials(AUDIENCE)].concat();
    for process in [0, 1] {
        token(&server, process, &request).expect(200);
    }
    server.change_client(MACHINE_ID, |client| client.settings.grant_types = vec![GrantType::REFRESH_TOKEN]);
    for process in [0, 1] {
        assert_eq!(token(&server, process, &request).text("error"), "unauthorized_client");
    }
    let wrong = [("grant_type", "no-such-grant"), ("client_id", WEB_ID)];
    let before: Vec<Response> = [0, 1].map(|process| token(&server, process, &wrong)).to_vec();
    server.change_settings(|settings| settings.compliance = Compliance::Rfc);
    for (process, before) in before.iter().enumerate() {
        let after = token(&server, process, &wrong);
        assert_ne!((after.status, &after.body), (before.status, &before.body), "process {process}");
    }
}

#[test]
fn rp_39_failed_logins_are_counted_once_for_both() {
    let server = pair();
    let mut seen = Vec::new();
    // Ten are allowed from one address, whichever process they come to.
    for _ in 0..11 {
        seen.push(server.browser().submit_login(&server.ask(&[]), EMAIL, "wrong").status);
    }
    assert_eq!(seen, [vec![400; 10], vec![429]].concat());
}

#[test]
fn rp_39_a_proof_and_a_code_count_once_and_a_nonce_counts_everywhere() {
    let mut tenant = Tenant::default();
    let dpop = serde_json::json!({ "mechanism": "dpop", "required": false });
    tenant.api().settings.proof_of_possession = Some(serde_json::from_value(dpop).unwrap());
    let server = Harness::start(Backend::PostgresPair, tenant);
    let key = DpopKey::generate();
    let url = server.url("/oauth/token");
    let send = |process: usize, pairs: &[(&str, &str)], proof: &str| {
        let request = Request::post_form(url.clone(), pairs).header("dpop", proof);
        server.client_of(process).send(&request)
    };
    let machine = [MACHINE, &client_credentials(AUDIENCE)].concat();
    let proof = key.proof("POST", &url, server.now());
    assert_eq!(send(0, &machine, &proof).expect(200).text("token_type"), "DPoP");
    assert_eq!(send(1, &machine, &proof).expect(400).text("error"), "invalid_dpop_proof");

    let code = server.spa_code("openid", AUDIENCE);
    let exchange = [SPA, &crate::support::exchange(&code), &[("code_verifier", VERIFIER)]].concat();
    let challenge = send(0, &exchange, &key.proof("POST", &url, server.now())).expect(400);
    assert_eq!(challenge.text("error"), "use_dpop_nonce");
    let nonce = challenge.header("dpop-nonce").unwrap();
    send(1, &exchange, &key.proof_with_nonce("POST", &url, server.now(), nonce)).expect(200);

    let code = server.web_code("openid", AUDIENCE);
    let exchange = [WEB, &crate::support::exchange(&code)].concat();
    token(&server, 0, &exchange).expect(200);
    assert_eq!(token(&server, 1, &exchange).expect(403).text("error"), "invalid_grant");
}

#[test]
fn rp_24_a_new_key_is_published_and_used_by_the_other_process_and_a_revoked_one_is_gone() {
    let server = pair();
    let keys = || block_on(server.storage.signing_keys()).unwrap();
    let of = |state: KeyState| {
        let found: Option<SigningKey> =
            keys().into_iter().find(|key| key.algorithm == Algorithm::RS256 && key.state == state);
        found.unwrap().kid
    };
    let at = server.now();
    let (old, next) = (of(KeyState::Current), of(KeyState::Next));
    let more =
        generate_signing_key(Algorithm::RS256, KeyState::Next, &*server.sealer, &OsRandom, at).unwrap();
    let rotated = Changes::none()
        .with(Change::SetKeyState { kid: old.clone(), state: KeyState::Revoked, at })
        .with(Change::SetKeyState { kid: next.clone(), state: KeyState::Current, at })
        .with(Change::InsertSigningKey(more));
    block_on(server.storage.commit(rotated)).unwrap();
    let begun = Instant::now();
    let other = server.client_of(1);
    let published = || {
        let answer = other.send(&Request::get(server.url("/.well-known/jwks.json"))).expect(200).json();
        let kids =
            answer["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
        kids.collect::<Vec<_>>()
    };
    let signs_with = || {
        let answer = token(&server, 1, &[MACHINE, &client_credentials(AUDIENCE)].concat()).expect(200);
        answer.jose_header("access_token")["kid"].clone()
    };
    while published().contains(&old.to_string()) || signs_with() != *next.as_str() {
        assert!(begun.elapsed() < STALE, "the other process still knows the old key");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(published().len(), 2);
}
