use countersign_users::{Denial, ScopeEdit};

use super::*;

#[test]
fn a_rule_sets_claims_and_scopes_in_its_context() {
    let code = "function addThings(user, context, callback) {
            context.idToken['https://x/name'] = user.name;
            context.accessToken['https://x/plan'] = context.clientName;
            context.accessToken.scope = ['openid', 'read:more'];
            callback(null, user, context);
         };";
    let verdict = run_all(vec![rule(code)], &login()).unwrap();
    assert_eq!(Value::Object(verdict.id_token_claims), json!({ "https://x/name": "Jane Doe" }));
    assert_eq!(Value::Object(verdict.access_token_claims), json!({ "https://x/plan": "Test application" }));
    assert_eq!(verdict.scopes, [ScopeEdit::Set(scope("openid read:more"))]);
}

#[test]
fn the_context_has_every_member() {
    let code = "(user, context, callback) => { context.idToken.context = JSON.parse(JSON.stringify(context));
         context.idToken.user = user; callback(null, user, context) }";
    let claims = run_all(vec![rule(code)], &login()).unwrap().id_token_claims;
    let context = &claims["context"];
    assert_eq!(context["tenant"], "acme");
    assert_eq!(
        (&context["clientID"], &context["clientName"]),
        (&json!("test-client"), &json!("Test application"))
    );
    assert_eq!(context["connectionStrategy"], "auth0");
    assert_eq!(context["protocol"], "oidc-basic-profile");
    assert_eq!(context["stats"], json!({ "loginsCount": 0 }));
    assert_eq!(context["sessionID"], "test-session");
    assert_eq!(context["request"]["userAgent"], "tests/1.0");
    assert_eq!(context["primaryUser"], testkit::USER_ID);
    assert_eq!(context["authentication"]["methods"][0]["name"], "pwd");
    assert_eq!(claims["user"]["user_id"], testkit::USER_ID);
}

#[test]
fn rules_come_before_actions_and_hand_on_what_they_changed() {
    let first = rule(
        "function (user, context, callback) { user.seen = 1; context.idToken.a = 1; callback(null, user, context); }",
    );
    let second = Bound::new(
        "rule-2",
        "Second",
        Kind::Rule,
        "async function (user, context, callback) { context.idToken.a += user.seen; return callback(null, user, context); }",
    );
    let last = action(
        "api.idToken.setCustomClaim('ran', [api.rules.wasExecuted('rule-2'), api.rules.wasExecuted('no')])",
    );
    let verdict = run_all(vec![last, first, second], &login()).unwrap();
    assert_eq!(Value::Object(verdict.id_token_claims), json!({ "a": 2, "ran": [true, false] }));
}

#[test]
fn an_unauthorized_error_denies_and_another_one_fails() {
    let later = Bound::new("rule-2", "Second", Kind::Rule, "function () { throw new Error('it ran') }");
    let deny =
        rule("function (user, context, callback) { callback(new UnauthorizedError('closed on sundays')) }");
    let verdict = run_all(vec![deny, later, action("throw new Error('it ran')")], &login()).unwrap();
    assert_eq!(verdict.denial, Some(Denial { reason: "closed on sundays".to_owned(), by_rule: true }));
    for code in [
        "function (user, context, callback) { callback(new Error('broken')) }",
        "function (user, context, callback) { throw new Error('broken') }",
        "async function (user, context, callback) { throw new Error('broken') }",
    ] {
        assert_eq!(refused(run_all(vec![rule(code)], &login())).describe(), "broken", "{code}");
    }
    let silent = refused(run_all(vec![rule("function (user, context, callback) {}")], &login()));
    assert_eq!(silent.rule, "actions.never_settled");
}

#[test]
fn a_rule_reads_its_configuration() {
    let code = "function (user, context, callback) { context.idToken.x = configuration.REGION; callback(null, user, context); }";
    let rule = rule(code).with_secrets(br#"{"REGION":"eu"}"#.to_vec()).unwrap();
    assert_eq!(run_all(vec![rule], &login()).unwrap().id_token_claims["x"], "eu");
}

#[test]
fn a_rule_redirects_and_runs_again_at_the_return() {
    let code = "function (user, context, callback) {
            if (context.protocol === 'redirect-callback') context.idToken.back = context.request.query.answer;
            else context.redirect = { url: 'https://my.example/form' };
            callback(null, user, context);
         }";
    let ran_too = || {
        Bound::new(
            "rule-2",
            "Second",
            Kind::Rule,
            "function (user, context, callback) { context.idToken.n = 1; callback(null, user, context) }",
        )
    };
    let verdict =
        run_all(vec![rule(code), ran_too(), action("throw new Error('it ran')")], &login()).unwrap();
    let pending = verdict.redirect.unwrap();
    assert_eq!((pending.script_id.as_str(), pending.url.as_str()), ("rule-1", "https://my.example/form"));
    let back = returned(pending, json!({ "answer": "yes" }));
    let verdict =
        run_all(vec![rule(code), ran_too(), action("api.idToken.setCustomClaim('action', 1)")], &back)
            .unwrap();
    assert_eq!(Value::Object(verdict.id_token_claims), json!({ "back": "yes", "n": 1, "action": 1 }));
    assert_eq!(verdict.redirect, None);
}

#[test]
fn what_a_rule_is_not_served_names_itself() {
    for (what, name) in [
        ("context.multifactor = { provider: 'any' }", "context.multifactor"),
        ("context.primaryUser = 'auth0|other'", "context.primaryUser"),
        (
            "try { auth0.users.updateUserMetadata(user.user_id, {}) } catch (e) {}",
            "auth0.users.updateUserMetadata",
        ),
        ("auth0.users.updateAppMetadata(user.user_id, {})", "auth0.users.updateAppMetadata"),
    ] {
        let code = format!("function (user, context, callback) {{ {what}; callback(null, user, context); }}");
        let error = refused(run_all(vec![rule(&code)], &login()));
        assert_eq!(
            (error.rule, error.describe()),
            ("actions.not_served", format!("{name} is not supported"))
        );
    }
}
