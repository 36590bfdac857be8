use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::database::Postgres;
use crate::process::{Ended, Process, countersign, run};
use crate::user::Person;

fn copy(arguments: &[&str]) -> Ended {
    run(countersign(&[&["copy"], arguments].concat()))
}

/// A server of the folder's tenant over any database, at one address all the time.
fn start(folder: &Path, port: u16, store: &[&str]) -> Process {
    let port = port.to_string();
    Process::dev(folder, &[&["--http-port", &port, "--https-port", "0"], store].concat())
}

fn stop(mut server: Process) {
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_login_goes_on_after_its_tenant_moved_to_postgresql_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::make(folder.path());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = start(folder.path(), port, &[]);
    let base = server.text("http");
    let email = server.ready["users"][0]["email"].as_str().unwrap().to_owned();
    let password = server.ready["users"][0]["password"].as_str().unwrap().to_owned();
    let mut person = Person::sign_in(&server);
    let keys = server.client().send(&crate::http::Request::get(format!("{base}/.well-known/jwks.json")));
    stop(server);

    let first = format!("sqlite:{}", folder.path().join("data/countersign.db").display());
    let there = ["--to", &postgres.url, "--to-password-file", &postgres.password_file];
    let ended = copy(&[&["--from", &first], there.as_slice()].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.ends_with("both databases hold the same\n"), "{ended:?}");
    let again = copy(&[&["--from", &first], there.as_slice()].concat());
    assert_eq!((again.code, again.out.as_str()), (Some(0), "everything was copied before\n"), "{again:?}");

    let server = start(folder.path(), port, &postgres.options());
    let now = server.client().send(&crate::http::Request::get(format!("{base}/.well-known/jwks.json")));
    assert_eq!(keys.json(), now.json(), "signing keys are the same");
    person.userinfo(&base).expect(200);
    let refreshed = person.refresh(&base).expect(200);
    if let Some(token) = refreshed.json()["refresh_token"].as_str() {
        person.refresh_token = token.to_owned();
    }
    let other = Person::sign_in_as(&server, &email, &password).unwrap();
    stop(server);

    let second = format!("sqlite:{}", folder.path().join("back.db").display());
    assert_eq!(run(countersign(&["migrate", "apply", "--database", &second])).code, Some(0));
    let back = ["--from", &postgres.url, "--from-password-file", &postgres.password_file, "--to", &second];
    let ended = copy(&back);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let server = start(folder.path(), port, &["--database", &second]);
    person.refresh(&base).expect(200);
    other.refresh(&base).expect(200);
    stop(server);
    // What was served from since then holds another tenant's data.
    let ended = copy(&back);
    assert!(
        ended.code == Some(1) && ended.err.contains("--to: ") && ended.err.contains("holds a tenant"),
        "{ended:?}"
    );
}

#[test]
fn a_copy_that_was_killed_goes_on_and_nobody_serves_what_it_left() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::make(folder.path());
    stop(Process::dev(folder.path(), &[]));
    let path = folder.path().join("data/countersign.db");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection
        .batch_execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) \
             INSERT INTO marks SELECT 'test', CAST(printf('%032d', i) AS BLOB), i FROM n",
        )
        .unwrap();
    drop(connection);
    let from = format!("sqlite:{}", path.display());
    let arguments =
        ["copy", "--from", &from, "--to", &postgres.url, "--to-password-file", &postgres.password_file];
    let mut child = countersign(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Before the table with many rows.
    while !lines.next().unwrap().unwrap().starts_with("refresh_tokens: ") {}
    let count =
        || postgres.database.execute("SELECT COUNT(*) FROM marks").pop().unwrap().parse::<u32>().unwrap();
    while count() == 0 {}
    child.kill().unwrap();
    child.wait().unwrap();
    let there = count();
    assert!(there > 0 && there < 60_000, "{there} rows were there when it was killed");

    let data = folder.path().join("data").display().to_string();
    let ended =
        run(countersign(&[&["users", "show", "--data", &data], postgres.options().as_slice()].concat()));
    assert!(ended.code == Some(1) && ended.err.contains("a copy into it is not finished"), "{ended:?}");

    let ended = run(countersign(&arguments));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let line =
        ended.out.lines().find(|line| line.starts_with("marks: ") && line.ends_with("copied")).unwrap();
    let rest: u32 = line.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(rest <= 60_000 - there, "{line}, and {there} were there");
    assert_eq!(count(), 60_000);
    assert!(ended.out.ends_with("both databases hold the same\n"));
}
