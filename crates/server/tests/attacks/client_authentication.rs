//! Clients that show two credentials, none, the wrong ones, or malformed ones (SP-048, SP-049).

use countersign_storage::TokenEndpointAuthMethod;
use countersign_testkit::AUDIENCE;

use crate::kit::{Pairs, base64, redeeming, without};
use crate::support::{
    Harness, MACHINE_ID, MACHINE_SECRET, Request, Response, SPA_ID, WEB_ID, on_every_backend,
};

fn machine() -> Pairs<'static> {
    vec![
        ("grant_type", "client_credentials"),
        ("audience", AUDIENCE),
        ("client_id", MACHINE_ID),
        ("client_secret", MACHINE_SECRET),
    ]
}

fn with_header(server: &Harness, pairs: &[(&str, &str)], authorization: &str) -> Response {
    let request = Request::post_form(server.url("/oauth/token"), pairs);
    server.send(&request.header("authorization", authorization))
}

#[test]
fn sp_048_two_methods_at_once_are_refused() {
    on_every_backend(|server| {
        let basic = format!("Basic {}", base64(&format!("{MACHINE_ID}:{MACHINE_SECRET}")));
        let asserted = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let mut both = machine();
        both.extend([("client_assertion", "a.b.c"), ("client_assertion_type", asserted)]);
        let mut other = without(machine(), "client_secret");
        other.retain(|(name, _)| *name != "client_id");
        other.push(("client_id", WEB_ID));
        for answer in [
            with_header(server, &machine(), &basic),
            server.token(&both),
            with_header(server, &other, &basic),
        ] {
            let answer = answer.expect(400);
            assert_eq!(answer.text("error"), "invalid_request");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    });
}

#[test]
fn sp_048_no_method_or_one_that_is_not_registered_is_refused() {
    on_every_backend(|server| {
        let none = without(machine(), "client_secret");
        server.token(&none).expect_error(401, "access_denied", "Unauthorized");
        // A public client has no secret to show.
        let callback = server.code_for(SPA_ID, &[]);
        for secret in ["anything", "test-client-secret"] {
            server.writes_nothing(&[callback.code()], || {
                let pairs = redeeming(SPA_ID, callback.code(), &[("client_secret", secret)]);
                server.token(&pairs).expect_error(401, "access_denied", "Unauthorized")
            });
        }
        // A client that became public cannot use its secret any more, and gets nothing of its own.
        server.change_client(MACHINE_ID, |client| {
            client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        });
        server.token(&machine()).expect_error(401, "access_denied", "Unauthorized");
        assert!(server.token(&none).status >= 400);
    });
}

#[test]
fn sp_048_under_rfc_basic_and_post_are_two_methods_and_the_challenge_is_sent() {
    on_every_backend(|server| {
        server.change_client(MACHINE_ID, |client| {
            client.settings.compliance = Some(countersign_oauth::Compliance::Rfc);
            client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretBasic;
        });
        let refused = server.token(&machine()).expect(401);
        assert_eq!(refused.text("error"), "invalid_client");
        assert_eq!(refused.header("www-authenticate"), Some("Basic realm=\"oauth\""));
        let named = without(without(machine(), "client_secret"), "client_id");
        let basic = format!("Basic {}", base64(&format!("{MACHINE_ID}:{MACHINE_SECRET}")));
        with_header(server, &named, &basic).expect(200);
    });
}

#[test]
fn sp_048_wrong_secrets_are_refused_whatever_they_share_with_the_right_one() {
    let server = Harness::new();
    for wrong in [
        "",
        "x",
        &MACHINE_SECRET[1..],
        &MACHINE_SECRET[..MACHINE_SECRET.len() - 1],
        &format!("{MACHINE_SECRET}x"),
        &format!("{MACHINE_SECRET}\0"),
        &format!(" {MACHINE_SECRET}"),
        &MACHINE_SECRET.to_uppercase(),
        "test-client-secret",
        &"s".repeat(60_000),
    ] {
        let mut pairs = without(machine(), "client_secret");
        pairs.push(("client_secret", wrong));
        server.token(&pairs).expect_error(401, "access_denied", "Unauthorized");
    }
    for id in ["nobody", "TEST-MACHINE", "test-machine ", "test-machine\0"] {
        let mut pairs = without(machine(), "client_id");
        pairs.push(("client_id", id));
        server.token(&pairs).expect_error(403, "access_denied", &format!("Unknown client: {id}"));
    }
}

#[test]
fn sp_049_a_malformed_basic_header_is_refused() {
    let server = Harness::new();
    let named = without(without(machine(), "client_secret"), "client_id");
    let good = base64(&format!("{MACHINE_ID}:{MACHINE_SECRET}"));
    let long = base64(&format!("{MACHINE_ID}:{}", "x".repeat(12_000)));
    for malformed in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic ????".to_owned(),
        format!("Basic {}", good.trim_end_matches('=').split_at(5).0),
        format!("Basic {good} {good}"),
        format!("Basic {}", base64(MACHINE_ID)),
        format!("Basic {}", base64("%zz:%zz")),
        format!("Basic {}", base64(":")),
        "Basic //79/A==".to_owned(),
        format!("Basic {long}"),
        "Bearer x".to_owned(),
        "x".to_owned(),
    ] {
        let answer = with_header(&server, &named, &malformed);
        assert!(matches!(answer.status, 400 | 401 | 403), "{malformed:.60} {answer:?}");
        assert!(answer.json().get("access_token").is_none());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    // Two headers are two claims.
    let request = Request::post_form(server.url("/oauth/token"), &named);
    let basic = format!("Basic {good}");
    server.send(&request.header("authorization", &basic).header("authorization", &basic)).expect(400);
    with_header(&server, &named, &format!("basic {good}")).expect(200);
}
