use countersign_oauth::{Seconds, Timestamp};
use countersign_users::{Denial, ScopeEdit};

use super::*;

#[test]
fn ext_156_a_denial_has_its_text_and_ends_the_run() {
    let second = Bound::new("action-2", "Second", Kind::Action, "throw new Error('it ran')");
    let deny = action(
        "api.user.setAppMetadata('n', 1); api.access.deny('not today'); api.user.setAppMetadata('m', 2)",
    );
    let verdict = run_all(vec![deny, second], &login()).unwrap();
    assert_eq!(verdict.denial, Some(Denial { reason: "not today".to_owned(), by_rule: false }));
    // What else the script does counts all the same.
    assert_eq!(Value::Object(verdict.app_metadata), json!({ "n": 1, "m": 2 }));
}

#[test]
fn ext_157_claims_and_scopes_are_set() {
    let verdict = run("api.accessToken.setCustomClaim('https://x/a', { deep: [1, null] })
            .accessToken.addScope('more:things').accessToken.removeScope('read:things');
         api.idToken.setCustomClaim('b', 'text');
         api.idToken.setCustomClaim('c', null);
         api.idToken.setCustomClaim('d', undefined);");
    assert_eq!(
        Value::Object(verdict.access_token_claims.clone()),
        json!({ "https://x/a": { "deep": [1, null] } })
    );
    assert_eq!(Value::Object(verdict.id_token_claims.clone()), json!({ "b": "text", "c": null }));
    let edits = [ScopeEdit::Add(scope("more:things")), ScopeEdit::Remove("read:things".to_owned())];
    assert_eq!(verdict.scopes, edits);
    assert_eq!(verdict.scope(&login().scope), scope("openid more:things"));
}

#[test]
fn a_malformed_argument_throws_and_sets_nothing() {
    for call in [
        "api.accessToken.addScope('a\"b')",
        "api.accessToken.addScope('')",
        "api.accessToken.addScope(7)",
        "api.idToken.setCustomClaim('', 1)",
        "api.idToken.setCustomClaim(undefined, 1)",
        "api.user.setUserMetadata({}, 1)",
        "api.access.deny()",
        "api.session.setExpiresAt('tomorrow')",
        "api.authentication.recordMethod('knock')",
        "api.redirect.sendUserTo('javascript:alert(1)')",
        "api.redirect.sendUserTo('https://x\\r\\nSet-Cookie: a=b')",
        "api.redirect.encodeToken({ payload: {} })",
    ] {
        let verdict = run(&format!(
            "try {{ {call} }} catch (error) {{ api.idToken.setCustomClaim('x', error.message) }}"
        ));
        assert!(verdict.id_token_claims["x"].as_str().unwrap().contains("take"), "{call}: {verdict:?}");
        assert_eq!(
            verdict,
            Verdict { id_token_claims: verdict.id_token_claims.clone(), ..Verdict::default() }
        );
        assert_eq!(failure(call).rule, "actions.failed", "{call}");
    }
}

#[test]
fn metadata_is_set_and_null_deletes_and_later_actions_see_it() {
    let mut login = login();
    login.user.profile.user_metadata = object(json!({ "old": 1, "kept": 2 }));
    let second = Bound::new(
        "action-2",
        "Second",
        Kind::Action,
        "exports.onExecutePostLogin = async (event, api) => {
            api.idToken.setCustomClaim('user', event.user.user_metadata);
            api.idToken.setCustomClaim('app', event.user.app_metadata);
            api.idToken.setCustomClaim('transaction', event.transaction.metadata);
         }",
    );
    let first = action(
        "api.user.setUserMetadata('old', null); api.user.setUserMetadata('new', [3]);
         api.user.setAppMetadata('plan', 'gold'); api.transaction.setMetadata('risk', 'low')",
    );
    let verdict = run_all(vec![first, second], &login).unwrap();
    assert_eq!(Value::Object(verdict.user_metadata), json!({ "old": null, "new": [3] }));
    assert_eq!(Value::Object(verdict.app_metadata), json!({ "plan": "gold" }));
    assert_eq!(Value::Object(verdict.transaction_metadata), json!({ "risk": "low" }));
    assert_eq!(
        Value::Object(verdict.id_token_claims),
        json!({ "user": { "kept": 2, "new": [3] }, "app": { "plan": "gold" }, "transaction": { "risk": "low" } })
    );
}

#[test]
fn a_session_is_ended_or_shortened() {
    let verdict = run("api.session.revoke('stolen', { preserveRefreshTokens: true });
         api.session.setExpiresAt(1767323045678); api.session.setIdleExpiresAt(1767323040000)");
    assert_eq!(verdict.session.revoke.as_deref(), Some("stolen"));
    assert!(verdict.session.preserve_refresh_tokens);
    assert_eq!(verdict.session.expires_at, Some(NOW));
    assert_eq!(verdict.session.idle_expires_at, Some(Timestamp::from_millis(1_767_323_040_000)));

    let without = LoginEvent { session: None, ..login() };
    let error = refused(run_all(vec![action("api.session.revoke('x')")], &without));
    assert_eq!(error.describe(), "session.revoke: there is no session");
}

#[test]
fn a_refresh_token_is_revoked_in_its_exchange_alone() {
    let script = || vec![action("api.refreshToken.revoke('device lost')")];
    let verdict = run_all(script(), &refresh()).unwrap();
    assert_eq!(verdict.revoke_refresh_token.as_deref(), Some("device lost"));
    assert_eq!(refused(run_all(script(), &login())).rule, "actions.failed");
}

#[test]
fn a_method_is_recorded_with_its_time() {
    let verdict = run("api.authentication.recordMethod('https://bank.example/hsm')");
    assert_eq!(verdict.methods, [Method { name: "https://bank.example/hsm".to_owned(), at: NOW }]);
}

#[test]
fn the_cache_is_shared_by_runs_and_nothing_else_is() {
    let engine = engine(options());
    let run = |login: &LoginEvent, body: &str| {
        let verdict = block_on(engine.run_scripts(vec![action(body)], login)).unwrap();
        verdict.id_token_claims.get("x").cloned().unwrap_or_default()
    };
    let put = run(
        &login(),
        "globalThis.left = 1; Object.prototype.left = 1;
         api.idToken.setCustomClaim('x', [api.cache.set('k', 'v', { ttl: 60000 }), api.cache.get('none') ?? null,
            api.cache.set('k', 'v'.repeat(5000))])",
    );
    let expires_at = NOW.plus(Seconds(60)).millis();
    let record = json!({ "value": "v", "expires_at": expires_at });
    let too_long = json!({ "type": "error", "code": "CacheValueSizeExceeded" });
    assert_eq!(put, json!([{ "type": "success", "record": record }, null, too_long]));
    let read =
        "api.idToken.setCustomClaim('x', [api.cache.get('k') ?? null, typeof left, ({}).left ?? null])";
    assert_eq!(run(&login(), read), json!([record, "undefined", null]));
    let later = LoginEvent { now: NOW.plus(Seconds(60)), ..login() };
    assert_eq!(run(&later, read), json!([null, "undefined", null]));
    let delete = "api.idToken.setCustomClaim('x', [api.cache.delete('k').type, api.cache.get('k') ?? null])";
    assert_eq!(run(&login(), delete), json!(["success", null]));
    // A text alone may be kept.
    let error = block_on(engine.run_scripts(vec![action("api.cache.set('k', { a: 1 })")], &login()));
    assert_eq!(refused(error).describe(), "cache.set takes a string");
}

#[test]
fn what_is_not_served_fails_the_transaction_and_names_itself_even_if_caught() {
    for method in [
        "authentication.challengeWith",
        "authentication.challengeWithAny",
        "authentication.enrollWith",
        "authentication.enrollWithAny",
        "authentication.setPrimaryUser",
        "multifactor.enable",
        "prompt.render",
        "roles.getUserEffectiveRoles",
        "groups.getUserGroups",
        "session.setCookieMode",
        "session.setMetadata",
        "refreshToken.setExpiresAt",
        "refreshToken.setMetadata",
        "validation.error",
        "samlResponse.setAudience",
    ] {
        let error =
            failure(&format!("try {{ api.{method}('any') }} catch {{}} api.idToken.setCustomClaim('x', 1)"));
        assert_eq!(error.rule, "actions.not_served");
        assert_eq!(error.describe(), format!("api.{method} is not supported"));
    }
}

#[test]
fn a_handler_is_found_in_module_exports_too_and_an_action_without_one_does_nothing() {
    let code = "module.exports = { onExecutePostLogin(event, api) { api.idToken.setCustomClaim('x', 1) } }";
    let verdict = run_all(vec![Bound::new("a", "A", Kind::Action, code)], &login()).unwrap();
    assert_eq!(verdict.id_token_claims["x"], 1);
    let empty = run_all(vec![Bound::new("a", "A", Kind::Action, "// nothing")], &login()).unwrap();
    assert_eq!(empty, Verdict::default());
}

#[test]
fn code_may_be_as_sloppy_as_it_was() {
    let code = "counter = 040; exports.onExecutePostLogin = (event, api) => { with (api) idToken.setCustomClaim('x', counter) }";
    let verdict = run_all(vec![Bound::new("a", "A", Kind::Action, code)], &login()).unwrap();
    assert_eq!(verdict.id_token_claims["x"], 32);
}

#[test]
fn modules_that_are_allowed_are_required_and_no_others() {
    let modules = [
        (
            "sum",
            "exports.sum = (a, b) => a + b; exports.loaded = (globalThis.loaded = (globalThis.loaded ?? 0) + 1);",
        ),
        ("twice", "const { sum } = require('sum'); module.exports = (a) => sum(a, a);"),
        ("circle", "exports.before = 1; exports.seen = require('circle').before;"),
        ("broken", "this is no JavaScript"),
    ];
    let modules = modules.map(|(name, source)| (name.to_owned(), source.to_owned())).into();
    let engine = engine(ActionsOptions { modules, ..options() });
    let run = |body: &str| block_on(engine.run_scripts(vec![action(body)], &login()));
    let body = "const again = require('sum'); api.idToken.setCustomClaim('x',
        [require('twice')(3), require('sum').loaded, again === require('sum'), require('circle').seen])";
    for _ in 0..2 {
        assert_eq!(run(body).unwrap().id_token_claims["x"], json!([6, 1, true, 1]));
    }
    assert_eq!(refused(run("require('fs')")).describe(), "require: 'fs' is not among actions_modules");
    assert_eq!(refused(run("require('broken')")).rule, "actions.failed");
    assert_eq!(failure("require('sum')").describe(), "require: 'sum' is not among actions_modules");
}

#[test]
fn sp_184_nothing_of_the_machine_is_in_reach() {
    let names =
        "['process', 'Deno', 'std', 'os', 'setTimeout', 'XMLHttpRequest', 'WebAssembly', 'Worker', 'global',
         'navigator', 'host']";
    assert_eq!(
        claim(&format!("api.idToken.setCustomClaim('x', {names}.filter((name) => name in globalThis))")),
        json!([])
    );
    assert_eq!(failure("await import('fs')").rule, "actions.failed");
}

#[test]
fn what_a_script_breaks_is_broken_for_itself_alone() {
    let body = "JSON.stringify = () => 'null'; Promise.prototype.then = null; Array.prototype.map = null;
         String = null; Object.prototype.toJSON = () => 'no'; Function.prototype.call = null;";
    let _ = run_all(vec![action(body)], &login());
    assert_eq!(claim("api.idToken.setCustomClaim('x', { a: 1 })"), json!({ "a": 1 }));
}
