use serde_json::json;

use crate::process::{Process, countersign, run, run_with_input};
use crate::user::Person;

/// A server with the arguments of commands beside it.
struct Beside {
    folder: tempfile::TempDir,
    server: Process,
    data: String,
    email: String,
    password: String,
}

impl Beside {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Process::dev(folder.path(), &[]);
        let data = folder.path().join("data").display().to_string();
        let text = |key: &str| server.ready["users"][0][key].as_str().unwrap().to_owned();
        let (email, password) = (text("email"), text("password"));
        Self { folder, server, data, email, password }
    }

    fn users(&self, arguments: &[&str], input: &str) {
        let command = countersign(&[&["users"], arguments, &["--data", &self.data]].concat());
        let ended = run_with_input(command, input);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }

    fn base(&self) -> String {
        self.server.text("http")
    }
}

#[test]
fn sp_045_a_blocked_users_refresh_token_is_refused_at_the_next_request() {
    let beside = Beside::start();
    let person = Person::sign_in(&beside.server);
    beside.users(&["block", &beside.email], "");
    let refused = person.refresh(&beside.base());
    assert_eq!((refused.status, refused.text("error").as_str()), (403, "invalid_grant"), "{refused:?}");
    let blocked = Person::sign_in_as(&beside.server, &beside.email, &beside.password);
    assert_eq!(blocked.err().as_deref(), Some("user is blocked"));
    beside.users(&["unblock", &beside.email], "");
    Person::sign_in(&beside.server).refresh(&beside.base()).expect(200);
}

#[test]
fn a_new_password_holds_at_the_next_request_and_ends_what_the_old_one_began() {
    let beside = Beside::start();
    let person = Person::sign_in(&beside.server);
    beside.users(&["password", &beside.email], "another password of mine\n");
    let refused = person.refresh(&beside.base());
    assert_eq!((refused.status, refused.text("error").as_str()), (403, "invalid_grant"), "{refused:?}");
    assert!(Person::sign_in_as(&beside.server, &beside.email, &beside.password).is_err());
    assert!(Person::sign_in_as(&beside.server, &beside.email, "another password of mine").is_ok());
}

#[test]
fn a_patch_is_seen_at_the_next_request_and_a_deleted_user_is_nobody() {
    let beside = Beside::start();
    let person = Person::sign_in(&beside.server);
    beside.users(&["patch", &beside.email, "-"], "{\"given_name\": \"Augusta\"}");
    assert_eq!(person.userinfo(&beside.base()).expect(200).text("given_name"), "Augusta");
    beside.users(&["delete", &beside.email], "");
    person.userinfo(&beside.base()).expect(401);
    assert_eq!(person.refresh(&beside.base()).status, 403);
    assert!(Person::sign_in_as(&beside.server, &beside.email, &beside.password).is_err());
}

#[test]
fn users_that_apply_brings_can_log_in_at_the_next_request_and_bring_no_clear_password() {
    let beside = Beside::start();
    let file = beside.folder.path().join("users.json");
    let apply = |user: &serde_json::Value| {
        std::fs::write(&file, json!([user]).to_string()).unwrap();
        run(countersign(&["apply", "--data", &beside.data, "--users", file.to_str().unwrap()]))
    };
    let clear = json!({ "email": "eve@example.com", "password": "a password in clear" });
    let ended = apply(&clear);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("password") && !ended.err.contains("a password in clear"), "{ended:?}");
    // RFC 9106's parameters at their cheapest: argon2id of `password` by the reference implementation.
    let hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let user = json!({
        "email": "grace@example.com",
        "email_verified": true,
        "custom_password_hash": { "algorithm": "argon2", "hash": { "value": hash, "encoding": "utf8" } },
    });
    let ended = apply(&user);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("1 users created, 0 unchanged"), "{ended:?}");
    assert!(Person::sign_in_as(&beside.server, "grace@example.com", "password").is_ok());
    let ended = apply(&user);
    assert!(ended.out.contains("0 users created, 1 unchanged"), "{ended:?}");
}

#[test]
fn in_development_failed_logins_hold_nobody_back() {
    let beside = Beside::start();
    for _ in 0..12 {
        assert!(Person::sign_in_as(&beside.server, &beside.email, "not the password").is_err());
    }
    assert!(Person::sign_in_as(&beside.server, &beside.email, &beside.password).is_ok());
}
