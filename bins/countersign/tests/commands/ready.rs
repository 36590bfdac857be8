use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::process::Process;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_ready_file_keeps_its_shape_and_replaces_an_older_one_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ready.json");
    std::fs::write(&path, "of an older start, for everybody to read").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let server = Process::dev(folder.path(), &[]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["data", "ready.json"], "no temporary file stays behind");

    let ready = &server.ready;
    let client = ["app_type", "callbacks", "client_id", "client_secret", "grant_types", "name"];
    for found in ready["clients"].as_array().unwrap() {
        assert_eq!(keys(found), client);
        assert!(found["callbacks"].is_array() && found["grant_types"].is_array(), "{found}");
        assert!(found["client_secret"].is_string() || found["client_secret"].is_null(), "{found}");
    }
    assert_eq!(
        ready["apis"],
        json!([{ "identifier": "https://api.countersign.test", "scopes": ["read:items", "write:items"] }])
    );
    assert_eq!(keys(&ready["users"][0]), ["connection", "email", "password", "user_id"]);
    assert_eq!(ready["pid"], server.id());
    for base in ["http", "https"] {
        let url = server.text(base);
        assert!(url.starts_with(&format!("{base}://localhost:")) && !url.ends_with('/'), "{url}");
    }
    for file in ["ca_file", "bundle_file"] {
        assert!(std::path::Path::new(&server.text(file)).is_absolute());
    }
}
