use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use countersign_storage_postgres::{PostgresOptions, Tls};

use crate::config::{Config, Database, Environment, Layers, Overrides, print, setting};

/// Reads settings that come from the environment.
fn read(pairs: &[(&str, &str)]) -> Result<Config, crate::Failure> {
    let variables = pairs
        .iter()
        .map(|(key, value)| (format!("COUNTERSIGN_{}", key.to_ascii_uppercase()), (*value).to_owned()));
    Config::read(&Layers::merge(&Overrides::new(), &Environment::of(variables))?)
}

fn postgres(pairs: &[(&str, &str)]) -> PostgresOptions {
    match read(pairs).unwrap().database {
        Some(Database::Postgres(options)) => *options,
        other => panic!("{other:?}"),
    }
}

fn named(pairs: &[(&str, &str)]) -> String {
    let failure = read(pairs).unwrap_err();
    assert!(!failure.to_string().contains("hunter2"), "{failure}");
    failure.setting.unwrap()
}

#[test]
fn a_postgres_url_has_bounded_waits_and_a_verified_host_by_default() {
    let options = postgres(&[("database", "postgres://user@db.example/countersign")]);
    assert_eq!(options.url.expose(), "postgres://user@db.example/countersign");
    assert_eq!(options.pool_size, 10);
    assert_eq!(options.acquire_timeout, Duration::from_secs(2));
    assert_eq!(options.statement_timeout, Duration::from_secs(5));
    assert_eq!(options.tls, Tls::VerifyFull { ca_file: None });
}

#[test]
fn only_this_machine_is_reached_without_tls_unless_told() {
    for here in ["localhost", "localhost:5433", "127.0.0.1", "[::1]:5432", "%2Frun%2Fpostgresql"] {
        let options = postgres(&[("database", &format!("postgres://user@{here}/countersign"))]);
        assert_eq!(options.tls, Tls::Disable, "{here}");
    }
    for there in ["db", "10.0.0.1", "localhost,db", "localhost.example.com"] {
        let options = postgres(&[("database", &format!("postgres://user@{there}/countersign"))]);
        assert_eq!(options.tls, Tls::VerifyFull { ca_file: None }, "{there}");
    }
    let told = |mode: &str| postgres(&[("database", "postgres://user@db/c"), ("database_tls", mode)]).tls;
    assert_eq!((told("disable"), told("prefer"), told("require")), (Tls::Disable, Tls::Prefer, Tls::Require));
    let ca = [("database", "postgres://user@localhost/c"), ("database_tls_ca_file", "/ca.pem")];
    assert_eq!(postgres(&ca).tls, Tls::VerifyFull { ca_file: Some("/ca.pem".into()) });
}

#[test]
fn rp_41_a_setting_of_postgresql_that_cannot_be_is_named() {
    let url = ("database", "postgres://user:hunter2@db/c");
    assert_eq!(named(&[url, ("database_tls", "maybe")]), "database_tls");
    assert_eq!(
        named(&[url, ("database_tls", "require"), ("database_tls_ca_file", "x")]),
        "database_tls_ca_file"
    );
    assert_eq!(named(&[url, ("database_pool_size", "0")]), "database_pool_size");
    assert_eq!(named(&[url, ("database_acquire_timeout_seconds", "x")]), "database_acquire_timeout_seconds");
    assert_eq!(
        named(&[url, ("database_statement_timeout_seconds", "0")]),
        "database_statement_timeout_seconds"
    );
    assert_eq!(named(&[url, ("database_migrate_on_start", "maybe")]), "database_migrate_on_start");
    assert_eq!(named(&[url, ("database_password", "hunter2")]), "database_password");
    assert_eq!(named(&[("database", "postgres:user:hunter2@db")]), "database");
    assert_eq!(named(&[("database", "postgres://db/c"), ("database_password", "hunter2")]), "database");
    assert_eq!(named(&[("database", "mysql://user:hunter2@db/c")]), "database");
}

#[test]
fn sp_186_a_password_is_in_no_command_line_and_nowhere_shown() {
    let url = "postgres://user:hunter2@db/c?application_name=x";
    let flag = Layers::merge(&Overrides::new().with(&setting::DATABASE, Some(url)), &Environment::default());
    let failure = Config::read(&flag.unwrap()).unwrap_err();
    assert!(failure.to_string().contains("database_password_file"), "{failure}");
    assert!(!failure.to_string().contains("hunter2"), "{failure}");
    let environment = Environment::of([("COUNTERSIGN_DATABASE".to_owned(), url.to_owned())]);
    let layers = Layers::merge(&Overrides::new(), &environment).unwrap();
    let config = Config::read(&layers).unwrap();
    let shown = format!("{} {config:?} {}", print(&layers), config.database.as_ref().unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("postgres://user:[redacted]@db/c?application_name=x"), "{shown}");
}

#[test]
fn sp_193_a_password_file_is_private_and_its_text_is_encoded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "a/b:c@d %\n").unwrap();
    let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let text = path.display().to_string();
    let pairs = [("database", "postgres://user@db/c"), ("database_password_file", text.as_str())];
    set(0o640);
    assert_eq!(named(&pairs), "database_password_file");
    set(0o600);
    assert_eq!(postgres(&pairs).url.expose(), "postgres://user:a%2Fb%3Ac%40d%20%25@db/c");
}
