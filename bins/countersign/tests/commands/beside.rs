use serde_json::Value;

use crate::http::Request;
use crate::process::{Process, countersign, run, run_with_input};

#[test]
fn a_running_server_sees_what_apply_adds_and_narrows_at_its_next_request() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &[]);
    let data = folder.path().join("data").display().to_string();
    let path = folder.path().join("more.yaml");
    let apply = |yaml: &str| {
        std::fs::write(&path, yaml).unwrap();
        let ended = run(countersign(&["apply", "--data", &data, "--tenant", path.to_str().unwrap()]));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out
    };
    let secret = "a-secret-of-the-robot-that-is-long-enough-0123456789";
    let yaml = format!(
        "resourceServers:\n  - {{ name: Robots, identifier: 'https://robots.example' }}\n\
         clients:\n  - {{ name: Robot, client_id: robot, client_secret: {secret}, app_type: non_interactive, \
         grant_types: [client_credentials] }}\n\
         clientGrants:\n  - {{ client_id: Robot, audience: 'https://robots.example', scope: [] }}\n"
    );
    let token = || {
        server.client().send(&Request::post_form(
            format!("{}/oauth/token", server.text("https")),
            &[
                ("grant_type", "client_credentials"),
                ("client_id", "robot"),
                ("client_secret", secret),
                ("audience", "https://robots.example"),
            ],
        ))
    };
    assert_eq!(token().text("error_description"), "Unknown client: robot");
    assert!(apply(&yaml).contains("created client Robot client_id=robot"));
    token().expect(200);
    assert!(apply(&yaml).contains("0 objects changed"));
    apply("clients:\n  - { name: Robot, client_id: robot, grant_types: [] }\n");
    assert_eq!(token().text("error"), "unauthorized_client");
}

#[test]
fn users_are_looked_after_by_id_or_address() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &[]);
    let data = folder.path().join("data").display().to_string();
    let email = server.ready["users"][0]["email"].as_str().unwrap().to_owned();
    let id = server.ready["users"][0]["user_id"].as_str().unwrap().to_owned();
    let users = |arguments: &[&str]| {
        let ended = run(countersign(&[&["users"], arguments, &["--data", &data]].concat()));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out
    };
    let shown = || serde_json::from_str::<Value>(&users(&["show", &email])).unwrap();
    assert_eq!(shown()["user_id"], id);
    users(&["block", &email]);
    assert_eq!(shown()["blocked"], true);
    users(&["unblock", &id]);
    assert!(shown().get("blocked").is_none());
    users(&["patch", &email, r#"{"given_name":"Augusta"}"#]);
    assert_eq!(shown()["given_name"], "Augusta");
    let set = countersign(&["users", "password", &email, "--password-stdin", "--data", &data]);
    assert_eq!(run_with_input(set, "another password\n").code, Some(0));
    let empty = countersign(&["users", "password", &email, "--data", &data]);
    let ended = run_with_input(empty, "\n");
    assert!(ended.code == Some(1) && ended.err.contains("password must not be empty"), "{ended:?}");
    drop(server);
    // The password that was known in clear is not the user's any more, so it is not shown.
    assert_eq!(Process::dev(folder.path(), &[]).ready["users"][0]["password"], Value::Null);
    users(&["delete", &email]);
    let ended = run(countersign(&["users", "show", &email, "--data", &data]));
    assert!(ended.code == Some(1) && ended.err.contains("no such user"), "{ended:?}");
}

#[test]
fn a_store_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("nothing").display().to_string();
    let ended = run(countersign(&["users", "show", "--data", &data]));
    assert!(ended.code == Some(1) && ended.err.contains("--data: no server was started there"), "{ended:?}");
    let mut command = countersign(&["users", "show"]);
    command.current_dir(folder.path());
    let ended = run(command);
    assert!(ended.code == Some(1) && ended.err.contains("database: is missing"), "{ended:?}");
}
