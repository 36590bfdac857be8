use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::setting::{self, Takes};
use super::{Config, DataKey, Database, Environment, Layers, Origin, Overrides, print, refuse_unsafe};

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("countersign.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn private(folder: &Path, name: &str, mode: u32) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, "x").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn flags_win_over_environment_over_file_over_default() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "workers = 2\ndrain_seconds = 2\npassword_queue = 2\n");
    let overrides = Overrides::new().with_file(Some(path.clone())).with(&setting::WORKERS, Some("4"));
    let variables = [("COUNTERSIGN_WORKERS", "3"), ("COUNTERSIGN_DRAIN_SECONDS", "3")];
    let layers = Layers::merge(&overrides, &environment(&variables)).unwrap();
    let config = Config::read(&layers).unwrap();
    assert_eq!((config.workers, config.drain_seconds, config.passwords.queue), (4, 3, 2));
    assert_eq!(config.passwords.memory_kib, 19_456);
    assert_eq!(layers.origin(&setting::WORKERS), Origin::Flag);
    let variable = Origin::Environment("COUNTERSIGN_DRAIN_SECONDS".to_owned());
    assert_eq!(layers.origin(&setting::DRAIN_SECONDS), variable);
    assert_eq!(layers.origin(&setting::PASSWORD_QUEUE), Origin::File(path));
    assert_eq!(layers.origin(&setting::LOG_LEVEL), Origin::Default);
}

#[test]
fn rp_41_an_unknown_key_or_variable_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "data_ky = 'x'\n");
    let merged = Layers::merge(&Overrides::new().with_file(Some(path)), &environment(&[]));
    assert!(merged.is_err_and(|failure| failure.setting.as_deref() == Some("data_ky")));
    let merged = Layers::merge(&Overrides::new(), &environment(&[("COUNTERSIGN_WORKER", "1")]));
    assert!(merged.is_err_and(|failure| failure.setting.as_deref() == Some("COUNTERSIGN_WORKER")));
    let kubernetes = [("COUNTERSIGN_SERVICE_HOST", "10.0.0.1"), ("COUNTERSIGN_PORT", "tcp://10.0.0.1:443")];
    assert!(Layers::merge(&Overrides::new(), &environment(&kubernetes)).is_ok());
}

#[test]
fn rp_41_a_value_that_cannot_be_is_named() {
    let wrong = [
        ("workers", "many"),
        ("domains", "login.example.com"),
        ("domains", "https://login.example.com/path"),
        ("domains", "https://Login.example.com/"),
        ("domains", "https://login.example.com:443/"),
        ("domains", "http://login.example.com/"),
        ("listen_http", "localhost:3000"),
        ("behind_proxy", "yes"),
        ("database", "countersign.db"),
        ("database", "sqlite::memory:"),
        ("database", "postgres://user:hunter2@db/countersign"),
        ("database", "postgres:user:hunter2@db"),
        ("log_format", "xml"),
        ("tls_key_file", "alone.pem"),
    ];
    for (key, value) in wrong {
        let setting = setting::find(key).unwrap();
        let layers = Layers::merge(&Overrides::new().with(setting, Some(value)), &environment(&[])).unwrap();
        let failure = Config::read(&layers).unwrap_err();
        let named = failure.setting.clone().unwrap();
        assert!(named == key || named == "tls_certificate_file", "{key} = {value}: {failure}");
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
}

#[test]
fn paths_of_the_file_are_relative_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "database = 'sqlite:store/a.db'\ndata_key_file = 'data.key'\n");
    let layers = Layers::merge(&Overrides::new().with_file(Some(path)), &environment(&[])).unwrap();
    let config = Config::read(&layers).unwrap();
    let store = folder.path().join("store/a.db");
    assert!(matches!(config.database, Some(Database::Sqlite(path)) if path == store));
    assert!(matches!(config.data_key, Some(DataKey::File(path)) if path == folder.path().join("data.key")));
}

#[test]
fn sp_186_secrets_are_printed_redacted_and_have_no_option() {
    let layers =
        Layers::merge(&Overrides::new(), &environment(&[("COUNTERSIGN_DATA_KEY", "hunter2")])).unwrap();
    let printed = print(&layers);
    assert!(printed.contains("data_key = [redacted]"), "{printed}");
    assert!(printed.contains("# environment COUNTERSIGN_DATA_KEY"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(!format!("{:?}", Config::read(&layers).unwrap()).contains("hunter2"));
    let secret = Overrides::new().with(&setting::DATA_KEY, Some("hunter2"));
    assert!(Layers::merge(&secret, &environment(&[])).unwrap().all(&setting::DATA_KEY).is_empty());
    assert_eq!(setting::DATA_KEY.takes, Takes::Secret);
}

#[test]
fn what_config_prints_can_be_used_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let overrides = Overrides::new()
        .with(&setting::DOMAINS, Some("https://a.example/,https://b.example/"))
        .with(&setting::TLS_KEY_FILE, Some("/a \"quoted\" path.pem"));
    let first = Layers::merge(&overrides, &environment(&[])).unwrap();
    let path = file(folder.path(), &print(&first));
    let second = Layers::merge(&Overrides::new().with_file(Some(path)), &environment(&[])).unwrap();
    for setting in setting::ALL {
        assert_eq!(first.all(setting), second.all(setting), "{}", setting.key);
    }
}

#[test]
fn rp_41_serve_names_every_unsafe_setting() {
    let layers = Layers::merge(&Overrides::new(), &environment(&[])).unwrap();
    let failures = refuse_unsafe(&Config::read(&layers).unwrap()).unwrap_err();
    let named: Vec<_> = failures.iter().filter_map(|failure| failure.setting.as_deref()).collect();
    assert_eq!(named, ["domains", "listen_https", "database", "data_key_file"]);
}

#[test]
fn sp_119_sp_193_weak_hashing_open_files_and_open_listeners_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = |name: &str| private(folder.path(), name, 0o600).display().to_string();
    let safe = || {
        Overrides::new()
            .with(&setting::DOMAINS, Some("https://login.example.com/"))
            .with(&setting::LISTEN_HTTPS, Some("0.0.0.0:443"))
            .with(&setting::TLS_CERTIFICATE_FILE, Some(good("cert.pem")))
            .with(&setting::TLS_KEY_FILE, Some(good("key.pem")))
            .with(&setting::DATABASE, Some(format!("sqlite:{}", good("a.db"))))
            .with(&setting::DATA_KEY_FILE, Some(good("data.key")))
    };
    let refused = |overrides: Overrides| {
        let layers = Layers::merge(&overrides, &environment(&[])).unwrap();
        let failures = refuse_unsafe(&Config::read(&layers).unwrap()).err().unwrap_or_default();
        failures.into_iter().filter_map(|failure| failure.setting).collect::<Vec<_>>()
    };
    assert!(refused(safe()).is_empty());
    for (setting, value) in [
        (&setting::PASSWORD_MEMORY_KIB, "19455"),
        (&setting::PASSWORD_ITERATIONS, "1"),
        (&setting::PASSWORD_PARALLELISM, "0"),
    ] {
        assert_eq!(refused(safe().with(setting, Some(value))), ["password_memory_kib"]);
    }
    let open = private(folder.path(), "open", 0o640).display().to_string();
    assert_eq!(refused(safe().with(&setting::DATA_KEY_FILE, Some(&open))), ["data_key_file"]);
    assert_eq!(refused(safe().with(&setting::TLS_KEY_FILE, Some(&open))), ["tls_key_file"]);
    let absent = folder.path().join("absent").display().to_string();
    assert_eq!(refused(safe().with(&setting::DATA_KEY_FILE, Some(absent))), ["data_key_file"]);
    let plain = |address| safe().with(&setting::LISTEN_HTTP, Some(address));
    assert!(refused(plain("127.0.0.1:80")).is_empty());
    assert_eq!(refused(plain("10.0.0.1:80")), ["listen_http"]);
    assert!(refused(plain("10.0.0.1:80").with(&setting::BEHIND_PROXY, Some("true"))).is_empty());
}

#[test]
fn the_reference_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/configuration.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == super::reference(),
        "run: countersign config --reference > docs/operations/configuration.md"
    );
}
