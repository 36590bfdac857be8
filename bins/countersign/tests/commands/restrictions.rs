use crate::process::{Process, countersign, run};

const PUSHED: &str = "clients:\n  - name: Mine\n    require_pushed_authorization_requests: true\n";

#[test]
fn what_would_restrict_access_and_is_not_enforced_is_an_error_unless_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = folder.path().join("tenant.yaml");
    std::fs::write(&tenant, PUSHED).unwrap();
    let (tenant, data) = (tenant.display().to_string(), folder.path().join("data").display().to_string());
    let ports = ["--http-port", "0", "--https-port", "0"];
    let key = "clients[0].require_pushed_authorization_requests";
    let ended = run(countersign(&[&["dev", "--data", &data, "--tenant", &tenant], &ports[..]].concat()));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains(&format!("countersign: --tenant: line 3: {key} would restrict")), "{ended:?}");

    let server = Process::dev(folder.path(), &["--tenant", &tenant, "--allow-unenforced"]);
    let warns = |text: &str| text.lines().any(|line| line.starts_with("warning: ") && line.contains(key));
    assert!(warns(&server.banner), "{}", server.banner);

    let apply = ["apply", "--data", &data, "--tenant", &tenant];
    let ended = run(countersign(&apply));
    assert!(ended.code == Some(1) && ended.err.contains(key), "{ended:?}");
    let ended = run(countersign(&[&apply[..], &["--allow-unenforced"]].concat()));
    assert!(ended.code == Some(0) && warns(&ended.out), "{ended:?}");
}

#[test]
fn rp_41_serve_refuses_to_speak_clear_text_beyond_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("countersign.db").display());
    let serve = |domain: &str, listen: &str| {
        let ended = run(countersign(&[
            "serve",
            "--domains",
            domain,
            "--listen-http",
            listen,
            "--database",
            &database,
        ]));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        ended.err
    };
    let refused = serve("http://login.example.test/", "127.0.0.1:0");
    assert!(refused.starts_with("countersign: domains: "), "{refused}");
    let refused = serve("https://login.example.test/", "0.0.0.0:0");
    assert!(refused.contains("countersign: listen_http: others reach that address without TLS"), "{refused}");
    assert!(refused.contains("countersign: data_key_file: is missing"), "{refused}");
}
