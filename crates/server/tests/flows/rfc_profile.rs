use countersign_oauth::{Compliance, Seconds};
use countersign_storage::AppType;
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};

use crate::answers::{posted, web_message};
use crate::support::{
    Callback, Harness, Request, SPA_ID, STATE, Tenant, VERIFIER, WEB_CALLBACK, WEB_ID, WEB_SECRET,
    on_every_backend, on_every_backend_with, s256,
};

/// The profile by the tenant's setting, and by the client's own against the tenant's.
fn under(compliance: Compliance, change: impl Fn(&mut Tenant), test: impl Fn(&Harness)) {
    let other = if compliance == Compliance::Rfc { Compliance::Auth0 } else { Compliance::Rfc };
    for (of_tenant, of_client) in [(compliance, None), (other, Some(compliance))] {
        let tenant = || {
            let mut tenant = Tenant::default();
            tenant.settings.compliance = of_tenant;
            for client in &mut tenant.clients {
                client.settings.compliance = of_client;
            }
            change(&mut tenant);
            tenant
        };
        on_every_backend_with(tenant, &test);
    }
}

fn mismatched(server: &Harness, redirect_uri: &str) {
    let url = server.ask(&[("redirect_uri", redirect_uri)]);
    let page = server.in_vain(|| server.send(&Request::get(&url)));
    page.expect_error_code(403, "invalid_request");
}

fn login_is_asked(server: &Harness, changes: &[(&str, &str)]) {
    server.send(&Request::get(server.ask(changes))).expect_login_page();
}

/// A refusal that comes back with state and issuer and nothing else.
fn refused(server: &Harness, changes: &[(&str, &str)], code: &str) {
    let answer = server.in_vain(|| server.send(&Request::get(server.ask(changes))));
    let callback = answer.expect_callback(WEB_CALLBACK);
    assert_eq!(callback.get("error"), code);
    comes_from_here(server, &callback);
    let names: Vec<_> = callback.parameters.keys().map(String::as_str).collect();
    assert_eq!(names, ["error", "error_description", "iss", "state"]);
}

fn comes_from_here(server: &Harness, callback: &Callback) {
    assert_eq!(callback.get("iss"), server.issuer());
    assert_eq!(callback.get("state"), STATE);
}

#[test]
fn rfc_compares_callbacks_as_identical_strings_without_fragment() {
    under(
        Compliance::Rfc,
        |_| (),
        |server| {
            login_is_asked(server, &[]);
            for other in [
                "https://App.example.com/callback",
                "HTTPS://app.example.com/callback",
                "https://app.example.com:443/callback",
                "https://app.example.com/callback#",
                "https://app.example.com/callback#part",
                "https://app.example.com/callback/",
                "https://app.example.com/%63allback",
            ] {
                mismatched(server, other);
            }
        },
    );
    let wildcard = |tenant: &mut Tenant| {
        tenant.client(WEB_ID).settings.callbacks = vec!["https://*.example.com/callback".to_owned()];
    };
    under(Compliance::Rfc, wildcard, |server| {
        mismatched(server, "https://app.example.com/callback");
        mismatched(server, "https://*.example.com/callback");
    });
    under(
        Compliance::Auth0,
        |_| (),
        |server| {
            login_is_asked(server, &[("redirect_uri", "https://App.example.com/callback#part")]);
        },
    );
}

#[test]
fn rfc_lets_a_native_client_use_any_port_of_its_loopback_address() {
    let native = |tenant: &mut Tenant| {
        let settings = &mut tenant.client(WEB_ID).settings;
        settings.app_type = Some(AppType::Native);
        settings.callbacks = ["http://127.0.0.1/back", "http://[::1]:8080/back", "http://localhost/back"]
            .map(str::to_owned)
            .to_vec();
    };
    under(Compliance::Rfc, native, |server| {
        for port in ["http://127.0.0.1:53211/back", "http://127.0.0.1/back", "http://[::1]:9/back"] {
            login_is_asked(server, &[("redirect_uri", port)]);
        }
        // Only an address is loopback for sure (RFC 8252 §8.3), and only the port is free.
        for other in [
            "http://localhost:53211/back",
            "http://127.0.0.1:53211/other",
            "https://127.0.0.1:53211/back",
            "http://127.0.0.2:53211/back",
            "http://127.0.0.1:53211/back?x=1",
        ] {
            mismatched(server, other);
        }
    });
    under(Compliance::Auth0, native, |server| mismatched(server, "http://127.0.0.1:53211/back"));
    let web = |tenant: &mut Tenant| {
        tenant.client(WEB_ID).settings.callbacks = vec!["http://127.0.0.1/back".to_owned()];
    };
    under(Compliance::Rfc, web, |server| mismatched(server, "http://127.0.0.1:53211/back"));
}

#[test]
fn rfc_lets_redirect_uri_be_left_out_only_with_one_callback_and_without_openid() {
    let text = "The request is missing a required parameter: redirect_uri";
    let refuse = |server: &Harness, scope: &str| {
        let url = server.ask(&[("redirect_uri", ""), ("scope", scope)]);
        let page = server.in_vain(|| server.send(&Request::get(&url)));
        page.expect_error_page(400, "invalid_request", text);
    };
    under(
        Compliance::Rfc,
        |_| (),
        |server| {
            refuse(server, "profile openid");
            login_is_asked(server, &[("redirect_uri", ""), ("scope", "")]);
        },
    );
    let two = |tenant: &mut Tenant| {
        tenant.client(WEB_ID).settings.callbacks.push("https://app.example.com/second".to_owned());
    };
    under(Compliance::Rfc, two, |server| refuse(server, ""));
    under(Compliance::Auth0, two, |server| login_is_asked(server, &[("redirect_uri", "")]));
}

#[test]
fn rfc_requires_s256_of_public_clients_and_knows_no_plain() {
    let challenge = s256(VERIFIER);
    let s256_sent = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    let plain = [("code_challenge", VERIFIER), ("code_challenge_method", "plain")];
    let of = |client, pkce: &[(&'static str, &str)]| -> Vec<(String, String)> {
        let all = [&[("client_id", client)][..], pkce].concat();
        all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let requests = [
        (of(SPA_ID, &[]), false),
        (of(SPA_ID, &plain), false),
        (of(SPA_ID, &plain[..1]), false),
        (of(SPA_ID, &s256_sent), true),
        (of(WEB_ID, &plain), false),
        (of(WEB_ID, &plain[..1]), false),
        (of(WEB_ID, &[]), true),
        (of(WEB_ID, &s256_sent), true),
    ];
    for (compliance, rfc) in [(Compliance::Rfc, true), (Compliance::Auth0, false)] {
        under(
            compliance,
            |_| (),
            |server| {
                for (request, sound) in &requests {
                    let pairs: Vec<_> = request.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                    if *sound || !rfc {
                        login_is_asked(server, &pairs);
                    } else {
                        refused(server, &pairs, "invalid_request");
                    }
                }
            },
        );
    }
}

#[test]
fn rfc_lets_resource_repeat_and_answers_invalid_target() {
    under(
        Compliance::Rfc,
        |_| (),
        |server| {
            refused(server, &[("resource", "https://nowhere.example/")], "invalid_target");
            let twice = |second: &str| {
                let more =
                    serde_urlencoded::to_string([("resource", AUDIENCE), ("resource", second)]).unwrap();
                format!("{}&{more}", server.ask(&[("scope", "openid read:things")]))
            };
            let answer = server.browser().submit_login(&twice(AUDIENCE), EMAIL, PASSWORD);
            let tokens = server.redeem(answer.expect_callback(WEB_CALLBACK).code()).expect(200);
            assert_eq!(tokens.claims("access_token")["aud"][0], AUDIENCE);
            let answer = server.in_vain(|| server.send(&Request::get(twice("https://other.example/"))));
            let callback = answer.expect_callback(WEB_CALLBACK);
            assert_eq!(callback.get("error"), "invalid_target");
            comes_from_here(server, &callback);
        },
    );
}

#[test]
fn rfc_names_the_issuer_in_every_answer() {
    under(
        Compliance::Rfc,
        |_| (),
        |server| {
            let mut browser = server.browser();
            let answer = browser.submit_login(&server.ask(&[]), EMAIL, PASSWORD);
            comes_from_here(server, &answer.expect_callback(WEB_CALLBACK));
            for mode in ["query", "fragment"] {
                let silent = server.ask(&[("response_mode", mode), ("prompt", "none")]);
                let success = browser.get(&silent).expect_callback(WEB_CALLBACK);
                success.code();
                comes_from_here(server, &success);
                let failure = server.browser().get(&silent).expect_callback(WEB_CALLBACK);
                assert_eq!(failure.get("error"), "login_required");
                comes_from_here(server, &failure);
            }
            let page = browser.get(&web_message(server, &[]));
            assert_eq!(posted(&page).0["response"]["iss"], server.issuer());
            // On the other domain it is the other issuer.
            let url = server.ask(&[("prompt", "none")]).replace(&server.https, &server.http);
            let other = server.browser().get(&url).expect_callback(WEB_CALLBACK);
            assert_eq!(other.get("iss"), format!("{}/", server.http));
        },
    );
    // By default it is not there; a tenant can switch it on without the profile.
    on_every_backend(|server| {
        let silent = server.ask(&[("prompt", "none")]);
        let answer = server.browser().get(&silent);
        answer.expect_callback_error(WEB_CALLBACK, "login_required", "Login required", STATE);
        server.change_settings(|settings| settings.authorization_response_iss_parameter_supported = true);
        comes_from_here(server, &server.browser().get(&silent).expect_callback(WEB_CALLBACK));
    });
}

#[test]
fn rfc_lets_a_code_live_60_seconds_and_auth0_600() {
    for (compliance, lifetime, status) in [(Compliance::Rfc, 60, 400), (Compliance::Auth0, 600, 403)] {
        under(
            compliance,
            |_| (),
            |server| {
                let mut browser = server.signed_in();
                let mut code =
                    || browser.get(&server.ask(&[])).expect_callback(WEB_CALLBACK).code().to_owned();
                let in_time = code();
                server.clock.advance(Seconds(lifetime - 1));
                server.redeem(&in_time).expect(200);
                let late = code();
                server.clock.advance(Seconds(lifetime));
                let refused = server.in_vain(|| server.redeem(&late)).expect(status);
                assert_eq!(refused.text("error"), "invalid_grant");
                assert_eq!(refused.header("cache-control"), Some("no-store"));
            },
        );
    }
}

#[test]
fn the_profile_picks_the_column_of_statuses_at_the_token_endpoint() {
    let ask = |server: &Harness, pairs: &[(&str, &str)]| {
        let answer = server.token(pairs);
        (answer.status, answer.text("error"), answer.header("www-authenticate").is_some())
    };
    let code = |secret| {
        [
            ("grant_type", "authorization_code"),
            ("client_id", WEB_ID),
            ("client_secret", secret),
            ("code", "made-up"),
            ("redirect_uri", WEB_CALLBACK),
        ]
    };
    let unknown = [("grant_type", "urn:example:none"), ("client_id", WEB_ID), ("client_secret", WEB_SECRET)];
    let expected = |status: u16, code: &str, challenge| (status, code.to_owned(), challenge);
    under(
        Compliance::Rfc,
        |_| (),
        |server| {
            assert_eq!(ask(server, &code(WEB_SECRET)), expected(400, "invalid_grant", false));
            assert_eq!(ask(server, &unknown), expected(400, "unsupported_grant_type", false));
            assert_eq!(ask(server, &code("wrong")), expected(401, "invalid_client", true));
        },
    );
    under(
        Compliance::Auth0,
        |_| (),
        |server| {
            assert_eq!(ask(server, &code(WEB_SECRET)), expected(403, "invalid_grant", false));
            assert_eq!(ask(server, &unknown), expected(403, "unsupported_grant_type", false));
            assert_eq!(ask(server, &code("wrong")), expected(401, "access_denied", false));
        },
    );
}
