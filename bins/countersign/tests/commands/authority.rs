use std::path::Path;
use std::process::{Command, Output};

use crate::process::Process;

fn openssl(folder: &Path, arguments: &[&str]) -> Option<Output> {
    Command::new("openssl").args(arguments).current_dir(folder).output().ok()
}

#[test]
fn the_authority_certifies_this_machine_and_no_other_name() {
    let root = tempfile::tempdir().unwrap();
    let _server = Process::dev(root.path(), &[]);
    let folder = root.path().join("data");
    // Where the tool is missing, the tests of the crypto crate alone say it.
    let Some(version) = openssl(&folder, &["version"]) else { return };
    assert!(version.status.success());
    let run = |arguments: &[&str]| openssl(&folder, arguments).unwrap();
    for name in ["localhost", "127.0.0.1", "::1"] {
        let what = if name == "localhost" { "-verify_hostname" } else { "-verify_ip" };
        let ours = run(&["verify", "-CAfile", "ca.pem", what, name, "server.pem"]);
        assert!(ours.status.success(), "{name}: {ours:?}");
    }
    let other = run(&["verify", "-CAfile", "ca.pem", "-verify_hostname", "example.com", "server.pem"]);
    assert!(!other.status.success(), "{other:?}");

    // Whoever stole the authority's key still cannot be another server.
    for (name, allowed) in [("DNS:localhost", true), ("DNS:example.com", false), ("IP:192.0.2.1", false)] {
        let names = format!("subjectAltName={name}");
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "stolen.key"];
        let request = ["req", "-new", "-subj", "/CN=Stolen", "-addext", &names, "-out", "stolen.csr"];
        let asked = run(&[&request[..], &key].concat());
        assert!(asked.status.success(), "{asked:?}");
        let sign = ["x509", "-req", "-in", "stolen.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem"];
        let how = ["-copy_extensions", "copy", "-days", "1", "-out", "stolen.pem"];
        let signed = run(&[&sign[..], &how].concat());
        assert!(signed.status.success(), "{signed:?}");
        let verified = run(&["verify", "-CAfile", "ca.pem", "stolen.pem"]);
        assert_eq!(verified.status.success(), allowed, "{name}: {verified:?}");
        let why = String::from_utf8(verified.stderr).unwrap();
        assert!(allowed || why.contains("permitted subtree violation"), "{name}: {why}");
    }
}
