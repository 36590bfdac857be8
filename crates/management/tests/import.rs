//! Auth0's bulk import: who comes in, who is left, and what is wrong with the rest.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use countersign_management::{
    ImportError, ImportOptions, ImportOutcome, ImportReport, Problem, first_database, import_users,
};
use countersign_storage::{Listing, Users};
use countersign_testkit::block_on;
use countersign_users::PasswordHasher;
use support::{Desk, PlainHasher};

const DEV: ImportOptions = ImportOptions { allow_clear_password: true, allow_unenforced: false };

fn desk() -> Desk {
    Desk::with("databases: [{name: db}, {name: other}]")
}

fn import(desk: &Desk, json: &str, options: ImportOptions) -> ImportReport {
    let connection = block_on(first_database(&desk.storage)).unwrap().unwrap();
    assert_eq!(connection.name, "db");
    block_on(import_users(json, &connection, options, &PlainHasher, &desk.admin())).unwrap()
}

/// What is wrong with the one user of a file.
fn failure(json: &str, options: ImportOptions) -> Vec<String> {
    let report = import(&desk(), json, options);
    match &report.users[0].outcome {
        ImportOutcome::Failed(problems) => problems.iter().map(Problem::to_string).collect(),
        other => panic!("{json}: {other:?}"),
    }
}

#[test]
fn users_of_auth0s_bulk_import_come_in() {
    let desk = desk();
    let json = r#"[
      {
        "user_id": "64f0c2d90000000000000042",
        "email": "Jane@Example.com ",
        "email_verified": true,
        "username": "jane",
        "given_name": "Jane", "family_name": "Doe", "name": "Jane Doe",
        "picture": "https://example.com/jane.png",
        "blocked": true,
        "user_metadata": {"theme": "dark"},
        "app_metadata": {"plan": "pro"},
        "custom_password_hash": {
          "algorithm": "argon2",
          "hash": {"value": "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g", "encoding": "utf8"}
        }
      },
      {"email": "john@example.com", "password": "a clear password"}
    ]"#;
    let report = import(&desk, json, DEV);
    assert!(report.users.iter().all(|user| user.outcome == ImportOutcome::Inserted), "{report:?}");

    let jane = desk.user("auth0|64f0c2d90000000000000042").unwrap();
    assert_eq!((jane.email.as_deref(), jane.username.as_deref()), (Some("jane@example.com"), Some("jane")));
    assert!(jane.email_verified && jane.blocked);
    assert_eq!(jane.profile.claims["name"], "Jane Doe");
    assert_eq!(jane.profile.claims["nickname"], "jane");
    assert_eq!(
        (jane.profile.user_metadata["theme"].clone(), jane.profile.app_metadata["plan"].clone()),
        ("dark".into(), "pro".into())
    );
    assert!(jane.password.unwrap().as_str().starts_with("$argon2id$"));
    assert_eq!(jane.identities[0].provider_user_id, "64f0c2d90000000000000042");

    let id = report.users[1].user_id.clone().unwrap();
    let own = id.as_str().strip_prefix("auth0|").unwrap();
    assert!(own.len() == 24 && own.bytes().all(|b| b.is_ascii_hexdigit()));
    let john = desk.user(id.as_str()).unwrap();
    assert_eq!(
        (&john.profile.claims["name"], &john.profile.claims["nickname"]),
        (&"john@example.com".into(), &"john".into())
    );
    assert!(!john.profile.claims.contains_key("picture") && !john.email_verified);
    assert_eq!(john.password.unwrap().as_str(), "plain:a clear password");
    assert!(!format!("{report:?}").contains("a clear password"));
}

#[test]
fn an_existing_user_is_left_as_he_is() {
    let desk = desk();
    import(
        &desk,
        r#"[{"user_id": "one", "email": "a@a.test", "username": "ann", "password": "first password"}]"#,
        DEV,
    );
    let before = desk.user("auth0|one").unwrap();
    let log = desk.log().len();
    for json in [
        r#"[{"user_id": "one", "email": "b@a.test"}]"#,
        r#"[{"user_id": "auth0|one", "email": "b@a.test"}]"#,
        r#"[{"email": "A@A.test", "password": "second password"}]"#,
        r#"[{"email": "c@a.test", "username": "ANN"}]"#,
    ] {
        let report = import(&desk, json, DEV);
        assert_eq!(report.users[0].outcome, ImportOutcome::Unchanged, "{json}");
        assert_eq!(report.users[0].user_id.as_ref().unwrap().as_str(), "auth0|one");
        assert_eq!(report.users[0].password, None, "not his password");
    }
    assert_eq!(desk.user("auth0|one").unwrap(), before);
    assert_eq!(desk.log().len(), log);
    let report = import(&desk, r#"[{"email": "a@a.test", "password": "first password"}]"#, DEV);
    assert_eq!(report.users[0].password.as_ref().unwrap().expose(), "first password");
    assert_eq!(block_on(desk.storage.users(10)).unwrap().len(), 1);
}

#[test]
fn one_who_cannot_be_taken_fails_alone_with_all_that_is_wrong() {
    let desk = desk();
    let json = "[\n  {\"email\": \"a@a.test\"},\n  {\n    \"email\": \"nonsense\",\n    \"emial\": 1,\n    \"blocked\": \"yes\",\n    \"password_hash\": \"$2b$10$x\"\n  },\n  {\"email\": \"c@a.test\"}\n]";
    let report = import(&desk, json, ImportOptions::default());
    assert_eq!(report.users[0].outcome, ImportOutcome::Inserted);
    assert_eq!(report.users[2].outcome, ImportOutcome::Inserted);
    let ImportOutcome::Failed(problems) = &report.users[1].outcome else { panic!() };
    let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        problems,
        [
            "line 4: [1].email must be an e-mail address",
            "line 5: [1].emial is no key that Auth0 or Countersign knows",
            "line 6: [1].blocked must be true or false and is text",
            "line 7: [1].password_hash must be a bcrypt hash, $2a$, $2b$ or $2y$, of a cost between 4 and 12",
        ]
    );
    assert_eq!(block_on(desk.storage.users(10)).unwrap().len(), 2);
}

#[test]
fn what_a_user_may_not_have_is_refused() {
    let cases = [
        (r#"[{"name": "Nobody"}]"#, "has neither email nor username"),
        (r#"[{"email": "a@a.test", "user_id": "google-oauth2|1"}]"#, "must be an id of a database"),
        (r#"[{"username": "a@a.test"}]"#, "without spaces and @"),
        (r#"[{"email": "a b@a.test"}]"#, "must be an e-mail address"),
        (r#"[{"email": "a@b@a.test"}]"#, "must be an e-mail address"),
        (r#"[{"email": "a@a.test", "picture": "javascript:x"}]"#, "has a scheme that is never allowed"),
        (r#"[{"email": "a@a.test", "app_metadata": []}]"#, "must be an object and is a list"),
        (r#"[{"email": "a@a.test", "app_metadata": {"user_id": 1}}]"#, "may not have the key user_id"),
        (r#"[{"email": "a@a.test", "app_metadata": {"countersign_sample": true}}]"#, "may not have the key"),
        (r#"[{"email": "a@a.test", "mfa_factors": [{"totp": {"secret": "x"}}]}]"#, "is not enforced yet"),
        (r#"[{"email": "a@a.test", "password": ""}]"#, "must not be empty"),
        (r#"[{"email": "a@a.test", "email": "b@a.test"}]"#, "stands twice"),
        ("[1]", "must be an object and is a number"),
    ];
    for (json, wanted) in cases {
        let problems = failure(json, DEV);
        assert!(problems.len() == 1 && problems[0].contains(wanted), "{json}: {problems:?}");
    }
}

#[test]
fn sp_176_read_only_and_foreign_keys_are_refused() {
    for key in [
        "created_at",
        "identities",
        "last_login",
        "logins_count",
        "tenant",
        "roles",
        "epoch",
        "connection_id",
    ] {
        let problems = failure(&format!(r#"[{{"email": "a@a.test", "{key}": 1}}]"#), DEV);
        assert!(problems[0].contains("no key that"), "{key}: {problems:?}");
    }
}

#[test]
fn a_clear_password_is_for_development_alone() {
    let problems = failure(r#"[{"email": "a@a.test", "password": "clear"}]"#, ImportOptions::default());
    assert!(problems[0].contains("only the development server"), "{problems:?}");
    assert!(!problems[0].contains("clear\""));
}

#[test]
fn sp_111_a_password_over_the_limit_is_refused_before_hashing() {
    let json = format!(r#"[{{"email": "a@a.test", "password": "{}"}}]"#, "x".repeat(1025));
    assert!(failure(&json, DEV)[0].contains("at most 1024 bytes"));
    let json = format!(r#"[{{"email": "a@a.test", "password": "{}"}}]"#, "x".repeat(1024));
    assert_eq!(import(&desk(), &json, DEV).users[0].outcome, ImportOutcome::Inserted);
}

#[test]
fn sp_118_a_hash_with_planted_cost_is_refused() {
    let hash =
        "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
    let json = format!(
        r#"[{{"email": "a@a.test", "custom_password_hash": {{"algorithm": "argon2", "hash": {{"value": "{hash}"}}}}}}]"#
    );
    assert!(failure(&json, DEV)[0].contains("at most m=65536"));
}

#[test]
fn second_factors_are_lost_only_where_that_is_allowed() {
    let json = r#"[{"email": "a@a.test", "mfa_factors": [{"email": {"value": "a@a.test"}}]}]"#;
    let report = import(&desk(), json, ImportOptions { allow_unenforced: true, ..DEV });
    assert_eq!(report.users[0].outcome, ImportOutcome::Inserted);
    assert!(report.warnings[0].message.contains("is not enforced"));
}

#[test]
fn a_user_stands_once_in_a_file() {
    let desk = desk();
    let json = r#"[{"email": "a@a.test", "username": "ann"}, {"email": "A@a.test"}, {"email": "b@a.test", "username": "Ann"}]"#;
    let report = import(&desk, json, DEV);
    for user in &report.users[1..] {
        let ImportOutcome::Failed(problems) = &user.outcome else { panic!("{user:?}") };
        assert!(problems[0].message.contains("is the same as that of [0]"));
    }
}

#[test]
fn what_is_no_list_of_users_is_unreadable() {
    let desk = desk();
    let connection = block_on(first_database(&desk.storage)).unwrap().unwrap();
    for json in ["{}", "[1,", "", "null"] {
        let result = block_on(import_users(json, &connection, DEV, &PlainHasher, &desk.admin()));
        assert!(matches!(result, Err(ImportError::Unreadable(_))), "{json}");
    }
}

#[test]
fn the_same_address_may_be_in_two_connections() {
    let desk = desk();
    import(&desk, r#"[{"email": "a@a.test"}]"#, DEV);
    let other = {
        use countersign_storage::Connections;
        block_on(desk.storage.connections()).unwrap().into_iter().find(|c| c.name == "other").unwrap()
    };
    let report =
        block_on(import_users(r#"[{"email": "a@a.test"}]"#, &other, DEV, &PlainHasher, &desk.admin()))
            .unwrap();
    assert_eq!(report.users[0].outcome, ImportOutcome::Inserted);
    assert!(block_on(desk.storage.user_by_identifier(&other.id, "a@a.test")).unwrap().is_some());
}

/// A hasher during whose work somebody else makes the same user.
struct Racing<'a>(&'a Desk);

impl PasswordHasher for Racing<'_> {
    fn hash<'a>(
        &'a self,
        password: &'a countersign_oauth::Secret<String>,
    ) -> countersign_oauth::BoxFuture<'a, Result<countersign_storage::PasswordHash, countersign_oauth::Fault>>
    {
        let report = import(self.0, r#"[{"email": "a@a.test", "name": "Theirs"}]"#, DEV);
        assert_eq!(report.users[0].outcome, ImportOutcome::Inserted);
        Box::pin(async move { PlainHasher.hash(password).await })
    }

    fn verify<'a>(
        &'a self,
        _: &'a countersign_oauth::Secret<String>,
        _: Option<&'a countersign_storage::PasswordHash>,
    ) -> countersign_oauth::BoxFuture<'a, Result<countersign_users::Verification, countersign_oauth::Fault>>
    {
        Box::pin(async { Ok(countersign_users::Verification::Wrong) })
    }
}

#[test]
fn a_user_made_meanwhile_is_left_as_he_is() {
    let desk = desk();
    let connection = block_on(first_database(&desk.storage)).unwrap().unwrap();
    let json = r#"[{"email": "a@a.test", "name": "Ours", "password": "our password"}]"#;
    let report = block_on(import_users(json, &connection, DEV, &Racing(&desk), &desk.admin())).unwrap();
    assert_eq!(report.users[0].outcome, ImportOutcome::Unchanged);
    let users = block_on(desk.storage.users(10)).unwrap();
    assert_eq!((users.len(), &users[0].profile.claims["name"]), (1, &"Theirs".into()));
}
