//! Failed exchanges and legacy logins hold their address back, which is the one that a trusted client names
//! (core contract §3.13, extended §2.1.2 and §2.1.4).

use countersign_oauth::Seconds;
use countersign_storage::Rate;
use countersign_testkit::block_on;
use countersign_users::Allowlist;

use crate::support::{
    Backend, EXCHANGE, FakeProviders, GOOGLE, Harness, LEGACY_ID, Request, WEB, WEB_ID, social_tenant,
};

const TEXT: &str = "We have detected suspicious login behavior and further attempts will be blocked. Please contact the \
                    administrator.";

/// A server where an address may fail twice, and whose web application is trusted or not.
fn server(backend: Backend, is_trusted: bool) -> Harness {
    let mut tenant = social_tenant(&FakeProviders::new());
    tenant.rate_limits.failed_logins = Rate::new(2, 100, Seconds(86_400));
    tenant.client(WEB_ID).settings.is_token_endpoint_ip_header_trusted = is_trusted;
    Harness::start(backend, tenant)
}

fn for_user_at(server: &Harness, ip: &str) -> Request {
    let pairs = [EXCHANGE, ("subject_token", "garbage"), ("subject_token_type", GOOGLE)];
    Request::post_form(server.url("/oauth/token"), &[WEB, &pairs].concat()).header("auth0-forwarded-for", ip)
}

#[test]
fn core_157_173_ext_144_146_the_throttle_follows_the_address_that_a_trusted_client_names() {
    for backend in Backend::chosen() {
        let server = server(backend, true);
        for _ in 0..2 {
            server.send(&for_user_at(&server, "198.51.100.7")).expect(403);
        }
        let request = for_user_at(&server, "198.51.100.7");
        let answer = server.refuse(&request, &[], (429, "too_many_attempts", TEXT));
        assert_eq!(answer.header("x-ratelimit-limit"), Some("2"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("0"));
        assert_eq!(answer.header("retry-after"), Some("864"));
        server.send(&for_user_at(&server, "198.51.100.8")).expect(403);
        let log = block_on(server.storage.log_events(10)).unwrap();
        let codes: Vec<_> = log.iter().map(|row| row.event.as_str()).collect();
        assert_eq!(codes, ["fens", "fens", "limit_mu", "fens"]);
        assert!(log.iter().all(|row| row.ip.starts_with("198.51.100.")));
        assert!(log.iter().all(|row| row.client_ip.as_deref().is_some_and(|ip| ip.starts_with("127."))));
        server.clock.advance(Seconds(864));
        server.send(&request).expect(403);
    }
}

#[test]
fn ext_144_an_exempt_address_is_never_held_back_at_the_token_endpoint() {
    for backend in Backend::chosen() {
        let mut tenant = social_tenant(&FakeProviders::new());
        tenant.rate_limits.failed_logins = Rate::new(2, 100, Seconds(86_400));
        tenant.rate_limits.exempt = Allowlist::of(vec!["198.51.100.0/29".parse().unwrap()]).unwrap();
        tenant.client(WEB_ID).settings.is_token_endpoint_ip_header_trusted = true;
        let server = Harness::start(backend, tenant);
        for ip in ["198.51.100.7", "198.51.100.8"] {
            for _ in 0..2 {
                server.send(&for_user_at(&server, ip)).expect(403);
            }
        }
        server.send(&for_user_at(&server, "198.51.100.7")).expect(403);
        server.refuse(&for_user_at(&server, "198.51.100.8"), &[], (429, "too_many_attempts", TEXT));
    }
}

#[test]
fn core_157_ext_147_the_throttle_follows_the_peer_where_the_client_is_not_trusted() {
    for backend in Backend::chosen() {
        let server = server(backend, false);
        for ip in ["198.51.100.7", "198.51.100.8"] {
            server.send(&for_user_at(&server, ip)).expect(403);
        }
        let request = for_user_at(&server, "198.51.100.9");
        server.refuse(&request, &[], (429, "too_many_attempts", TEXT));
    }
}

#[test]
fn core_173_failed_legacy_logins_count_too_and_are_called_too_many_logins() {
    for backend in Backend::chosen() {
        let server = server(backend, true);
        for _ in 0..2 {
            server.send(&server.legacy_request("facebook", "unknown", &[])).expect(401);
        }
        let request =
            server.legacy_request("facebook", "unknown", &[]).header("auth0-forwarded-for", "198.51.100.7");
        server.refuse(&request, &[], (429, "too_many_logins", TEXT));
        // Malformed requests are no logins.
        let malformed = Request::post_form(server.url("/oauth/access_token"), &[("client_id", LEGACY_ID)]);
        server.send(&malformed);
    }
}
