use super::*;

/// Reads a pragma by its name.
fn pragma(connection: &mut SqliteConnection, name: &str) -> String {
    #[derive(QueryableByName)]
    struct Value {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let query =
        format!("SELECT CAST(value AS TEXT) AS value FROM (SELECT \"{name}\" AS value FROM pragma_{name})");
    let query = if name == "busy_timeout" { query.replace("\"busy_timeout\"", "timeout") } else { query };
    diesel::sql_query(query).get_result::<Value>(connection).unwrap().value
}

#[test]
fn the_writer_is_durable_and_readers_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let (mut writer, mut reader) = open(&folder.path().join("countersign.sqlite")).unwrap();
    for (name, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("journal_size_limit", "67108864"),
        ("busy_timeout", "5000"),
        ("query_only", "0"),
        ("cell_size_check", "1"),
        ("trusted_schema", "0"),
    ] {
        assert_eq!(pragma(&mut writer, name), value, "{name}");
    }
    assert_eq!(pragma(&mut reader, "journal_mode"), "wal");
    assert_eq!(pragma(&mut reader, "busy_timeout"), "5000");
    assert_eq!(pragma(&mut reader, "query_only"), "1", "who reads cannot write");
}

#[test]
fn nothing_is_made_by_connecting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.sqlite");
    assert!(connect(&path).is_err() && connect_reader(&path).is_err());
    assert!(!path.exists());
}

#[test]
fn a_refusal_says_what_to_do() {
    let refusals = [
        (Refusal::NotAPath, "write sqlite:PATH"),
        (Refusal::Symlink, "name the file itself"),
        (Refusal::Permissions { mode: 0o644 }, "0644"),
        (Refusal::Empty, "restore it from a backup"),
        (Refusal::LogWithoutDatabase, "restore it from a backup"),
        (Refusal::NetworkFileSystem { kind: "nfs4".to_owned() }, "(nfs4)"),
        (Refusal::NewerSchema { found: 9, known: 1 }, "use the version that wrote it"),
        (Refusal::DamagedSchema, "restore it from a backup"),
        (Refusal::Unmigrated { pending: 1 }, "`countersign migrate apply`"),
        (Refusal::AlteredSchema { object: "users".to_owned() }, "`users`"),
    ];
    for (refusal, says) in refusals {
        let error = OpenError { path: PathBuf::from("/data/countersign.sqlite"), refusal };
        let text = error.to_string();
        assert!(text.starts_with("database /data/countersign.sqlite: ") && text.contains(says), "{text}");
    }
}
