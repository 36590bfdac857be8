use countersign_storage::{PopMechanism, ProofOfPossession, RequiredFor};
use countersign_testkit::{AUDIENCE, USER_ID};
use serde_json::json;

use crate::support::{
    DpopKey, Harness, MACHINE, MACHINE_ID, Request, SPA, VERIFIER, WEB, WEB_ID, client_credentials, exchange,
    on_every_backend,
};

/// What a request comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Unbound,
    Bound,
    Nothing,
}

use Outcome::{Bound, Nothing, Unbound};

fn policy(server: &Harness, mechanism: PopMechanism, required: bool, required_for: RequiredFor) {
    server.change_api(|api| {
        api.settings.proof_of_possession = Some(ProofOfPossession { mechanism, required, required_for });
    });
}

fn request(server: &Harness, pairs: &[(&str, &str)], key: Option<&DpopKey>) -> Request {
    let request = Request::post_form(server.url("/oauth/token"), pairs);
    match key {
        None => request,
        Some(key) => request.header("dpop", &key.proof("POST", &server.url("/oauth/token"), server.now())),
    }
}

/// The machine asks for the API.
fn check(server: &Harness, proof: bool, expected: Outcome) {
    let key = DpopKey::generate();
    let pairs = [MACHINE, &client_credentials(AUDIENCE)].concat();
    let request = request(server, &pairs, proof.then_some(&key));
    if expected == Nothing {
        let answer = server.send_in_vain(&request, &[], 400);
        assert_eq!(answer.text("error"), "invalid_request");
        assert!(!answer.text("error_description").is_empty());
        return;
    }
    let answer = server.send(&request).expect(200);
    let claims = answer.claims("access_token");
    match expected {
        Bound => {
            assert_eq!(answer.text("token_type"), "DPoP");
            assert_eq!(claims["cnf"], json!({ "jkt": key.thumbprint() }));
        }
        _ => {
            assert_eq!(answer.text("token_type"), "Bearer");
            assert!(claims.get("cnf").is_none());
        }
    }
}

fn require_of_client(server: &Harness, id: &str, required: bool) {
    server.change_client(id, |client| client.settings.require_proof_of_possession = required);
}

#[test]
fn core_189_190_an_api_without_a_mechanism_gives_no_bound_token() {
    on_every_backend(|server| {
        let unset = |server: &Harness| server.change_api(|api| api.settings.proof_of_possession = None);
        let none = |server: &Harness| policy(server, PopMechanism::None, false, RequiredFor::AllClients);
        for set in [&unset as &dyn Fn(&Harness), &none] {
            set(server);
            require_of_client(server, MACHINE_ID, false);
            check(server, false, Unbound);
            check(server, true, Unbound);
            require_of_client(server, MACHINE_ID, true);
            check(server, false, Nothing);
            check(server, true, Nothing);
        }
    });
}

#[test]
fn an_api_that_allows_bound_tokens_binds_where_a_proof_is_shown() {
    on_every_backend(|server| {
        policy(server, PopMechanism::Dpop, false, RequiredFor::AllClients);
        check(server, false, Unbound);
        check(server, true, Bound);
        require_of_client(server, MACHINE_ID, true);
        check(server, false, Nothing);
        check(server, true, Bound);
    });
}

#[test]
fn core_191_an_api_that_requires_proof_gives_nothing_without() {
    on_every_backend(|server| {
        policy(server, PopMechanism::Dpop, true, RequiredFor::AllClients);
        check(server, false, Nothing);
        check(server, true, Bound);
        require_of_client(server, MACHINE_ID, true);
        check(server, false, Nothing);
        check(server, true, Bound);
    });
}

#[test]
fn core_191_required_for_public_clients_exempts_confidential_ones() {
    on_every_backend(|server| {
        policy(server, PopMechanism::Dpop, true, RequiredFor::PublicClients);
        check(server, false, Unbound);
        check(server, true, Bound);
        let code = server.spa_code("openid", AUDIENCE);
        let pairs = [SPA, &exchange(&code), &[("code_verifier", VERIFIER)]].concat();
        let answer = server.send_in_vain(&request(server, &pairs, None), &[&code], 400);
        assert_eq!(answer.text("error"), "invalid_request");
    });
}

#[test]
fn core_192_237_a_userinfo_token_with_a_proof_is_bound() {
    on_every_backend(|server| {
        let userinfo = server.url("/userinfo");
        for required in [false, true] {
            require_of_client(server, WEB_ID, required);
            let key = DpopKey::generate();
            let code = server.web_code("openid", "");
            let pairs = [WEB, &exchange(&code)].concat();
            if required {
                let answer = server.send_in_vain(&request(server, &pairs, None), &[&code], 400);
                assert_eq!(answer.text("error"), "invalid_request");
            }
            let answer = server.send(&request(server, &pairs, Some(&key))).expect(200);
            assert_eq!(answer.text("token_type"), "DPoP");
            let token = answer.text("access_token");
            let shown = Request::get(&userinfo).header("authorization", &format!("DPoP {token}"));
            let refused = [
                server.userinfo_request(&token),
                shown.clone(),
                shown.clone().header("dpop", &key.proof("GET", &userinfo, server.now())),
                shown.clone().header(
                    "dpop",
                    &DpopKey::generate().proof_for_token("GET", &userinfo, server.now(), &token),
                ),
                shown.clone().header("dpop", &key.proof_for_token("POST", &userinfo, server.now(), &token)),
                shown.clone().header("dpop", &key.proof_for_token("GET", &userinfo, server.now(), "other")),
            ];
            for request in refused {
                let answer = server.send_in_vain(&request, &[&token], 401);
                let challenge = answer.all("www-authenticate").join(", ");
                assert!(challenge.contains("DPoP"), "{answer:?}");
            }
            let proof = key.proof_for_token("GET", &userinfo, server.now(), &token);
            let right = shown.header("dpop", &proof);
            assert_eq!(server.send(&right).expect(200).text("sub"), USER_ID);
            server.send_in_vain(&right, &[&token], 401);
        }
    });
}
