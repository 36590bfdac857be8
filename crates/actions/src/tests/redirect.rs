use countersign_oauth::Seconds;

use super::*;

/// An Action that redirects, and one that hands out what came back.
fn redirecting() -> Bound {
    let code = "exports.onExecutePostLogin = async (event, api) => {
            api.idToken.setCustomClaim('before', 1);
            const token = api.redirect.encodeToken({ secret: 'shared', payload: { state: event.transaction.state, n: 2 },
                expiresInSeconds: 60 });
            api.redirect.sendUserTo('https://my.example/form?a=b#part', { query: { token, 'x y': '&' } });
         };
         exports.onContinuePostLogin = async (event, api) => {
            const claims = api.redirect.validateToken({ secret: 'shared', tokenParameterName: 'token' });
            api.idToken.setCustomClaim('back', [claims.n, event.request.query.answer]);
         };";
    Bound::new("redirecting", "Redirecting", Kind::Action, code)
}

fn second() -> Bound {
    Bound::new(
        "second",
        "Second",
        Kind::Action,
        "exports.onExecutePostLogin = async (event, api) => { api.idToken.setCustomClaim('second', 2) }",
    )
}

/// Sent away with `state`, as the endpoint does.
fn sent() -> (Pending, String) {
    let mut login = login();
    login.transaction.state = Some("drawn".to_owned());
    let verdict = run_all(vec![redirecting(), second()], &login).unwrap();
    assert!(verdict.id_token_claims.get("second").is_none(), "what comes later waits");
    let pending = Pending { state: "drawn".to_owned(), ..verdict.redirect.unwrap() };
    let token = pending.url.split_once("token=").unwrap().1;
    let token = token.split(['&', '#']).next().unwrap().to_owned();
    (pending, token)
}

#[test]
fn a_redirect_carries_what_was_decided_and_goes_on_behind_itself() {
    let (pending, token) = sent();
    assert_eq!(pending.script_id, "redirecting");
    assert!(pending.url.starts_with("https://my.example/form?a=b&token="), "{}", pending.url);
    assert!(pending.url.ends_with("&x%20y=%26#part"), "{}", pending.url);
    assert_eq!(Value::Object(pending.so_far.id_token_claims.clone()), json!({ "before": 1 }));
    let back = returned(pending, json!({ "token": token, "answer": "yes" }));
    let verdict = run_all(vec![redirecting(), second()], &back).unwrap();
    let claims = Value::Object(verdict.id_token_claims);
    assert_eq!(claims, json!({ "before": 1, "back": [2, "yes"], "second": 2 }));
    assert_eq!(verdict.redirect, None);
}

// The secret is one letter: HMAC fills short keys up with zeros (RFC 2104 §2).
#[test]
fn a_token_says_for_whom_and_until_when() {
    let token = claim(
        "api.idToken.setCustomClaim('x', api.redirect.encodeToken({ secret: 's', payload: { sub: 'other', a: 1 } }))",
    );
    let compact = countersign_jose::Compact::parse(token.as_str().unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&compact.payload).unwrap();
    let iat = NOW.seconds();
    assert_eq!(
        claims,
        json!({ "iss": "acme.auth.example.com", "iat": iat, "exp": iat + 900, "ip": "192.0.2.7",
            "sub": testkit::USER_ID, "a": 1 })
    );
}

#[test]
fn a_token_that_comes_back_is_checked() {
    let (pending, token) = sent();
    let run = |login: LoginEvent| refused(run_all(vec![redirecting()], &login)).describe();
    let with = |token: &str| returned(pending.clone(), json!({ "token": token }));
    assert_eq!(run(with("")), "The session token is invalid: it is no JWT");
    assert_eq!(run(returned(pending.clone(), json!({}))), "The session token is invalid: there is none");
    let changed = token.replacen('.', ".A", 1);
    assert!(run(with(&changed)).starts_with("The session token is invalid"));
    let late = LoginEvent { now: NOW.plus(Seconds(60)), ..with(&token) };
    assert_eq!(run(late), "The session token is invalid: it is expired");
    let mut other = with(&token);
    other.user.id = countersign_oauth::UserId::new("auth0|other");
    assert_eq!(run(other), "The session token is invalid: it is for another user");
    let mut stale = with(&token);
    stale.continued.as_mut().unwrap().pending.state = "another".to_owned();
    assert_eq!(
        run(stale),
        "The session token is invalid: State in the token does not match the /continue state."
    );
    let foreign = claim("api.idToken.setCustomClaim('x', api.redirect.encodeToken({ secret: 'other' }))");
    assert_eq!(run(with(foreign.as_str().unwrap())), "The session token is invalid: its signature");
    let none = format!("eyJhbGciOiJub25lIn0.{}.AA", token.split('.').nth(1).unwrap());
    assert_eq!(run(with(&none)), "The session token is invalid: its algorithm is not HS256");
}

#[test]
fn a_return_needs_the_action_that_redirected_and_its_handler() {
    let (pending, token) = sent();
    let back = returned(pending, json!({ "token": token }));
    assert_eq!(refused(run_all(vec![second()], &back)).rule, "actions.gone");
    assert_eq!(refused(run_all(Vec::new(), &back)).rule, "actions.gone");
    let bare = Bound { code: action("").code, ..redirecting() };
    assert_eq!(refused(run_all(vec![bare], &back)).rule, "actions.no_handler");
}

#[test]
fn a_script_can_ask_whether_it_may_redirect() {
    let script = || vec![action("api.idToken.setCustomClaim('x', api.redirect.canRedirect())")];
    assert_eq!(run_all(script(), &login()).unwrap().id_token_claims["x"], true);
    assert_eq!(run_all(script(), &refresh()).unwrap().id_token_claims["x"], false);
}
