use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::http::{Client, Request};
use crate::process::{Process, countersign, run};

/// Base64 of 32 bytes that count up: no key to use.
const KEY: &str = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

/// A configuration for production on loopback, behind nothing.
pub(crate) fn configure(folder: &Path, port: u16, more: &str) -> String {
    let key = folder.join("data.key");
    std::fs::write(&key, KEY).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let path = folder.join("countersign.toml");
    let text = format!(
        "domains = ['http://localhost:{port}/']\nlisten_http = '127.0.0.1:{port}'\n\
         database = 'sqlite:countersign.db'\ndata_key_file = 'data.key'\n{more}"
    );
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_configured_server_serves_an_empty_tenant_and_logs_json() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let file = configure(folder.path(), port, "drain_notice_seconds = 0\n");
    let mut server = Process::start_logged(countersign(&["serve", "--config", &file]), "serving");
    let other = tempfile::tempdir().unwrap();
    let any = Process::dev(other.path(), &[]);
    let client: Client = any.client();
    let jwks = Request::get(format!("http://localhost:{port}/.well-known/jwks.json"));
    assert_eq!(client.send(&jwks).expect(200).json()["keys"][0]["alg"], "RS256");
    let page = client.send(&Request::get(format!("http://localhost:{port}/authorize?client_id=nobody")));
    assert!(page.status >= 400, "there is no sample tenant: {page:?}");
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn rp_41_each_unsafe_or_missing_setting_is_named_and_nothing_starts() {
    let ended = run(countersign(&["serve"]));
    assert_eq!(ended.code, Some(1));
    let named: Vec<&str> = ended.err.lines().filter_map(|line| line.split(": ").nth(1)).collect();
    assert_eq!(named, ["domains", "listen_https", "database", "data_key_file"], "{ended:?}");

    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let refused = |more: &str, setting: &str| {
        let file = configure(folder.path(), port, more);
        let ended = run(countersign(&["serve", "--config", &file]));
        assert_eq!(ended.code, Some(1), "{more}: {ended:?}");
        assert!(ended.err.starts_with(&format!("countersign: {setting}: ")), "{more}: {ended:?}");
    };
    refused("wrokers = 4\n", "wrokers");
    refused("workers = 'many'\n", "workers");
    refused("password_memory_kib = 1024\n", "password_memory_kib");
    refused("password_memory_kib = 4194304\n", "password_memory_kib");
    refused("tls_key_file = 'nothing.pem'\n", "tls_certificate_file");
    refused("log_level = 'loud=very'\n", "log_level");
    let busy = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    refused("", "listen_http");
    drop(busy);
    let file = configure(folder.path(), port, "");
    let key = folder.path().join("data.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = run(countersign(&["serve", "--config", &file]));
    assert!(ended.err.starts_with("countersign: data_key_file: others can read"), "{ended:?}");
    assert!(!folder.path().join("countersign.db").exists(), "nothing was made");
}

#[test]
fn rp_41_a_certificate_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("tls.pem");
    std::fs::write(&pem, "no certificate").unwrap();
    std::fs::set_permissions(&pem, std::fs::Permissions::from_mode(0o600)).unwrap();
    let more = format!(
        "listen_https = '127.0.0.1:{}'\ntls_certificate_file = 'tls.pem'\ntls_key_file = 'tls.pem'\n",
        free_port()
    );
    let file = configure(folder.path(), free_port(), &more);
    let ended = run(countersign(&["serve", "--config", &file]));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("countersign: tls_certificate_file: cannot be used"), "{ended:?}");
}

#[test]
fn sp_193_a_database_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = configure(folder.path(), free_port(), "drain_notice_seconds = 0\n");
    let mut server = Process::start_logged(countersign(&["serve", "--config", &file]), "serving");
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    let database = folder.path().join("countersign.db");
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = run(countersign(&["serve", "--config", &file]));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("countersign: database: "), "{ended:?}");
}

#[test]
fn another_data_key_is_noticed_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = configure(folder.path(), free_port(), "drain_notice_seconds = 0\n");
    let mut server = Process::start_logged(countersign(&["serve", "--config", &file]), "serving");
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    std::fs::write(folder.path().join("data.key"), KEY.replace("test:AAEC", "test:BBEC")).unwrap();
    let ended = run(countersign(&["serve", "--config", &file]));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("countersign: data_key_file: signing key"), "{ended:?}");
}

#[test]
fn config_prints_each_value_with_its_origin_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = configure(folder.path(), 4000, "workers = 2\n");
    let mut command = countersign(&["config", "--config", &file, "--drain-seconds", "7"]);
    command.env("COUNTERSIGN_LOG_LEVEL", "debug");
    let ended = run(command);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let line = |key: &str| ended.out.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(line("workers = 2").ends_with(&format!("# file {file}")));
    assert!(line("drain_seconds = 7").ends_with("# command line"));
    assert!(line("log_level = \"debug\"").ends_with("# environment COUNTERSIGN_LOG_LEVEL"));
    assert!(line("password_memory_kib = 19456").ends_with("# default"));
    let mut command = countersign(&["config"]);
    command.env("COUNTERSIGN_DATA_KEY", "hunter2");
    let ended = run(command);
    assert!(ended.out.contains("# data_key = [redacted]") && !ended.out.contains("hunter2"), "{ended:?}");
}
