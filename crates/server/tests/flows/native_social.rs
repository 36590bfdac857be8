//! Native social token exchange (core contract §3.7 and §9.4): what a platform's SDK gave an app becomes tokens.
//!
//! | page item of core §9.4 | test |
//! |---|---|
//! | native social only; artefacts from trusted sources, no further interaction | `core_159_…`, `core_164_…` |
//! | issued scopes may differ: `scope` in the response | `core_167_…` |
//! | no scopes requested: all scopes of the audience | `core_166_…` |
//! | customisable in a rule | `the_tenants_own_code_shapes_…` |
//! | header `DPoP` | `a_proof_binds_the_tokens` |
//! | `auth0-forwarded-for` is a header | `forwarded_for.rs` |
//! | required strings | `core_158_…` |
//! | `audience`, `resource`, `scope` | `resource_stands_for_audience_…` |
//! | `user_profile` | `core_161_162_…` |
//! | 200; default unexpected error | `ext_150_151_…` |

use countersign_fake_providers::Misbehaviour;
use countersign_oauth::Seconds;
use countersign_storage::ResourceParameterProfile;
use countersign_testkit::{AUDIENCE, EMAIL, NOW, block_on};
use serde_json::{Value, json};

use crate::support::{
    APP, APPLE_CODE, APPLE_ID_TOKEN, DpopKey, EXCHANGE, FACEBOOK, GOOGLE, Goodness, Harness, OTHER_APP,
    Request, SPA_ID, with_providers,
};

fn jane() -> Value {
    json!({ "sub": "1150", "email": "Jane@Gmail.example", "email_verified": true, "name": "Jane Doe" })
}

fn facebook_jane() -> Value {
    json!({ "id": "77", "name": "Jane Doe", "email": "jane@facebook.example", "email_verified": true })
}

#[test]
fn core_159_an_apple_code_makes_a_user_and_gives_tokens() {
    with_providers(|server, providers| {
        providers.knows_code(
            "code-1",
            json!({ "sub": "001.abc", "email": "j@icloud.example", "email_verified": "true" }),
        );
        let scope = ("scope", "openid profile email offline_access");
        let answer = server.exchange_social(APPLE_CODE, "code-1", &[scope]).expect(200);
        let body = answer.json();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(86_400)));
        assert!(body["refresh_token"].is_string() && body["access_token"].is_string());
        assert!(body.get("issued_token_type").is_none());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let id_token = answer.claims("id_token");
        assert_eq!((&id_token["sub"], &id_token["aud"]), (&json!("apple|001.abc"), &json!(SPA_ID)));
        assert_eq!(
            (&id_token["email"], &id_token["email_verified"]),
            (&json!("j@icloud.example"), &json!(true))
        );
        assert!(id_token.get("sid").is_none(), "there is no session");
        let user = server.user_of("apple|001.abc").unwrap();
        assert_eq!((user.logins_count, user.last_login), (1, Some(NOW)));
        assert!(user.identities[0].tokens.is_some(), "Apple's tokens are kept, sealed");
        assert!(!format!("{user:?}").contains("apple-refresh"));
        let log = block_on(server.storage.log_events(1)).unwrap();
        assert_eq!((log[0].event.as_str(), log[0].user_id.as_ref()), ("sens", Some(&user.id)));
        let userinfo = server.userinfo(&answer.text("access_token")).expect(200).json();
        assert_eq!(userinfo["sub"], "apple|001.abc");
        server.refresh(&[("client_id", SPA_ID)], &answer.text("refresh_token")).expect(200);
    });
}

#[test]
fn core_160_what_apple_refuses_is_an_error_from_the_apple_connection() {
    with_providers(|server, providers| {
        providers.knows_code("with-nonce", json!({ "sub": "001.abc", "nonce": "n" }));
        let refusal = (400, "invalid_grant", "Error from Apple connection.");
        for code in ["used-up", "with-nonce"] {
            server.refuse(&server.exchange_request(APPLE_CODE, code, &[]), &[], refusal);
        }
        let log = block_on(server.storage.log_events(1)).unwrap();
        assert_eq!(
            (log[0].event.as_str(), log[0].rule.as_deref()),
            ("fens", Some("connections.nonce_not_ours"))
        );
        let expired = providers.apple_id_token(&json!({ "sub": "001.abc", "exp": NOW.seconds() - 100 }));
        let other = providers.apple_id_token(&json!({ "sub": "001.abc", "aud": OTHER_APP }));
        let google = providers.google_id_token(&json!({ "sub": "001.abc" }));
        for token in [expired, other, google, "garbage".to_owned()] {
            server.refuse(&server.exchange_request(APPLE_ID_TOKEN, &token, &[]), &[], refusal);
        }
        assert_eq!(server.users_from_elsewhere(), 0);
    });
}

#[test]
fn core_161_162_the_name_that_apple_told_the_app_alone_is_taken_as_text_and_as_object() {
    with_providers(|server, providers| {
        let token = providers.apple_id_token(&json!({ "sub": "001.abc" }));
        let name = |first: &str| json!({ "name": { "firstName": first, "lastName": "Stone" } });
        let scope = ("scope", "openid profile");
        let text = name("Ada").to_string();
        let answer =
            server.exchange_social(APPLE_ID_TOKEN, &token, &[("user_profile", &text), scope]).expect(200);
        let claims = answer.claims("id_token");
        assert_eq!((&claims["given_name"], &claims["family_name"]), (&json!("Ada"), &json!("Stone")));
        let body = json!({
            EXCHANGE.0: EXCHANGE.1, "client_id": SPA_ID, "subject_token": token, "scope": "openid profile",
            "subject_token_type": APPLE_ID_TOKEN, "user_profile": name("Eve"),
        });
        let answer = server.send(&Request::post_json(server.url("/oauth/token"), &body)).expect(200);
        assert_eq!(answer.claims("id_token")["given_name"], "Eve");
        // Apple says the name once: a login without it leaves it.
        server.exchange_social(APPLE_ID_TOKEN, &token, &[]).expect(200);
        assert_eq!(server.user_of("apple|001.abc").unwrap().profile.claims["given_name"], "Eve");
        for malformed in ["no json", "[]", "{\"name\":1,\"name\":2}"] {
            let request = server.exchange_request(APPLE_ID_TOKEN, &token, &[("user_profile", malformed)]);
            server.refuse(&request, &[], (400, "invalid_request", "user_profile is not a JSON object"));
        }
    });
}

#[test]
fn core_163_a_facebook_address_is_never_verified() {
    with_providers(|server, providers| {
        providers.knows("fb-session", APP, facebook_jane());
        let profile = facebook_jane().to_string();
        let more = [("user_profile", profile.as_str()), ("scope", "openid email")];
        let answer = server.exchange_social(FACEBOOK, "fb-session", &more).expect(200);
        let claims = answer.claims("id_token");
        assert_eq!(claims["sub"], "facebook|77");
        assert_eq!(
            (&claims["email"], &claims["email_verified"]),
            (&json!("jane@facebook.example"), &json!(false))
        );
    });
}

#[test]
fn a_facebook_exchange_needs_the_profile_of_the_tokens_own_user() {
    with_providers(|server, providers| {
        providers.knows("fb-session", APP, facebook_jane());
        let missing = (400, "invalid_request", "Missing required parameter: user_profile");
        server.refuse(&server.exchange_request(FACEBOOK, "fb-session", &[]), &[], missing);
        let other = json!({ "id": "78", "name": "Somebody else" }).to_string();
        let request = server.exchange_request(FACEBOOK, "fb-session", &[("user_profile", &other)]);
        server.refuse(&request, &[], TOKEN_REFUSED);
    });
}

const TOKEN_REFUSED: (u16, &str, &str) =
    (403, "invalid_grant", "The subject token is not valid for this connection");

#[test]
fn core_164_sp_087_a_google_token_must_be_for_the_connections_client() {
    with_providers(|server, providers| {
        let good = providers.google_id_token(&jane());
        let answer = server.exchange_social(GOOGLE, &good, &[("scope", "openid email")]).expect(200);
        assert_eq!(answer.claims("id_token")["sub"], "google-oauth2|1150");
        for changed in [
            json!({ "sub": "9", "aud": OTHER_APP }),
            json!({ "sub": "9", "azp": OTHER_APP }),
            json!({ "sub": "9", "aud": [APP, OTHER_APP] }),
            json!({ "sub": "9", "exp": NOW.seconds() - 1000 }),
            json!({ "sub": "9", "iss": "https://accounts.google.com.evil.example" }),
        ] {
            let token = providers.google_id_token(&changed);
            server.refuse(&server.exchange_request(GOOGLE, &token, &[]), &[], TOKEN_REFUSED);
        }
        let forged = format!("{}x", providers.google_id_token(&json!({ "sub": "9" })));
        server.refuse(&server.exchange_request(GOOGLE, &forged, &[]), &[], TOKEN_REFUSED);
        assert_eq!(server.users_from_elsewhere(), 1);
    });
}

#[test]
fn sp_087_facebook_tokens_of_another_app_and_dead_ones_are_refused() {
    with_providers(|server, providers| {
        providers.knows("other", OTHER_APP, facebook_jane());
        providers.knows_as("expired", APP, facebook_jane(), Goodness::Expired);
        providers.knows_as("revoked", APP, facebook_jane(), Goodness::Revoked);
        let profile = facebook_jane().to_string();
        for token in ["other", "expired", "revoked", "unknown"] {
            let request = server.exchange_request(FACEBOOK, token, &[("user_profile", &profile)]);
            server.refuse(&request, &[], TOKEN_REFUSED);
        }
    });
}

#[test]
fn core_165_a_switch_that_is_off_refuses_before_anybody_is_asked() {
    with_providers(|server, providers| {
        let text = "Native social login is not enabled for the client";
        server.change_client(SPA_ID, |client| client.settings.native_social_login = Default::default());
        for kind in [APPLE_CODE, APPLE_ID_TOKEN, FACEBOOK, GOOGLE] {
            let request = server.exchange_request(kind, "token", &[]);
            server.refuse(&request, &[], (403, "unauthorized_client", text));
        }
        assert_eq!(providers.calls(), 0);
    });
}

#[test]
fn a_connection_that_is_not_the_clients_refuses_before_anybody_is_asked() {
    with_providers(|server, providers| {
        server.change_connection("con_apple", |connection| connection.settings.enabled_clients.clear());
        let text = "No connection for this subject token is enabled for the client";
        let request = server.exchange_request(APPLE_CODE, "code", &[]);
        server.refuse(&request, &[], (403, "unauthorized_client", text));
        assert_eq!(providers.calls(), 0);
    });
}

#[test]
fn core_158_sp_089_the_subject_token_and_its_type_are_required() {
    with_providers(|server, providers| {
        for (name, rest) in [
            ("subject_token", [EXCHANGE, ("client_id", SPA_ID), ("subject_token_type", GOOGLE)]),
            ("subject_token_type", [EXCHANGE, ("client_id", SPA_ID), ("subject_token", "t")]),
        ] {
            let text = format!("Missing required parameter: {name}");
            server.refuse_token(&rest, &[], (400, "invalid_request", &text));
        }
        let text = "Unsupported subject_token_type: urn:example:other";
        let request = server.exchange_request("urn:example:other", "t", &[]);
        server.refuse(&request, &[], (400, "invalid_request", text));
        assert_eq!(providers.calls(), 0);
    });
}

#[test]
fn core_166_who_asks_for_no_scopes_gets_all_of_the_audience() {
    with_providers(|server, providers| {
        let token = providers.google_id_token(&jane());
        let answer = server.exchange_social(GOOGLE, &token, &[("audience", AUDIENCE)]).expect(200);
        let api = block_on(server.storage.resource_server(&AUDIENCE.into())).unwrap().unwrap();
        let all: Vec<_> = api.settings.scopes.iter().map(|scope| scope.value.as_str()).collect();
        assert_eq!(answer.text("scope").split(' ').collect::<Vec<_>>(), all);
        let claims = answer.claims("access_token");
        assert_eq!((&claims["sub"], &claims["scope"]), (&json!("google-oauth2|1150"), &json!(all.join(" "))));
        assert!(answer.json().get("id_token").is_none(), "openid was not asked for");
    });
}

#[test]
fn core_167_the_response_has_the_scope_where_it_differs() {
    with_providers(|server, providers| {
        let token = providers.google_id_token(&jane());
        let more = [("audience", AUDIENCE), ("scope", "openid read:things delete:everything")];
        let answer = server.exchange_social(GOOGLE, &token, &more).expect(200);
        assert_eq!(answer.text("scope"), "openid read:things");
    });
}

#[test]
fn resource_stands_for_audience_under_the_compatibility_profile_alone() {
    with_providers(|server, providers| {
        let token = providers.google_id_token(&jane());
        let answer = server.exchange_social(GOOGLE, &token, &[("resource", AUDIENCE)]).expect(200);
        assert_eq!(answer.claims("access_token")["aud"], AUDIENCE);
        let calls = providers.calls();
        let request = server.exchange_request(GOOGLE, &token, &[("resource", "https://unknown.example")]);
        let text = "Service not enabled within domain: https://unknown.example";
        server.refuse(&request, &[], (403, "access_denied", text));
        assert_eq!(providers.calls(), calls, "nobody was asked for a request that is refused");
        server.change_settings(|settings| {
            settings.resource_parameter_profile = ResourceParameterProfile::Audience;
        });
        let answer = server.exchange_social(GOOGLE, &token, &[("resource", AUDIENCE)]).expect(200);
        assert_eq!(answer.text("access_token").split('.').count(), 1, "an opaque token, for userinfo alone");
    });
}

#[test]
fn a_proof_binds_the_tokens() {
    with_providers(|server, providers| {
        let key = DpopKey::generate();
        let token = providers.google_id_token(&jane());
        let more = [("scope", "openid offline_access")];
        let answer =
            server.send_with_nonce(&server.exchange_request(GOOGLE, &token, &more), &key).expect(200);
        assert_eq!(answer.text("token_type"), "DPoP");
    });
}

#[test]
fn a_blocked_user_is_refused_and_nothing_is_updated() {
    with_providers(|server, providers| {
        server.exchange_social(GOOGLE, &providers.google_id_token(&jane()), &[]).expect(200);
        server.change_user_of("google-oauth2|1150", |user| user.blocked = true);
        let mut renamed = jane();
        renamed["name"] = json!("Another name");
        let request = server.exchange_request(GOOGLE, &providers.google_id_token(&renamed), &[]);
        server.refuse(&request, &[], (403, "invalid_grant", "user is blocked"));
    });
}

#[test]
fn sp_132_an_address_links_nobody_to_anybody() {
    with_providers(|server, providers| {
        let before = server.user();
        for (sub, verified) in [("1", false), ("2", true)] {
            let claims = json!({ "sub": sub, "email": EMAIL, "email_verified": verified });
            server.exchange_social(GOOGLE, &providers.google_id_token(&claims), &[]).expect(200);
        }
        assert_eq!(server.users_from_elsewhere(), 2);
        assert_eq!(server.user(), before);
    });
}

#[test]
fn ext_163_165_a_user_is_made_at_the_first_login_and_updated_at_the_next() {
    with_providers(|server, providers| {
        server.exchange_social(GOOGLE, &providers.google_id_token(&jane()), &[]).expect(200);
        let user = server.user_of("google-oauth2|1150").unwrap();
        assert_eq!(user.email.as_deref(), Some("jane@gmail.example"));
        assert_eq!(user.profile.claims["nickname"], "jane");
        assert!(user.profile.claims["picture"].as_str().unwrap().starts_with("https://"));
        assert_eq!(user.identities[0].provider, "google-oauth2");
        let mut renamed = jane();
        renamed["name"] = json!("Jane Roe");
        server.exchange_social(GOOGLE, &providers.google_id_token(&renamed), &[]).expect(200);
        let again = server.user_of("google-oauth2|1150").unwrap();
        assert_eq!((&again.profile.claims["name"], again.logins_count), (&json!("Jane Roe"), 2));
        assert_eq!(server.users_from_elsewhere(), 1);
    });
}

#[test]
fn sp_088_an_id_token_that_comes_again_is_noted_and_refused_only_where_each_counts_once() {
    with_providers(|server, providers| {
        let token = providers.google_id_token(&jane());
        for _ in 0..2 {
            server.exchange_social(GOOGLE, &token, &[]).expect(200);
        }
        let log = block_on(server.storage.log_events(50)).unwrap();
        let noted = |end: &str| {
            log.iter().filter(|row| row.event == "sens" && row.description.ends_with(end)).count()
        };
        assert_eq!((noted("google-oauth2"), noted("with a token that was shown before")), (1, 1));

        server
            .change_client(SPA_ID, |client| client.settings.native_social_login.single_use_id_tokens = true);
        let text = "The subject token was exchanged before, and this client takes each one once";
        server.refuse(&server.exchange_request(GOOGLE, &token, &[]), &[], (403, "invalid_grant", text));
        let fresh = providers.google_id_token(&json!({ "sub": "1151", "email": "john@gmail.example" }));
        server.exchange_social(GOOGLE, &fresh, &[]).expect(200);
    });
}

/// A time-out, a server error, pages and nonsense instead of JSON, 50 MB, and a redirect to a private address.
pub(crate) fn misbehaviours() -> [Misbehaviour; 7] {
    let private = "http://169.254.169.254/latest/meta-data/".to_owned();
    use Misbehaviour::{Hang, Html, Huge, Malformed, Redirect, ServerError, WrongType};
    [Hang, ServerError, Html, WrongType, Malformed, Huge, Redirect(private)]
}

#[test]
fn sp_143_a_provider_that_is_away_or_answers_nonsense_creates_nothing() {
    with_providers(|server, providers| {
        let profile = facebook_jane().to_string();
        for how in misbehaviours() {
            providers.misbehave(&how);
            let apple = (400, "invalid_request", "Error from Apple connection.");
            server.refuse(&server.exchange_request(APPLE_CODE, "code", &[]), &[], apple);
            let request = server.exchange_request(FACEBOOK, "t", &[("user_profile", &profile)]);
            server.refuse(&request, &[], (400, "invalid_request", "Error from facebook connection."));
            let token = providers.google_id_token(&jane());
            let google = (400, "invalid_request", "Error from google-oauth2 connection.");
            server.refuse(&server.exchange_request(GOOGLE, &token, &[]), &[], google);
        }
    });
}

#[test]
fn a_key_that_the_provider_rotated_to_is_found() {
    with_providers(|server, providers| {
        // Each process keeps a key set of its own, and two take requests in turn.
        for _ in 0..2 {
            server.exchange_social(GOOGLE, &providers.google_id_token(&jane()), &[]).expect(200);
        }
        providers.rotate();
        let token = providers.google_id_token(&jane());
        server.refuse(&server.exchange_request(GOOGLE, &token, &[]), &[], TOKEN_REFUSED);
        server.clock.advance(Seconds(31));
        server.exchange_social(GOOGLE, &token, &[]).expect(200);
    });
}

#[test]
fn ext_150_151_every_refusal_has_error_and_description_and_nothing_else() {
    with_providers(|server, _| {
        for request in [
            server.exchange_request(GOOGLE, "garbage", &[]),
            server.exchange_request("urn:x", "t", &[]),
            server.exchange_request(APPLE_CODE, "unknown", &[]),
            server.legacy_request("facebook", "unknown", &[]),
            server.legacy_request("github", "unknown", &[]),
            Request::post_form(server.url("/oauth/access_token"), &[]),
        ] {
            let body = server.send(&request).json();
            let members: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
            assert_eq!(members, ["error", "error_description"], "{body}");
            assert!(body["error"].is_string() && body["error_description"].is_string());
        }
    });
}

/// Sends requests at once, and answers how many of them succeeded. They go to the domain without TLS: so many
/// handshakes at once would be what is tested.
fn at_once(server: &Harness, requests: &[Request]) -> usize {
    let without_tls = |request: &Request| Request {
        url: request.url.replace(&server.https, &server.http),
        ..request.clone()
    };
    let requests: Vec<_> = requests.iter().map(without_tls).collect();
    std::thread::scope(|scope| {
        let running: Vec<_> =
            requests.iter().map(|request| scope.spawn(|| server.send(request).status)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).filter(|status| *status == 200).count()
    })
}

#[test]
fn one_of_64_exchanges_of_one_apple_code_succeeds_and_makes_one_user() {
    with_providers(|server, providers| {
        providers.knows_code("code-1", json!({ "sub": "001.abc" }));
        let request = server.exchange_request(APPLE_CODE, "code-1", &[]);
        assert_eq!(at_once(server, &vec![request; 64]), 1);
        assert_eq!(server.users_from_elsewhere(), 1);
        assert_eq!(server.user_of("apple|001.abc").unwrap().logins_count, 1);
    });
}

#[test]
fn all_of_32_first_logins_of_one_google_user_succeed_and_make_one_user() {
    with_providers(|server, providers| {
        let request = server.exchange_request(GOOGLE, &providers.google_id_token(&jane()), &[]);
        assert_eq!(at_once(server, &vec![request; 32]), 32);
        assert_eq!(server.users_from_elsewhere(), 1);
        assert_eq!(server.user_of("google-oauth2|1150").unwrap().logins_count, 32);
    });
}

#[test]
fn the_tenants_own_code_shapes_the_tokens_and_sees_no_secret() {
    with_providers(|server, providers| {
        server.bind_action(
            "shape",
            "if (JSON.stringify(event).includes(event.request.body.subject_token || 'eyJ')) api.access.deny('leak');
             api.accessToken.setCustomClaim('protocol', event.transaction.protocol);
             api.accessToken.removeScope('write:things');
             api.user.setAppMetadata('came', 'from elsewhere');",
        );
        let token = providers.google_id_token(&jane());
        let more = [("audience", AUDIENCE), ("scope", "openid read:things")];
        let answer = server.exchange_social(GOOGLE, &token, &more).expect(200);
        let claims = answer.claims("access_token");
        assert_eq!(claims["protocol"], "oauth2-token-exchange");
        assert_eq!(answer.text("scope"), "openid read:things");
        let user = server.user_of("google-oauth2|1150").unwrap();
        assert_eq!(user.profile.app_metadata["came"], "from elsewhere");
    });
}

#[test]
fn a_denial_by_the_tenants_own_code_makes_no_user() {
    with_providers(|server, providers| {
        server.bind_action("deny", "api.access.deny('not here');");
        let request = server.exchange_request(GOOGLE, &providers.google_id_token(&jane()), &[]);
        server.refuse(&request, &[], (403, "access_denied", "not here"));
        assert_eq!(server.users_from_elsewhere(), 0);
    });
}
