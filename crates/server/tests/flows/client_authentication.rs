//! Who is calling (RFC 6749 §2, §2.1 and §2.3; RFC 7591 §2).

use countersign_testkit::AUDIENCE;

use crate::support::{
    Harness, MACHINE_ID, MACHINE_SECRET, Request, WEB_ID, WEB_SECRET, basic, client_credentials, exchange,
    on_every_backend, refresh,
};

const UNAUTHORIZED: (u16, &str, &str) = (401, "access_denied", "Unauthorized");

fn machine_by_basic(server: &Harness, authorization: &str, more: &[(&str, &str)]) -> Request {
    let pairs = [&client_credentials(AUDIENCE), more].concat();
    Request::post_form(server.url("/oauth/token"), &pairs).header("authorization", authorization)
}

#[test]
fn core_096_a_wrong_secret_is_401_access_denied_unauthorized() {
    on_every_backend(|server| {
        for secret in ["wrong", "test-machine-secre", "test-machine-secret-", "TEST-MACHINE-SECRET"] {
            let pairs = [("client_id", MACHINE_ID), ("client_secret", secret)];
            server.refuse_token(&[&pairs[..], &client_credentials(AUDIENCE)].concat(), &[], UNAUTHORIZED);
            server.refuse(&machine_by_basic(server, &basic(MACHINE_ID, secret), &[]), &[], UNAUTHORIZED);
        }
        // Another client's secret is as wrong as any.
        let pairs = [("client_id", MACHINE_ID), ("client_secret", WEB_SECRET)];
        server.refuse_token(&[&pairs[..], &client_credentials(AUDIENCE)].concat(), &[], UNAUTHORIZED);
    });
}

#[test]
fn core_097_basic_and_post_both_work() {
    on_every_backend(|server| {
        let posted = server.machine_token(AUDIENCE);
        let machine = basic(MACHINE_ID, MACHINE_SECRET);
        let by_header = server.send(&machine_by_basic(server, &machine, &[])).expect(200);
        assert_eq!(by_header.json(), posted.json());
        let named = machine_by_basic(server, &machine, &[("client_id", MACHINE_ID)]);
        assert_eq!(server.send(&named).expect(200).json(), posted.json());
        let code = server.web_code("openid", "");
        let request = Request::post_form(server.url("/oauth/token"), &exchange(&code));
        server.send(&request.header("authorization", &basic(WEB_ID, WEB_SECRET))).expect(200);
    });
}

#[test]
fn core_098_two_methods_at_once_are_refused() {
    on_every_backend(|server| {
        let text = "More than one authentication method was used";
        let both = machine_by_basic(
            server,
            &basic(MACHINE_ID, MACHINE_SECRET),
            &[("client_id", MACHINE_ID), ("client_secret", MACHINE_SECRET)],
        );
        server.refuse(&both, &[], (400, "invalid_request", text));
    });
}

#[test]
fn a_body_that_names_another_client_than_the_header_is_refused() {
    on_every_backend(|server| {
        let request = machine_by_basic(server, &basic(MACHINE_ID, MACHINE_SECRET), &[("client_id", WEB_ID)]);
        let answer = server.send_in_vain(&request, &[], 400);
        assert_eq!(answer.text("error"), "invalid_request");
    });
}

#[test]
fn who_names_no_client_or_an_unknown_one_is_refused() {
    on_every_backend(|server| {
        let text = "Missing required parameter: client_id";
        server.refuse_token(&client_credentials(AUDIENCE), &[], (400, "invalid_request", text));
        let unknown = [("client_id", "nobody"), ("client_secret", "secret")];
        let pairs = [&unknown[..], &client_credentials(AUDIENCE)].concat();
        server.refuse_token(&pairs, &[], (403, "access_denied", "Unknown client: nobody"));
    });
}

#[test]
fn core_108_a_public_client_needs_no_secret_and_a_confidential_one_does() {
    on_every_backend(|server| {
        server.spa_tokens("openid", "");
        let code = server.web_code("openid", "");
        let without = [&[("client_id", WEB_ID)][..], &exchange(&code)].concat();
        server.refuse_token(&without, &[&code], UNAUTHORIZED);
        server.web_exchange(&code).expect(200);
    });
}

#[test]
fn a_secret_that_was_changed_is_wrong_at_once() {
    on_every_backend(|server| {
        let tokens = server.web_tokens("openid offline_access", AUDIENCE);
        let new = server.sealer.seal("client_secret", b"a-new-secret");
        server.change_client(WEB_ID, |client| client.secret = Some(new));
        let token = tokens.text("refresh_token");
        let old = [("client_id", WEB_ID), ("client_secret", WEB_SECRET)];
        server.refuse_token(&[&old[..], &refresh(&token)].concat(), &[&token], UNAUTHORIZED);
        // Refresh tokens survive the change.
        server.refresh(&[("client_id", WEB_ID), ("client_secret", "a-new-secret")], &token).expect(200);
    });
}
