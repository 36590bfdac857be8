use std::os::unix::fs::PermissionsExt as _;

use crate::database::Postgres;
use crate::http::{Client, Request};
use crate::process::{Ended, Process, countersign, run};

fn migrate(command: &str, store: &[&str]) -> Ended {
    run(countersign(&[&["migrate", command], store].concat()))
}

/// Plans, applies and checks a database that has nothing in it.
fn from_nothing_to_up_to_date(store: &[&str], names: &[&str]) {
    let (count, applied) = (
        names.len(),
        (1..).zip(names).map(|(number, name)| format!("applied {number}: {name}\n")).collect::<String>(),
    );
    let ended = migrate("check", store);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(4), format!("the schema lacks {count} of the migrations\n").as_str()),
        "{ended:?}"
    );
    let plan = migrate("plan", store);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    assert!(plan.out.contains(&format!(" lacks {count} of the migrations\n\n-- 1: initial\n")), "{plan:?}");
    assert!(plan.out.contains("CREATE TABLE users ("), "{plan:?}");
    assert_eq!(migrate("plan", store).out, plan.out, "planning changes nothing");
    assert_eq!(migrate("apply", store).out, applied);
    assert_eq!(migrate("apply", store).out, "the schema was up to date\n");
    assert!(migrate("plan", store).out.ends_with(" is up to date\n"));
    let ended = migrate("check", store);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "the schema is up to date\n"));
}

#[test]
fn a_schema_is_planned_applied_and_checked_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    from_nothing_to_up_to_date(&["--database", &url], &["initial", "published keys", "users from elsewhere"]);
}

#[test]
fn rp_35_a_schema_is_planned_applied_and_checked_on_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::make_empty(folder.path());
    from_nothing_to_up_to_date(&postgres.options(), &["initial", "users from elsewhere"]);
    let later = "INSERT INTO schema_migrations (number, name, checksum) VALUES (9, 'later', '')";
    postgres.database.execute(later);
    let ended = migrate("check", &postgres.options());
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("countersign: database: ") && ended.err.contains("number 9"), "{ended:?}");
    postgres.database.execute("DELETE FROM schema_migrations WHERE number = 9");
    postgres.database.execute("UPDATE schema_migrations SET checksum = 'x'");
    assert_eq!(migrate("apply", &postgres.options()).code, Some(1), "an altered schema is left alone");
}

#[test]
fn rp_41_serve_refuses_a_schema_that_is_not_migrated_unless_it_may_migrate() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::make_empty(folder.path());
    let key = folder.path().join("data.key");
    std::fs::write(&key, "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (domain, listen) = (format!("http://localhost:{port}/"), format!("127.0.0.1:{port}"));
    let serve = |more: &[&str]| {
        let mut command = countersign(&["serve", "--domains", &domain, "--listen-http", &listen]);
        command.args(["--data-key-file", key.to_str().unwrap(), "--drain-notice-seconds", "0"]);
        command.args(postgres.options()).args(more);
        command
    };
    let ended = run(serve(&[]));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.starts_with("countersign: database: "), "{ended:?}");
    assert!(ended.err.contains("`countersign migrate apply`"), "{ended:?}");
    let mut server = Process::start_logged(serve(&["--database-migrate-on-start"]), "serving");
    let other = tempfile::tempdir().unwrap();
    let client: Client = Process::dev(other.path(), &[]).client();
    let ready = client.send(&Request::get(format!("{domain}readyz")));
    assert_eq!(ready.status, 200, "{ready:?}");
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    let mut server = Process::start_logged(serve(&[]), "serving");
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_database_is_reached_by_tls_alone_if_its_certificate_is_from_the_authority_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::make(folder.path());
    let variable = "COUNTERSIGN_TEST_POSTGRES_CA";
    let ca =
        std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run `cargo xtask test`"));
    let check = |mode: &[&str]| migrate("check", &[&postgres.options(), mode].concat());
    for mode in ["disable", "prefer", "require"] {
        assert_eq!(check(&["--database-tls", mode]).code, Some(0), "{mode}");
    }
    assert_eq!(check(&["--database-tls", "verify-full", "--database-tls-ca-file", &ca]).code, Some(0));
    // The system does not know the authority.
    let ended = check(&["--database-tls", "verify-full"]);
    assert!(ended.code == Some(1) && ended.err.contains("cannot connect: "), "{ended:?}");
    // Another authority.
    let other = folder.path().join("dev");
    std::fs::create_dir(&other).unwrap();
    let other = Process::dev(&other, &[]).text("ca_file");
    let ended = check(&["--database-tls", "verify-full", "--database-tls-ca-file", &other]);
    assert!(ended.code == Some(1) && ended.err.contains("cannot connect: "), "{ended:?}");
    // The right authority, and a host that the certificate does not name.
    let url = postgres.url.replace("localhost", "localhost.localdomain");
    if url != postgres.url {
        let store = ["--database", &url, "--database-password-file", &postgres.password_file];
        let mode = ["--database-tls", "verify-full", "--database-tls-ca-file", &ca];
        assert_eq!(migrate("check", &[store, mode].concat()).code, Some(1));
    }
    let password = std::fs::read_to_string(&postgres.password_file).unwrap();
    assert!(!ended.err.contains(&password));
}
