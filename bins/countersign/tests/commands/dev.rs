use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::http::{Client, Request};
use crate::process::{Process, countersign, run};

#[test]
fn the_first_start_makes_a_sample_tenant_and_says_all_there_is_to_know() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &[]);
    let ready = &server.ready;
    assert_eq!(ready["issuer"], format!("{}/", server.text("https")));
    let mut keys: Vec<&str> = ready.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "issuer",
        "http",
        "https",
        "ca_file",
        "bundle_file",
        "pid",
        "clients",
        "apis",
        "users",
        "management",
        "playground",
        "fake_providers",
        "hosts",
    ];
    keys.sort_unstable();
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(ready["management"], Value::Null);
    let kinds: Vec<&str> =
        ready["clients"].as_array().unwrap().iter().map(|c| c["app_type"].as_str().unwrap()).collect();
    for kind in ["spa", "regular_web", "native", "non_interactive"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert_eq!(server.application("spa")["client_secret"], Value::Null);
    let user = &ready["users"][0];
    assert_eq!(user["connection"], "Username-Password-Authentication");
    for shown in [&user["email"], &user["password"], &server.application("regular_web")["client_secret"]] {
        assert!(server.banner.contains(shown.as_str().unwrap()), "{shown} is not printed");
    }
    for name in [
        "NODE_EXTRA_CA_CERTS=",
        "SSL_CERT_FILE=",
        "REQUESTS_CA_BUNDLE=",
        "curl --cacert",
        "VITE_AUTH0_DOMAIN=",
        "AUTH0_SECRET=",
        "APP_BASE_URL=",
        "ISSUER_BASE_URL=",
    ] {
        assert!(server.banner.contains(name), "{name} is not printed");
    }
    let discovery = format!("{}/.well-known/openid-configuration", server.text("http"));
    let document = server.client().send(&Request::get(discovery)).expect(200);
    assert_eq!(document.text("issuer"), format!("{}/", server.text("http")));
}

#[test]
fn the_curl_line_yields_a_token_when_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &[]);
    let (_, rest) = server.banner.split_once("\nA token\n").unwrap();
    let (line, _) = rest.split_once("\n\n").unwrap();
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(answer["token_type"], "Bearer");
}

#[test]
fn sp_193_everything_that_is_written_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Process::dev(folder.path(), &[]);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("ready.json")), 0o600);
    let data = folder.path().join("data");
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_second_start_keeps_secrets_passwords_keys_and_authority() {
    let folder = tempfile::tempdir().unwrap();
    let read = |server: &Process| {
        let jwks = format!("{}/.well-known/jwks.json", server.text("https"));
        let kid = server.client().send(&Request::get(jwks)).expect(200).json()["keys"][0]["kid"].clone();
        let ca = std::fs::read_to_string(server.text("ca_file")).unwrap();
        (server.ready["clients"].clone(), server.ready["users"].clone(), kid, ca)
    };
    let mut first = Process::dev(folder.path(), &[]);
    let seen = read(&first);
    first.signal("TERM");
    assert_eq!(first.wait(), Some(0));
    assert_eq!(read(&Process::dev(folder.path(), &[])), seen);
}

#[test]
fn an_issuer_of_ones_own_is_the_only_domain() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &["--issuer", "https://login.example.test/"]);
    assert_eq!(server.ready["issuer"], "https://login.example.test/");
    assert_eq!(server.ready["https"], "https://login.example.test");
    assert_eq!(server.ready["http"], Value::Null);
}

#[test]
fn clients_trust_the_bundle_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &[]);
    let ready = Request::get(format!("{}/readyz", server.text("https")));
    let bundle = std::fs::read_to_string(server.text("bundle_file")).unwrap();
    let ours = std::fs::read_to_string(server.text("ca_file")).unwrap();
    assert!(bundle.ends_with(&ours));
    assert_eq!(server.client().send(&ready).status, 200);
    let other = tempfile::tempdir().unwrap();
    let other = Process::dev(other.path(), &[]);
    let stranger = Client::new(&std::fs::read_to_string(other.text("ca_file")).unwrap());
    assert!(stranger.try_send(&ready).is_err(), "another authority's client must not trust it");
}

#[test]
fn a_tenant_file_replaces_the_sample_tenant_and_users_come_with_passwords() {
    let folder = tempfile::tempdir().unwrap();
    drop(Process::dev(folder.path(), &[]));
    let (tenant, users) = (folder.path().join("tenant.yaml"), folder.path().join("users.json"));
    let yaml = "clients:\n  - name: Mine\n    app_type: spa\n    callbacks: [https://mine.example/callback]\n\
                databases:\n  - name: Mine\n    strategy: auth0\n    enabled_clients: [Mine]\n";
    std::fs::write(&tenant, yaml).unwrap();
    let list =
        json!([{ "email": "me@example.com", "email_verified": true, "password": "a password of mine" }]);
    std::fs::write(&users, list.to_string()).unwrap();
    let options = ["--tenant", tenant.to_str().unwrap(), "--users", users.to_str().unwrap()];
    let first = Process::dev(folder.path(), &options);
    let clients = first.ready["clients"].clone();
    assert_eq!(clients.as_array().unwrap().len(), 1);
    assert_eq!(clients[0]["name"], "Mine");
    let users = first.ready["users"].clone();
    assert_eq!(users[0]["password"], "a password of mine");
    drop(first);
    // The same again changes nothing, and neither does a start without the files.
    assert_eq!(Process::dev(folder.path(), &options).ready["clients"], clients);
    let last = Process::dev(folder.path(), &[]);
    assert_eq!((&last.ready["clients"], &last.ready["users"]), (&clients, &users));
}

#[test]
fn rp_41_what_keeps_it_from_starting_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let path = folder.path().join("tenant.yaml");
    std::fs::write(&path, "clients:\n  - name: Mine\n    colour: red\n").unwrap();
    let tenant = path.to_str().unwrap();
    let free = ["--http-port", "0", "--https-port", "0"];
    let dev = |more: &[&str]| run(countersign(&[&["dev", "--data", &data], &free[..], more].concat()));
    let ended = dev(&["--tenant", tenant]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("--tenant: line 3: clients[0].colour"), "{ended:?}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = run(countersign(&["dev", "--data", &data, "--https-port", "0", "--http-port", &port]));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains(&format!("--http-port: 127.0.0.1:{port} is in use")), "{ended:?}");
    let ended = dev(&["--issuer", "http://login.example.test/"]);
    assert!(ended.code == Some(1) && ended.err.contains("--issuer: "), "{ended:?}");
}
