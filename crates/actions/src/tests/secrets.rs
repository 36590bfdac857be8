use super::*;

const CANARY: &str = "canary-8f14e45fceea167a";

fn with_canary(body: &str) -> Bound {
    let json = json!({ "KEY": CANARY }).to_string();
    action(body).with_secrets(json.into_bytes()).unwrap()
}

#[test]
fn a_script_reads_its_own_secrets_and_no_others() {
    let second = Bound::new(
        "action-2",
        "Second",
        Kind::Action,
        "exports.onExecutePostLogin = async (event, api) => { api.idToken.setCustomClaim('y', Object.keys(event.secrets)) }",
    );
    let first = with_canary("api.idToken.setCustomClaim('x', event.secrets.KEY.length)");
    let verdict = run_all(vec![first, second], &login()).unwrap();
    assert_eq!(Value::Object(verdict.id_token_claims), json!({ "x": CANARY.len(), "y": [] }));
}

#[test]
fn sp_184_a_secret_is_in_no_error_and_no_denial() {
    for body in [
        "throw new Error(`GET https://x/?key=${event.secrets.KEY} failed`)",
        "throw event.secrets.KEY",
        "throw event.secrets",
        "throw event",
        "throw new Error(JSON.stringify(event))",
        "null[event.secrets.KEY]",
        "fetch = null; require(event.secrets.KEY)",
        "await fetch(`https://${event.secrets.KEY}/`)",
    ] {
        let error = refused(run_all(vec![with_canary(body)], &login()));
        assert!(!format!("{error:?} {}", error.describe()).contains(CANARY), "{body}: {error:?}");
    }
    let verdict = run_all(vec![with_canary("api.access.deny(event.secrets.KEY)")], &login()).unwrap();
    assert!(!verdict.denial.unwrap().reason.contains(CANARY));
}

#[test]
fn what_is_printed_is_bounded_and_has_no_secret() {
    use crate::host::{Facts, Host, Shared};
    let ActionsParts { keys, http, spawn, .. } = parts(Arc::new(FakeHttp::default()));
    let shared = Shared { keys, http, spawn, allowed_hosts: Vec::new(), store: Default::default() };
    let deadline = crate::deadline::Deadline::after(Duration::from_secs(1));
    let mut host = Host::new(Arc::new(shared), Facts::of(&login()), deadline, Verdict::default());
    host.begin(&with_canary(""));
    for text in ["one", "two", CANARY, &"x".repeat(1000)] {
        host.call("console", &json!([text]).to_string()).unwrap();
    }
    assert!(host.printed.starts_with("one | two | "), "{}", host.printed);
    assert!(!host.printed.contains(CANARY));
    assert_eq!(host.printed.chars().count(), 256);
}
