use std::time::Duration;

use countersign_actions::ActionsOptions;
use countersign_storage::SingleUseKind;
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD, USER_ID, block_on};
use serde_json::{Value, json};

use crate::support::{
    Harness, MACHINE_ID, STATE, Tenant, WEB, WEB_CALLBACK, on_every_backend, on_every_backend_with, refresh,
};

const SCOPE: &str = "openid profile offline_access read:things";

fn sessions(server: &Harness) -> usize {
    block_on(server.storage.sessions_of_user(&USER_ID.into())).unwrap().len()
}

#[test]
fn ext_156_a_denial_at_authorize_is_access_denied_with_its_reason_and_begins_no_session() {
    on_every_backend(|server| {
        server.bind_action(
            "deny",
            "api.user.setAppMetadata('denied', true); api.access.deny('not on Sundays');",
        );
        server.bind_action("later", "api.user.setAppMetadata('later', true);");
        let mut browser = server.browser();
        let answer = browser.submit_login(&server.ask(&[]), EMAIL, PASSWORD);
        answer.expect_callback_error(WEB_CALLBACK, "access_denied", "not on Sundays", STATE);
        assert!(answer.all("set-cookie").is_empty(), "{answer:?}");
        assert_eq!(sessions(server), 0);
        let metadata = server.user().profile.app_metadata;
        assert_eq!((metadata.get("denied"), metadata.get("later")), (Some(&json!(true)), None));
    });
}

#[test]
fn ext_156_a_denial_of_a_silent_login_goes_back_too() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        server.bind_action("deny", "api.access.deny('no');");
        let answer = browser.get(&server.ask(&[("prompt", "none")]));
        answer.expect_callback_error(WEB_CALLBACK, "access_denied", "no", STATE);
        assert_eq!(sessions(server), 1);
    });
}

#[test]
fn ext_157_claims_and_scopes_are_in_the_tokens_of_a_login_and_of_each_refresh() {
    on_every_backend(|server| {
        server.bind_action(
            "claims",
            "api.accessToken.setCustomClaim('plan', 'gold');
             api.accessToken.setCustomClaim('https://example.com/count', event.stats.logins_count);
             api.idToken.setCustomClaim('https://example.com/role', 'admin');
             api.accessToken.addScope('admin:all');
             api.accessToken.removeScope('read:things');",
        );
        let login = server.web_tokens(SCOPE, AUDIENCE);
        let refreshed = server.refresh(WEB, &login.text("refresh_token")).expect(200);
        for tokens in [login, refreshed] {
            let access = tokens.claims("access_token");
            assert_eq!(access["plan"], "gold");
            assert!(access["https://example.com/count"].is_number());
            let scopes: Vec<&str> = access["scope"].as_str().unwrap().split(' ').collect();
            assert!(scopes.contains(&"admin:all") && !scopes.contains(&"read:things"), "{scopes:?}");
            let id_token = tokens.claims("id_token");
            assert_eq!(id_token["https://example.com/role"], "admin");
            assert_eq!(id_token.get("plan"), None);
        }
    });
}

#[test]
fn ext_157_userinfo_tells_the_custom_claims_of_the_id_token() {
    on_every_backend(|server| {
        server.bind_action("claims", "api.idToken.setCustomClaim('https://example.com/role', 'admin');");
        for audience in ["", AUDIENCE] {
            let tokens = server.web_tokens("openid", audience);
            let told = server.userinfo(&tokens.text("access_token")).expect(200).json();
            assert_eq!(told, json!({ "sub": USER_ID, "https://example.com/role": "admin" }), "{audience:?}");
        }
    });
}

#[test]
fn ext_158_the_protocol_is_named_by_its_literal_in_each_flow() {
    on_every_backend(|server| {
        server.bind_action(
            "protocol",
            "api.accessToken.setCustomClaim('protocol', event.transaction.protocol);
             api.accessToken.setCustomClaim('seen', Object.keys(event.request.body).join(' '));",
        );
        let login = server.web_tokens(SCOPE, AUDIENCE);
        assert_eq!(login.claims("access_token")["protocol"], "oidc-basic-profile");
        let refreshed = server.refresh(WEB, &login.text("refresh_token")).expect(200).claims("access_token");
        assert_eq!(refreshed["protocol"], "oauth2-refresh-token");
        let seen = refreshed["seen"].as_str().unwrap();
        assert!(seen.contains("client_id") && !seen.contains("client_secret"), "{seen}");
        assert!(!seen.contains("refresh_token"), "{seen}");
        // A machine's token is no login.
        let machine = server.machine_token(AUDIENCE).claims("access_token");
        assert_eq!((machine["azp"].as_str(), machine.get("protocol")), (Some(MACHINE_ID), None));
    });
}

#[test]
fn core_139_a_revoked_refresh_token_is_access_denied_with_the_reason_and_dead() {
    on_every_backend(|server| {
        server.bind_action(
            "revoke",
            "if (event.transaction.protocol === 'oauth2-refresh-token') api.refreshToken.revoke('a stolen phone');",
        );
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        let answer = server.refresh(WEB, &token).expect(403);
        let text = "Refresh token revoked due to a stolen phone";
        let expected = json!({ "error": "access_denied", "error_description": text });
        assert_eq!(answer.json(), expected);
        server.refresh(WEB, &token).expect_error(403, "invalid_grant", "Unknown or invalid refresh token.");
        let log = block_on(server.storage.log_events(100)).unwrap();
        assert!(log.iter().any(|row| row.event == "srrt"));
    });
}

#[test]
fn a_denied_refresh_is_403_and_leaves_the_token_as_it_was() {
    on_every_backend(|server| {
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.bind_action("deny", "api.access.deny('not now');");
        let answer = server.in_vain(|| server.refresh(WEB, &token).expect(403));
        assert_eq!(answer.json(), json!({ "error": "access_denied", "error_description": "not now" }));
        server.change_settings(|settings| settings.triggers.clear());
        server.refresh(WEB, &token).expect(200);
    });
}

#[test]
fn core_208_core_209_claims_that_are_not_the_codes_to_set_are_left_out() {
    on_every_backend(|server| {
        let names = [
            "sub",
            "iss",
            "aud",
            "exp",
            "azp",
            "scope",
            "permissions",
            "org_id",
            "cnf",
            "acr",
            "email",
            "phone_number",
            "https://auth0.com/x",
            "https://a.webtask.io/x",
            "https://webtask.run/x",
            "urn:auth0:x",
        ];
        let list = serde_json::to_string(&names).unwrap();
        server.bind_action(
            "forge",
            &format!(
                "for (const name of {list}) {{
                   api.accessToken.setCustomClaim(name, 'forged'); api.idToken.setCustomClaim(name, 'forged');
                 }}
                 api.idToken.setCustomClaim('kept', 1);"
            ),
        );
        let tokens = server.web_tokens("openid", AUDIENCE);
        let (access, id_token) = (tokens.claims("access_token"), tokens.claims("id_token"));
        assert!(!access.to_string().contains("forged"), "{access}");
        assert!(!id_token.to_string().contains("forged"), "{id_token}");
        assert_eq!(id_token["kept"], 1);
        assert_eq!((&access["sub"], &id_token["sub"]), (&json!(USER_ID), &json!(USER_ID)));
    });
}

#[test]
fn core_210_custom_claims_over_100_kb_are_refused() {
    on_every_backend(|server| {
        server.bind_action("large", "api.idToken.setCustomClaim('x', 'x'.repeat(100 * 1024 + 1));");
        let answer = server.browser().submit_login(&server.ask(&[]), EMAIL, PASSWORD);
        let callback = answer.expect_callback(WEB_CALLBACK);
        assert_eq!(callback.get("error"), "access_denied");
        assert_eq!(sessions(server), 0);
    });
}

#[test]
fn a_throw_and_a_call_that_is_not_served_refuse_and_name_themselves() {
    on_every_backend(|server| {
        server.bind_action(
            "broken",
            "if (event.transaction.login_hint === 'throw') throw new Error('it broke');
             api.authentication.challengeWith({ type: 'otp' });",
        );
        let refused = |hint: &str| {
            let url = server.ask(&[("login_hint", hint)]);
            let answer = server.browser().submit_login(&url, EMAIL, PASSWORD);
            let callback = answer.expect_callback(WEB_CALLBACK);
            assert_eq!(callback.get("error"), "access_denied");
            callback.get("error_description").to_owned()
        };
        assert!(refused("throw").contains("it broke"));
        assert!(refused("").contains("authentication.challengeWith"));
        assert_eq!(sessions(server), 0);
    });
}

/// Scripts that may take a second, one at a time, and none of which waits.
fn impatient() -> Tenant {
    let actions = ActionsOptions { threads: 1, queue: 0, timeout: SECOND, ..ActionsOptions::default() };
    Tenant { actions, ..Tenant::default() }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn ext_159_a_login_whose_script_does_not_end_is_refused_and_others_are_not() {
    assert_eq!(ActionsOptions::default().timeout, Duration::from_secs(20));
    on_every_backend_with(impatient, |server| {
        server.bind_action("loop", "while (event.transaction.login_hint === 'loop') {}");
        let looping = server.ask(&[("login_hint", "loop")]);
        let answer = server.browser().submit_login(&looping, EMAIL, PASSWORD);
        assert_eq!(answer.expect_callback(WEB_CALLBACK).get("error"), "access_denied");
        assert_eq!(sessions(server), 0);
        server.signed_in();
    });
}

#[test]
fn sp_184_more_scripts_than_may_wait_are_503_and_write_nothing() {
    on_every_backend_with(impatient, |server| {
        server.bind_action("loop", "for (;;) {}");
        let log_in = || server.browser().submit_login(&server.ask(&[]), EMAIL, PASSWORD);
        let answers: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..4).map(|_| scope.spawn(log_in)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (refused, busy): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 303);
        assert!(!refused.is_empty() && !busy.is_empty(), "{refused:?} {busy:?}");
        for answer in busy {
            assert_eq!(answer.header("retry-after"), Some("1"));
            answer.expect_error_code(503, "temporarily_unavailable");
        }
        assert_eq!(sessions(server), 0);
    });
}

#[test]
fn a_legacy_rule_shapes_tokens_and_denies() {
    on_every_backend(|server| {
        server.add_rule(
            "first",
            "function (user, context, callback) {
               context.idToken['https://example.com/role'] = 'admin';
               context.accessToken.scope = ['openid', 'read:things'];
               if (context.request.query.login_hint === 'deny') return callback(new UnauthorizedError('by a rule'));
               callback(null, user, context);
             }",
        );
        let tokens = server.web_tokens(SCOPE, AUDIENCE);
        assert_eq!(tokens.claims("id_token")["https://example.com/role"], "admin");
        assert_eq!(tokens.claims("access_token")["scope"], "openid read:things");
        let url = server.ask(&[("login_hint", "deny")]);
        let answer = server.browser().submit_login(&url, EMAIL, PASSWORD);
        answer.expect_callback_error(WEB_CALLBACK, "access_denied", "by a rule", STATE);
    });
}

#[test]
fn metadata_is_merged_and_null_deletes() {
    on_every_backend(|server| {
        server.change_user(|user| {
            user.profile.user_metadata.insert("old".to_owned(), json!(1));
            user.profile.user_metadata.insert("gone".to_owned(), json!(1));
        });
        server.bind_action(
            "metadata",
            "api.user.setUserMetadata('new', { a: 1 }); api.user.setUserMetadata('gone', null);
             api.user.setAppMetadata('plan', 'gold');",
        );
        server.web_tokens("openid", "");
        let profile = server.user().profile;
        assert_eq!(Value::Object(profile.user_metadata), json!({ "old": 1, "new": { "a": 1 } }));
        assert_eq!(profile.app_metadata.get("plan"), Some(&json!("gold")));
    });
}

#[test]
fn nothing_is_parked_where_nothing_is_bound() {
    on_every_backend(|server| {
        let code = server.web_code("openid", "");
        let handle = countersign_oauth::HandleHash::of(&code);
        let row = block_on(server.storage.single_use(SingleUseKind::AuthorizationCode, &handle)).unwrap();
        assert_eq!(row.unwrap().payload.get("verdict"), None);
    });
}
