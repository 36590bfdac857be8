//! Limits on how often something may be asked for (core contract §0.6, extended contract §2.2; RFC 9110 §10.2.3).

use countersign_http::RequestRates;
use countersign_oauth::{Seconds, UserId};
use countersign_openid::UserinfoRate;
use countersign_server::config::RateLimits;
use countersign_storage::Rate;
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD, block_on, user};
use countersign_users::Allowlist;

use crate::support::{
    DpopKey, Harness, MACHINE, Request, Response, SPA, Tenant, VERIFIER, WEB_CALLBACK, client_credentials,
    exchange, on_every_backend, on_every_backend_with,
};

const TEXT: &str = "Rate limit exceeded. Please retry after some time.";
const CALLBACKS: &str = "https://app.example.com";

fn rate(burst: u32, tokens: u32, per: i64) -> Option<Rate> {
    Rate::new(burst, tokens, Seconds(per))
}

fn limited(rate_limits: RateLimits) -> Tenant {
    Tenant { rate_limits, ..Tenant::default() }
}

fn userinfo_limited() -> Tenant {
    let rate = rate(10, 5, 60).unwrap();
    limited(RateLimits { userinfo: Some(UserinfoRate { rate, is_kept: true }), ..RateLimits::default() })
}

fn requests_limited(requests: RequestRates) -> Tenant {
    limited(RateLimits { requests, ..RateLimits::default() })
}

/// The three headers: size, what is left, and in how many seconds of the server's clock the next token comes.
fn told(server: &Harness, answer: &Response) -> (i64, i64, i64) {
    let number = |name: &str| {
        let value = answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer:?}"));
        value.parse::<i64>().unwrap()
    };
    let reset = number("x-ratelimit-reset") - server.now().seconds();
    (number("x-ratelimit-limit"), number("x-ratelimit-remaining"), reset)
}

fn refused(server: &Harness, request: &Request, shown: &[&str]) -> Response {
    let answer = server.refuse(request, shown, (429, "too_many_requests", TEXT));
    let retry: i64 = answer.header("retry-after").unwrap().parse().unwrap();
    let (_, remaining, reset) = told(server, &answer);
    assert_eq!(remaining, 0);
    assert!(retry >= 1 && retry <= reset + 1, "{answer:?}");
    answer
}

#[test]
fn core_006_core_239_ext_148_ext_149_userinfo_lets_ten_through_and_then_five_a_minute() {
    on_every_backend_with(userinfo_limited, |server| {
        let token = server.web_tokens("openid", "").text("access_token");
        let get = server.userinfo_request(&token);
        let post = Request::new("POST", server.url("/userinfo"));
        let post = post.header("authorization", &format!("Bearer {token}"));
        for left in (0..10).rev() {
            let request = if left % 2 == 0 { &get } else { &post };
            let answer = server.send(request).expect(200);
            assert_eq!(told(server, &answer), (10, left, 13), "GET and POST share the bucket");
            assert_eq!(answer.header("retry-after"), None);
        }
        let answer = refused(server, &get.clone().header("origin", CALLBACKS), &[&token]);
        assert_eq!(answer.header("retry-after"), Some("12"));
        assert_eq!(answer.header("access-control-allow-origin"), Some(CALLBACKS));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for name in ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        server.clock.advance(Seconds(12));
        server.send(&get).expect(200);
        refused(server, &post, &[&token]);
        server.clock.advance(Seconds(60));
        for _ in 0..5 {
            server.send(&get).expect(200);
        }
        refused(server, &get, &[&token]);
    });
}

#[test]
fn userinfo_counts_each_user_apart() {
    let tenant = || {
        let mut tenant = userinfo_limited();
        let mut john = user();
        john.id = UserId::new("auth0|64f0c2d90000000000000009");
        john.email = Some("john@example.com".to_owned());
        for identity in &mut john.identities {
            identity.provider_user_id = "64f0c2d90000000000000009".to_owned();
        }
        tenant.users.push(john);
        tenant
    };
    on_every_backend_with(tenant, |server| {
        let jane = server.web_tokens("openid", "").text("access_token");
        for _ in 0..10 {
            server.userinfo(&jane).expect(200);
        }
        refused(server, &server.userinfo_request(&jane), &[&jane]);
        let again = server.web_tokens("openid", AUDIENCE).text("access_token");
        refused(server, &server.userinfo_request(&again), &[&again]);
        let page = server.browser().submit_login(&server.ask(&[]), "john@example.com", PASSWORD);
        let john = server.redeem(page.expect_callback(WEB_CALLBACK).code()).expect(200).text("access_token");
        assert_eq!(told(server, &server.userinfo(&john).expect(200)).1, 9);
    });
}

#[test]
fn core_239_a_refusal_of_userinfo_tells_of_the_bucket_too() {
    on_every_backend_with(userinfo_limited, |server| {
        let answer = server.userinfo("no-such-token").expect(401);
        assert_eq!(told(server, &answer), (10, 10, 1), "nobody's bucket is full");
    });
}

#[test]
fn a_dpop_challenge_counts_as_a_request() {
    on_every_backend_with(userinfo_limited, |server| {
        let key = DpopKey::generate();
        let code = server.spa_code("openid", "");
        let url = server.url("/oauth/token");
        let pairs = [SPA, &exchange(&code), &[("code_verifier", VERIFIER)]].concat();
        let first = Request::post_form(&url, &pairs);
        let first = server.send(&first.header("dpop", &key.proof("POST", &url, server.now()))).expect(400);
        let nonce = first.header("dpop-nonce").unwrap();
        let proof = key.proof_with_nonce("POST", &url, server.now(), nonce);
        let answer = server.send(&Request::post_form(&url, &pairs).header("dpop", &proof)).expect(200);
        let token = answer.text("access_token");

        let url = server.url("/userinfo");
        let ask = |proof: &str| {
            let request = Request::get(&url).header("authorization", &format!("DPoP {token}"));
            server.send(&request.header("dpop", proof))
        };
        let mut claims = key.claims("GET", &url, server.now());
        claims["nonce"] = "stale".into();
        claims["ath"] = DpopKey::ath(&token).into();
        let challenged = ask(&key.sign(&claims)).expect(401);
        assert!(challenged.header("dpop-nonce").is_some());
        assert_eq!(told(server, &challenged).1, 9);
        let passed = ask(&key.proof_for_token("GET", &url, server.now(), &token)).expect(200);
        assert_eq!(told(server, &passed).1, 8);
    });
}

#[test]
fn core_006_ext_148_ext_149_the_token_endpoint_counts_every_request() {
    let tenant = || requests_limited(RequestRates { token: rate(3, 3, 1), ..RequestRates::default() });
    on_every_backend_with(tenant, |server| {
        let good = [MACHINE, &client_credentials(AUDIENCE)].concat();
        let bad = [("grant_type", "client_credentials"), ("client_id", "nobody")];
        let answer = server.token(&good).expect(200);
        assert_eq!(told(server, &answer), (3, 2, 2));
        let answer = server.token(&bad).expect(403);
        assert_eq!(told(server, &answer), (3, 1, 2));
        assert_eq!(told(server, &server.token(&good).expect(200)), (3, 0, 2));
        let again = Request::post_form(server.url("/oauth/token"), &good);
        let answer = refused(server, &again.clone().header("origin", CALLBACKS), &[]);
        assert_eq!(answer.header("access-control-allow-origin"), Some(CALLBACKS));
        assert_eq!(answer.header("www-authenticate"), None);
        // Others are not limited with it, and neither are preflights.
        server.get("/.well-known/jwks.json").expect(200);
        let preflight = Request::new("OPTIONS", server.url("/oauth/token")).header("origin", CALLBACKS);
        server.send(&preflight.header("access-control-request-method", "POST")).expect(204);
        server.clock.advance(Seconds(1));
        server.send(&again).expect(200);
    });
}

#[test]
fn core_006_the_limit_of_the_tenant_is_looked_at_first_and_covers_pages() {
    let tenant = || {
        let (requests, jwks) = (rate(4, 1, 60), rate(1, 1, 1));
        requests_limited(RequestRates { requests, jwks, ..RequestRates::default() })
    };
    on_every_backend_with(tenant, |server| {
        let keys = Request::get(server.url("/.well-known/jwks.json"));
        let answer = server.send(&keys).expect(200);
        assert_eq!(told(server, &answer), (1, 0, 2), "the endpoint's own bucket is told of");
        let answer = server.send(&keys).expect_error(429, "too_many_requests", TEXT);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(told(server, &answer).0, 1);
        let answer = server.get("/.well-known/openid-configuration").expect(200);
        assert_eq!(told(server, &answer).0, 4);
        server.get("/authorize").expect(400);
        let answer = server.send(&keys).expect_error(429, "too_many_requests", TEXT);
        assert_eq!(
            told(server, &answer),
            (4, 0, 61),
            "the tenant's bucket was looked at before the endpoint's"
        );
        let page = server.browser().get(&server.ask(&[])).expect_page(429);
        assert_eq!(page.header("location"), None);
        assert_eq!(told(server, &page), (4, 0, 61));
        assert!(page.body.contains("data-error-code=\"too_many_requests\""), "{page:?}");
        assert!(page.body.contains("data-rule=\"limit.requests\""), "{page:?}");
        for free in ["/healthz", "/readyz"] {
            assert_eq!(server.get(free).expect(200).header("x-ratelimit-limit"), None);
        }
    });
}

fn attempt(server: &Harness, email: &str, password: &str) -> Response {
    server.browser().submit_login(&server.ask(&[]), email, password)
}

fn problem(page: &Response) -> String {
    page.marked("role=\"alert\">", "</p>")
}

#[test]
fn core_006_one_account_from_one_address_logs_in_twenty_times_and_then_ten_times_a_minute() {
    let tenant = || limited(RateLimits { login: rate(20, 10, 60), ..RateLimits::default() });
    on_every_backend_with(tenant, |server| {
        for _ in 0..20 {
            attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
        }
        for password in [PASSWORD, "wrong"] {
            let page = server.in_vain(|| attempt(server, EMAIL, password)).expect_page(429);
            assert!(problem(&page).starts_with("Too many logins"), "{page:?}");
            assert_eq!(told(server, &page), (20, 0, 7));
            assert_eq!(page.header("retry-after"), Some("6"));
        }
        let log = block_on(server.storage.log_events(1)).unwrap();
        assert_eq!((log[0].event.as_str(), log[0].rule.as_deref()), ("limit_sul", Some("login.too_fast")));
        attempt(server, "other@example.com", "wrong").expect_page(400);
        server.clock.advance(Seconds(6));
        attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
        attempt(server, EMAIL, PASSWORD).expect_page(429);
    });
}

#[test]
fn sp_116_ext_144_an_address_has_a_budget_of_failed_logins_over_all_accounts() {
    let tenant = || limited(RateLimits { failed_logins: rate(12, 100, 86_400), ..RateLimits::default() });
    on_every_backend_with(tenant, |server| {
        for number in 0..12 {
            attempt(server, &format!("nobody-{number}@example.com"), "wrong").expect_page(400);
            if number % 4 == 0 {
                attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
            }
        }
        let mut answers = Vec::new();
        for password in ["wrong", PASSWORD] {
            let page = server.in_vain(|| attempt(server, EMAIL, password)).expect_page(429);
            assert_eq!(told(server, &page), (12, 0, 865));
            assert_eq!(page.header("retry-after"), Some("864"));
            answers.push(problem(&page));
        }
        assert_eq!(answers[0], answers[1], "right and wrong passwords are answered alike");
        let log = block_on(server.storage.log_events(1)).unwrap();
        let expected = ("limit_mu", Some("login.address_held_back"));
        assert_eq!((log[0].event.as_str(), log[0].rule.as_deref()), expected);
        server.clock.advance(Seconds(863));
        attempt(server, EMAIL, PASSWORD).expect_page(429);
        server.clock.advance(Seconds(1));
        attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
    });
}

#[test]
fn ext_144_an_exempt_address_fails_as_often_as_it_likes_at_the_login_page() {
    let held_back = |networks: &[&str]| {
        let exempt = Allowlist::of(networks.iter().map(|text| text.parse().unwrap()).collect()).unwrap();
        let failed_logins = rate(2, 100, 86_400);
        RateLimits { failed_logins, exempt, ..RateLimits::default() }
    };
    on_every_backend_with(
        || limited(held_back(&["127.0.0.0/8"])),
        |server| {
            for number in 0..5 {
                attempt(server, &format!("nobody-{number}@example.com"), "wrong").expect_page(400);
            }
            attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
        },
    );
    on_every_backend_with(
        || limited(held_back(&["192.0.2.0/24"])),
        |server| {
            for number in 0..2 {
                attempt(server, &format!("nobody-{number}@example.com"), "wrong").expect_page(400);
            }
            attempt(server, EMAIL, PASSWORD).expect_page(429);
        },
    );
}

#[test]
fn limits_that_are_off_refuse_nothing_and_userinfo_says_that_its_bucket_is_full() {
    let tenant = || {
        let rate = rate(2, 1, 60).unwrap();
        limited(RateLimits { userinfo: Some(UserinfoRate { rate, is_kept: false }), ..RateLimits::default() })
    };
    on_every_backend_with(tenant, |server| {
        let token = server.web_tokens("openid", "").text("access_token");
        for _ in 0..4 {
            assert_eq!(told(server, &server.userinfo(&token).expect(200)), (2, 2, 1));
        }
    });
    on_every_backend(|server| {
        let token = server.machine_token(AUDIENCE);
        assert_eq!(token.header("x-ratelimit-limit"), None, "what is not limited has nothing to tell");
    });
}
