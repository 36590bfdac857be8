//! `POST /oauth/access_token` (core contract §3.14.1 and §9.1): a provider's access token becomes tokens of ours.
//!
//! | page item of core §9.1 | test |
//! |---|---|
//! | endpoint, JSON; `Authorization` not enforced | `a_body_may_be_json_…` |
//! | `client_id`, `access_token`, `connection` required | `what_is_missing_is_named` |
//! | `connection` is one of four | `core_196_…`, `each_of_the_four_…` |
//! | `scope`; `openid` for an ID token | `core_197_…` |
//! | response fields; `refresh_token` with `offline_access` alone | `each_of_the_four_…`, `offline_access_…` |
//! | `scope` may differ | `core_197_…` |
//! | off by default; grant types | `core_195_…` |
//! | `profile` and `email` claims | `the_scopes_open_the_claims_…` |
//! | errors for 400, 401, 403 | the refusals |

use countersign_testkit::{EMAIL, NOW, block_on};
use serde_json::{Value, json};

use crate::native_social::misbehaviours;
use crate::support::{
    APP, Goodness, LEGACY_ID, OTHER_APP, Request, SPA_ID, TOKEN_SECRET, WEB_ID, with_providers,
};

/// A user of each provider, as it tells of them.
fn users() -> [(&'static str, Value, &'static str); 4] {
    [
        (
            "facebook",
            json!({ "id": "77", "name": "Jane Doe", "email": "jane@facebook.example" }),
            "facebook|77",
        ),
        (
            "google-oauth2",
            json!({ "sub": "1150", "email": "jane@gmail.example", "email_verified": true }),
            "google-oauth2|1150",
        ),
        ("twitter", json!({ "id_str": "42", "name": "Jane", "screen_name": "jane" }), "twitter|42"),
        ("weibo", json!({ "id": 9, "idstr": "9", "name": "Jane", "screen_name": "jane_w" }), "weibo|9"),
    ]
}

const SECRET: (&str, &str) = ("access_token_secret", TOKEN_SECRET);
const REFUSED: (u16, &str, &str) = (401, "invalid_request", "invalid access_token: invalid_token");

#[test]
fn each_of_the_four_providers_logs_its_users_in() {
    with_providers(|server, providers| {
        for (connection, profile, id) in users() {
            let token = format!("token-{connection}");
            providers.knows(&token, APP, profile);
            let answer =
                server.legacy(connection, &token, &[SECRET, ("scope", "openid profile email")]).expect(200);
            let body = answer.json();
            assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(86_400)));
            assert_eq!(body["scope"], "openid profile email");
            assert!(body.get("refresh_token").is_none());
            assert_eq!(answer.text("access_token").split('.').count(), 1, "opaque");
            let id_token = answer.claims("id_token");
            assert_eq!((&id_token["sub"], &id_token["aud"]), (&json!(id), &json!(LEGACY_ID)));
            let userinfo = server.userinfo(&answer.text("access_token")).expect(200).json();
            assert_eq!(userinfo["sub"], id);
            let user = server.user_of(id).unwrap();
            assert_eq!((user.logins_count, user.last_login), (1, Some(NOW)));
            assert!(user.identities[0].tokens.is_some());
            assert!(!format!("{user:?}").contains(&token), "the provider's token is sealed");
        }
        let log = block_on(server.storage.log_events(10)).unwrap();
        assert!(log.iter().all(|row| row.event == "s") && log.len() == 4, "{log:?}");
    });
}

#[test]
fn core_194_a_conformant_client_is_refused_in_these_words() {
    with_providers(|server, _| {
        let text = "OIDC conformant clients cannot use /oauth/access_token";
        let request = server.legacy_request("facebook", "t", &[]);
        server.change_client(LEGACY_ID, |client| client.settings.oidc_conformant = true);
        server.refuse(&request, &[], (400, "invalid_request", text));
    });
}

#[test]
fn core_195_without_the_legacy_grant_the_endpoint_refuses() {
    with_providers(|server, providers| {
        server.change_client(LEGACY_ID, |client| client.settings.grant_types.clear());
        let text =
            "Grant type 'http://auth0.com/oauth/legacy/grant-type/access_token' not allowed for the client.";
        server.refuse(&server.legacy_request("facebook", "t", &[]), &[], (403, "unauthorized_client", text));
        assert_eq!(providers.calls(), 0);
    });
}

#[test]
fn the_legacy_grant_is_no_grant_type_of_the_token_endpoint() {
    with_providers(|server, _| {
        let name = "http://auth0.com/oauth/legacy/grant-type/access_token";
        let pairs = [("grant_type", name), ("client_id", LEGACY_ID), ("access_token", "t")];
        let text = format!("Unsupported grant type: {name}");
        server.refuse_token(&pairs, &[], (403, "unsupported_grant_type", &text));
    });
}

#[test]
fn core_196_other_connections_are_not_found() {
    with_providers(|server, providers| {
        for name in ["apple", "github", "Username-Password-Authentication", "Facebook", "nowhere"] {
            let request = server.legacy_request(name, "t", &[]);
            server.refuse(&request, &[], (400, "invalid_request", "the connection was not found"));
        }
        server.change_connection("con_weibo", |connection| connection.settings.enabled_clients.clear());
        let request = server.legacy_request("weibo", "t", &[]);
        server.refuse(&request, &[], (400, "invalid_request", "the connection is not enabled"));
        assert_eq!(providers.calls(), 0);
    });
}

#[test]
fn core_197_openid_gives_an_id_token_and_without_it_there_is_none() {
    with_providers(|server, providers| {
        providers.knows("t", APP, users()[1].1.clone());
        for (scope, granted, has_id_token) in
            [("openid", "openid", true), ("profile read:things", "profile", false), ("", "", false)]
        {
            let body = server.legacy("google-oauth2", "t", &[("scope", scope)]).expect(200).json();
            assert_eq!(body.get("id_token").is_some(), has_id_token, "{scope}");
            assert_eq!(body["scope"], granted);
        }
    });
}

#[test]
fn offline_access_gives_a_refresh_token_without_a_device() {
    with_providers(|server, providers| {
        providers.knows("t", APP, users()[1].1.clone());
        let answer = server.legacy("google-oauth2", "t", &[("scope", "openid offline_access")]).expect(200);
        server.refresh(&[("client_id", LEGACY_ID)], &answer.text("refresh_token")).expect(200);
    });
}

#[test]
fn the_scopes_open_the_claims_that_the_page_lists() {
    with_providers(|server, providers| {
        let listed = json!({
            "name": "Jane Doe", "family_name": "Doe", "given_name": "Jane", "middle_name": "J",
            "nickname": "jd", "preferred_username": "jane", "profile": "https://e.example/j",
            "picture": "https://e.example/p", "website": "https://e.example", "gender": "female",
            "birthdate": "1990-01-01", "zoneinfo": "Europe/Zurich", "locale": "en",
        });
        let mut profile = listed.clone();
        profile["sub"] = json!("1150");
        profile["email"] = json!("jane@gmail.example");
        profile["email_verified"] = json!(true);
        providers.knows("t", APP, profile);
        let answer = server.legacy("google-oauth2", "t", &[("scope", "openid profile")]).expect(200);
        let claims = answer.claims("id_token");
        for (name, value) in listed.as_object().unwrap() {
            assert_eq!(&claims[name], value, "{name}");
        }
        assert!(claims["updated_at"].is_string() && claims.get("email").is_none());
        let answer = server.legacy("google-oauth2", "t", &[("scope", "openid email")]).expect(200);
        let claims = answer.claims("id_token");
        assert_eq!(
            (&claims["email"], &claims["email_verified"]),
            (&json!("jane@gmail.example"), &json!(true))
        );
        assert!(claims.get("name").is_none());
    });
}

#[test]
fn a_body_may_be_json_and_a_bearer_header_is_not_looked_at() {
    with_providers(|server, providers| {
        providers.knows("t", APP, users()[1].1.clone());
        let body = json!({ "client_id": LEGACY_ID, "access_token": "t", "connection": "google-oauth2" });
        let request = Request::post_json(server.url("/oauth/access_token"), &body);
        server.send(&request.header("authorization", "Bearer whatever")).expect(200);
    });
}

#[test]
fn what_is_missing_is_named() {
    with_providers(|server, _| {
        let all = [("client_id", LEGACY_ID), ("access_token", "t"), ("connection", "facebook")];
        for (name, _) in all {
            let rest: Vec<_> = all.into_iter().filter(|(other, _)| *other != name).collect();
            let request = Request::post_form(server.url("/oauth/access_token"), &rest);
            server.refuse(&request, &[], (400, "invalid_request", &format!("missing {name} parameter")));
        }
    });
}

#[test]
fn a_secret_that_is_sent_must_be_right() {
    with_providers(|server, providers| {
        providers.knows("t", APP, users()[1].1.clone());
        server.change_client(WEB_ID, |client| {
            client.settings.oidc_conformant = false;
            let grant = "http://auth0.com/oauth/legacy/grant-type/access_token";
            client.settings.grant_types.push(countersign_oauth::GrantType::new(grant));
        });
        let pairs = [("client_id", WEB_ID), ("access_token", "t"), ("connection", "google-oauth2")];
        let url = server.url("/oauth/access_token");
        server.send(&Request::post_form(&url, &pairs)).expect(200);
        let wrong = Request::post_form(&url, &[&pairs[..], &[("client_secret", "wrong")]].concat());
        server.refuse(&wrong, &[], (401, "access_denied", "Unauthorized"));
    });
}

#[test]
fn sp_087_tokens_of_another_app_and_dead_ones_are_refused_before_any_profile_is_read() {
    with_providers(|server, providers| {
        for (connection, profile, _) in users() {
            providers.knows("other", OTHER_APP, profile.clone());
            providers.knows_as("expired", APP, profile.clone(), Goodness::Expired);
            providers.knows_as("revoked", APP, profile, Goodness::Revoked);
            for token in ["other", "expired", "revoked", "unknown"] {
                let request = server.legacy_request(connection, token, &[SECRET]);
                let calls = providers.calls();
                server.refuse(&request, &[], REFUSED);
                assert_eq!(providers.calls(), calls + 1, "{connection}: {token}");
            }
        }
        assert_eq!(server.users_from_elsewhere(), 0);
    });
}

#[test]
fn a_twitter_token_without_its_secret_cannot_be_bound_and_the_text_says_so() {
    with_providers(|server, providers| {
        let text = "An OAuth 2.0 access token of this provider cannot be bound to the application; send an OAuth \
                    1.0a token and its access_token_secret";
        let request = server.legacy_request("twitter", "t", &[]);
        server.refuse(&request, &[], (400, "invalid_request", text));
        assert_eq!(providers.calls(), 0);
    });
}

#[test]
fn a_blocked_user_is_unauthorized() {
    with_providers(|server, providers| {
        for (connection, profile, id) in users() {
            providers.knows("t", APP, profile);
            server.legacy(connection, "t", &[SECRET]).expect(200);
            server.change_user_of(id, |user| user.blocked = true);
            let request = server.legacy_request(connection, "t", &[SECRET]);
            server.refuse(&request, &[], (403, "unauthorized", "user is blocked"));
        }
    });
}

#[test]
fn sp_132_an_address_links_nobody_to_anybody() {
    with_providers(|server, providers| {
        let before = server.user();
        for (connection, mut profile, id) in users() {
            profile["email"] = json!(EMAIL);
            profile["email_verified"] = json!(false);
            providers.knows("t", APP, profile);
            server.legacy(connection, "t", &[SECRET]).expect(200);
            assert_ne!(server.user_of(id).unwrap().id, before.id);
        }
        assert_eq!((server.users_from_elsewhere(), server.user()), (4, before));
    });
}

#[test]
fn sp_143_a_provider_that_is_away_or_answers_nonsense_creates_nothing() {
    with_providers(|server, providers| {
        for how in misbehaviours() {
            providers.misbehave(&how);
            for (connection, ..) in users() {
                let text = format!("Error from {connection} connection.");
                let request = server.legacy_request(connection, "t", &[SECRET]);
                server.refuse(&request, &[], (400, "invalid_request", &text));
            }
        }
    });
}

#[test]
fn ext_139_the_other_legacy_endpoints_are_not_there() {
    with_providers(|server, _| {
        for path in ["/oauth/ro", "/delegation", "/tokeninfo", "/users/auth0%7C1/impersonate"] {
            let pairs = [("client_id", SPA_ID), ("grant_type", "password"), ("id_token", "t")];
            server.send_in_vain(&Request::post_form(server.url(path), &pairs), &[], 404);
        }
    });
}

#[test]
fn a_denial_by_the_tenants_own_code_is_unauthorized() {
    with_providers(|server, providers| {
        providers.knows("t", APP, users()[1].1.clone());
        server.add_rule("deny", "function (user, context, cb) { cb(new UnauthorizedError('not here')); }");
        let request = server.legacy_request("google-oauth2", "t", &[]);
        server.refuse(&request, &[], (403, "unauthorized", "not here"));
        assert_eq!(server.users_from_elsewhere(), 0);
    });
}
