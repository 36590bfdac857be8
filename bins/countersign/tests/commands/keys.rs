use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::Request;
use crate::process::{Process, countersign, run};
use crate::user::Person;

/// The ids that a running server publishes.
fn published(server: &Process) -> Vec<String> {
    let url = format!("{}/.well-known/jwks.json", server.text("https"));
    let answer: Value = server.client().send(&Request::get(url)).expect(200).json();
    answer["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Promised are ten seconds; the machine that tests may have other work.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn rp_24_a_running_server_follows_a_rotation_and_a_revocation_by_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &[]);
    let data = folder.path().join("data").display().to_string();
    let keys = |arguments: &[&str]| run(countersign(&[&["keys"], arguments, &["--data", &data]].concat()));
    let listed = || {
        let ended = keys(&["list"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out
    };
    let current = || {
        let list = listed();
        let line = list.lines().find(|line| line.contains(" RS256 current ")).unwrap();
        line.split(' ').next().unwrap().to_owned()
    };
    wait_until("the next keys are made", || published(&server).len() == 2);
    let person = Person::sign_in(&server);
    let userinfo = || {
        let request = Request::get(format!("{}/userinfo", server.text("http")));
        let bearer = format!("Bearer {}", person.access_token);
        server.client().send(&request.header("authorization", &bearer)).status
    };

    let first = current();
    let early = keys(&["rotate"]);
    assert!(early.code == Some(1) && early.err.contains("published too short a time"), "{early:?}");
    assert_eq!(current(), first);
    let rotated = keys(&["rotate", "--force"]);
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    assert!(rotated.out.contains(&format!("{first} stays published")), "{rotated:?}");
    wait_until("three keys are published", || published(&server).len() == 3);
    assert_ne!(current(), first);

    let in_use = keys(&["revoke", &first]);
    assert!(in_use.code == Some(1) && in_use.err.contains("may be valid until"), "{in_use:?}");
    assert_eq!(keys(&["revoke", &first, "--force"]).code, Some(0));
    wait_until("the revoked key is gone", || !published(&server).contains(&first));
    // The sample tenant's login is for userinfo alone: an opaque token, under no key.
    assert_eq!(userinfo(), 200);
    let unknown = keys(&["revoke", &first]);
    assert!(unknown.code == Some(1) && unknown.err.contains("there is no such key"), "{unknown:?}");
}
