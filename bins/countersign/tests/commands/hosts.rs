use std::path::Path;
use std::process::Command;

use crate::http::Request;
use crate::process::{Process, countersign, run};

fn start(folder: &Path, more: &[&str]) -> Process {
    Process::dev(folder, &[&["--http-port", "0", "--https-port", "0"], more].concat())
}

fn authority(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("data/ca.pem")).unwrap()
}

/// Asks the server by the name of a host, whose address this machine's name servers do not know.
fn discovery(server: &Process, host: &str, address: &str) -> Option<String> {
    let port = server.text("https").rsplit_once(':').unwrap().1.to_owned();
    let output = Command::new("curl")
        .args(["-s", "--noproxy", "*", "--cacert", &server.text("ca_file")])
        .args(["--resolve", &format!("{host}:{port}:{address}")])
        .arg(format!("https://{host}:{port}/.well-known/openid-configuration"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then_some(text)
}

#[test]
fn a_host_gets_a_domain_and_a_certificate_and_the_authority_is_made_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = authority_of(start(folder.path(), &[]), folder.path());
    let server = start(folder.path(), &["--host", "host.docker.internal", "--host", "auth.test"]);
    assert!(
        server.banner.contains("warning: the local certificate authority was made anew"),
        "{}",
        server.banner
    );
    assert_ne!(authority(folder.path()), first);
    for host in ["host.docker.internal", "auth.test", "localhost"] {
        let document =
            discovery(&server, host, "127.0.0.1").unwrap_or_else(|| panic!("{host} is not served"));
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        let issuer = document["issuer"].as_str().unwrap();
        assert!(issuer.starts_with(&format!("https://{host}:")) && issuer.ends_with('/'), "{issuer}");
    }
    assert!(discovery(&server, "other.test", "127.0.0.1").is_none(), "the certificate names no other host");
    assert_eq!(server.ready["hosts"].as_array().unwrap().len(), 2);
    let elsewhere = Request::get(format!("{}/.well-known/jwks.json", server.text("https")));
    server.client().send(&elsewhere.header("host", "other.test")).expect(400);
    let second = authority_of(server, folder.path());

    // Fewer hosts, or the same again: the authority stays, so that it need not be trusted again.
    let server = start(folder.path(), &["--host", "auth.test"]);
    assert_eq!(authority(folder.path()), second);
    assert!(!server.banner.contains("warning: "), "{}", server.banner);
    assert!(discovery(&server, "auth.test", "127.0.0.1").is_some());
    assert!(discovery(&server, "host.docker.internal", "127.0.0.1").is_none(), "it was not asked for now");
}

fn authority_of(mut server: Process, folder: &Path) -> String {
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    authority(folder)
}

#[test]
fn a_host_of_development_is_not_pinned_to_https() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &["--host", "auth.test"]);
    let port = server.text("https").rsplit_once(':').unwrap().1.to_owned();
    let request = Request::get(format!("{}/readyz", server.text("https")));
    let answer = server.client().send(&request.header("host", &format!("auth.test:{port}"))).expect(200);
    assert!(answer.header("strict-transport-security").is_none(), "{answer:?}");
}

#[test]
fn listening_for_others_is_asked_for_and_warned_of_and_http_stays_at_home() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &["--listen", "0.0.0.0"]);
    assert!(server.banner.contains("warning: --listen 0.0.0.0: "), "{}", server.banner);
    server.client().send(&Request::get(format!("{}/readyz", server.text("https")))).expect(200);
    // 127.0.0.2 stands for another interface.
    let at = |base: &str| format!("127.0.0.2:{}", base.rsplit_once(':').unwrap().1);
    assert!(std::net::TcpStream::connect(at(&server.text("https"))).is_ok());
    assert!(std::net::TcpStream::connect(at(&server.text("http"))).is_err());
    drop(server);
    let quiet = start(folder.path(), &[]);
    assert!(!quiet.banner.contains("warning: "), "{}", quiet.banner);
    assert!(std::net::TcpStream::connect(at(&quiet.text("https"))).is_err());
}

#[test]
fn wildcards_and_addresses_that_are_not_ours_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let refused = |more: &[&str]| {
        let start = ["dev", "--data", &data, "--http-port", "0", "--https-port", "0"];
        let ended = run(countersign(&[&start[..], more].concat()));
        assert_ne!(ended.code, Some(0), "{more:?}: {ended:?}");
        ended.err
    };
    assert!(refused(&["--host", "*.docker.internal"]).contains("--host: takes exact names"));
    assert!(refused(&["--host", "192.0.2.7"]).contains("--host: "));
    assert!(refused(&["--listen", "192.0.2.7"]).contains("--listen: 192.0.2.7:"));
    assert!(
        refused(&["--host", "auth.test", "--issuer", "https://auth.test/"]).contains("cannot be used with")
    );
    assert!(!folder.path().join("data/ca.pem").exists(), "nothing was made");
}
