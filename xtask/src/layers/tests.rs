use serde_json::{Value, json};

use super::*;
use crate::sources::Source;

fn uses(package: &str, dependencies: &[(&str, Value)]) -> Vec<String> {
    let dependencies: Vec<_> =
        dependencies.iter().map(|(name, kind)| json!({"name": name, "kind": kind})).collect();
    let metadata = json!({"packages": [
        {"name": package, "source": null, "dependencies": dependencies},
        {"name": "tokio", "source": "registry", "dependencies": []},
    ]});
    rules::faults(&rules::packages(&metadata).unwrap())
}

fn fault(package: &str, dependency: &str) -> bool {
    !uses(package, &[(dependency, Value::Null)]).is_empty()
}

fn fault_in_tests(package: &str, dependency: &str) -> bool {
    !uses(package, &[(dependency, "dev".into())]).is_empty()
}

#[test]
fn arrows_point_down() {
    assert!(!fault("countersign-gate", "countersign-token"));
    assert!(!fault("countersign", "countersign-server"));
    assert!(fault("countersign-token", "countersign-gate"));
    assert!(fault("countersign-oauth", "countersign-oauth"));
    assert_eq!(
        uses("countersign-grants", &[("countersign-openid", Value::Null)]),
        ["grants names countersign-openid: floor 6 may not see floor 6"]
    );
}

#[test]
fn build_dependencies_count() {
    assert_eq!(uses("countersign-oauth", &[("countersign-jose", "build".into())]).len(), 1);
}

#[test]
fn starred_rooms_see_the_lower_floors_only() {
    assert!(!fault("countersign-crypto", "countersign-users"));
    assert!(fault("countersign-crypto", "countersign-gate"));
    assert!(fault("countersign-crypto", "countersign-storage-memory"));
}

#[test]
fn only_server_and_tests_name_starred_rooms() {
    assert!(!fault("countersign-server", "countersign-crypto"));
    assert!(fault("countersign", "countersign-crypto"));
    assert!(fault("countersign-http", "countersign-storage-memory"));
    assert!(!fault_in_tests("countersign-grants", "countersign-storage-memory"));
}

#[test]
fn rooms_beside_the_tower_keep_to_themselves() {
    assert!(!fault("countersign-storage-sqlite", "countersign-storage-schema"));
    assert!(fault("countersign-storage-memory", "countersign-storage-schema"));
    assert!(fault("countersign-server", "countersign-storage-schema"));
    assert!(fault("countersign-server", "countersign-testkit"));
    assert!(!fault_in_tests("countersign-server", "countersign-testkit"));
    assert!(fault("countersign-testkit", "countersign-users"));
    assert!(!fault("countersign-storage-contract", "countersign-jose"));
    assert!(fault("countersign-storage-contract", "countersign-testkit"));
}

#[test]
fn foreign_worlds_stay_in_their_room() {
    assert!(!fault("countersign-http", "actix-web"));
    assert!(fault("countersign-server", "actix-web"));
    assert!(fault("countersign-server", "openssl"));
    assert!(fault("countersign-jose", "p256"));
    assert!(!fault("countersign-dpop", "p256"));
    assert!(fault("countersign-management", "diesel"));
    assert!(!fault("countersign-oauth", "sha2"));
}

#[test]
fn lower_floors_have_no_runtime_even_in_tests() {
    assert!(!fault("countersign-server", "tokio"));
    assert!(fault("countersign-crypto", "tokio"));
    assert!(!fault_in_tests("countersign-crypto", "tokio"));
    assert!(fault_in_tests("countersign-grants", "tokio"));
    assert!(fault_in_tests("countersign-testkit", "tokio"));
}

#[test]
fn a_crate_without_a_floor_is_named() {
    assert_eq!(uses("countersign-new", &[]), ["new has no floor: give it one in xtask/src/layers.rs"]);
    let misnamed = json!({"packages": [{"name": "other", "source": null, "dependencies": []}]});
    assert!(rules::packages(&misnamed).is_err());
}

fn file(path: &str, text: &str) -> Vec<Source> {
    vec![Source { path: path.to_owned(), text: text.to_owned() }]
}

#[test]
fn auth0_texts_stay_in_auth0() {
    let text = "fn f() -> &'static str {\n    \"Unknown or invalid refresh token.\"\n}\n";
    assert_eq!(texts::faults(&file("crates/grants/src/refresh.rs", text)).len(), 1);
    assert!(texts::faults(&file("crates/grants/src/refresh.rs", text))[0].contains("refresh.rs:2 "));
    assert!(texts::faults(&file("crates/auth0/src/errors.rs", text)).is_empty());
    assert!(texts::faults(&file("crates/grants/src/refresh/tests.rs", text)).is_empty());
    assert!(texts::faults(&file("crates/server/tests/flows/refresh.rs", text)).is_empty());
    assert!(texts::faults(&file("crates/grants/src/a.rs", "// Login required\n")).is_empty());
}

#[test]
fn a_long_file_gives_its_reason() {
    let long = "//! A room.\n".repeat(401);
    assert_eq!(texts::faults(&file("crates/oauth/src/lib.rs", &long)).len(), 1);
    assert!(texts::faults(&file("crates/oauth/src/tests.rs", &long)).is_empty());
    assert!(texts::faults(&file("crates/oauth/src/lib.rs", &long[..400 * 12])).is_empty());
    let explained = format!("//! Long because it is one table.\n{long}");
    assert!(texts::faults(&file("crates/oauth/src/lib.rs", &explained)).is_empty());
}

#[test]
fn the_picture_shows_what_exists() {
    let metadata = json!({"packages": [
        {"name": "countersign-crypto", "source": null, "dependencies": []},
        {"name": "countersign-oauth", "source": null, "dependencies": []},
    ]});
    let picture = picture::draw(&rules::packages(&metadata).unwrap());
    assert!(picture.contains(" 8  crypto*  "));
    assert!(picture.contains("`jose` (1)"));
    let old = "a\n<!-- layers:begin -->\nold\n<!-- layers:end -->\nb\n";
    let new = picture::redraw(old, "new\n").unwrap();
    assert_eq!(new, "a\n<!-- layers:begin -->\nnew\n<!-- layers:end -->\nb\n");
    assert!(picture::redraw("no markers", "").is_err());
}

#[test]
fn every_room_has_one_place() {
    let mut rooms: Vec<_> = FLOORS.iter().flat_map(|floor| floor.rooms).copied().collect();
    rooms.extend(BESIDE.map(|place| place.room));
    let count = rooms.len();
    rooms.sort_unstable();
    rooms.dedup();
    assert_eq!(rooms.len(), count);
    assert!(STARRED.iter().all(|room| floor(room) == Some(8)));
}

/// A graph: each crate with the crates that it uses, and how.
fn graph(uses: &[(&str, &[(&str, Value)])]) -> Value {
    let packages: Vec<_> = uses.iter().map(|(name, _)| json!({"id": name, "name": name})).collect();
    let node = |(name, deps): &(&str, &[(&str, Value)])| {
        let deps: Vec<_> =
            deps.iter().map(|(pkg, kind)| json!({"pkg": pkg, "dep_kinds": [{"kind": kind}]})).collect();
        json!({"id": name, "deps": deps})
    };
    let nodes: Vec<_> = uses.iter().map(node).collect();
    json!({"packages": packages, "resolve": {"nodes": nodes}})
}

fn reached(uses: &[(&str, &[(&str, Value)])]) -> Vec<String> {
    pure::faults(&pure::follow(&graph(uses)).unwrap())
}

#[test]
fn no_lower_floor_reaches_a_foreign_world_through_whatever_crate() {
    let normal = Value::Null;
    for (world, crate_name) in
        [("OpenSSL", "openssl-sys"), ("tokio", "tokio"), ("actix", "actix-rt"), ("diesel", "diesel_derives")]
    {
        let uses: &[(&str, &[(&str, Value)])] = &[
            ("countersign-token", &[("countersign-jose", normal.clone())]),
            ("countersign-jose", &[("innocent", normal.clone())]),
            ("innocent", &[(crate_name, normal.clone())]),
            (crate_name, &[]),
        ];
        assert_eq!(
            reached(uses),
            [
                format!("jose reaches {world}: countersign-jose > innocent > {crate_name}"),
                format!(
                    "token reaches {world}: countersign-token > countersign-jose > innocent > {crate_name}"
                ),
            ]
        );
    }
}

#[test]
fn a_build_script_counts_and_a_test_does_not() {
    let with =
        |kind: &str| reached(&[("countersign-oauth", &[("tokio", kind.into())]), ("tokio", &[])]).len();
    assert_eq!((with("build"), with("dev")), (1, 0));
}

#[test]
fn upper_floors_may_reach_them() {
    assert!(reached(&[("countersign-http", &[("tokio", Value::Null)]), ("tokio", &[])]).is_empty());
    assert!(pure::follow(&json!({"packages": []})).is_err());
}

#[test]
fn the_table_says_what_is_free() {
    let made = pure::follow(&graph(&[
        ("countersign-jose", &[("countersign-oauth", Value::Null), ("sha2", Value::Null)]),
        ("countersign-oauth", &[]),
        ("sha2", &[]),
    ]))
    .unwrap();
    let table = pure::table(&made);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["crate", "ours", "others", "OpenSSL", "tokio", "actix", "diesel"]);
    assert_eq!(lines[1], ["oauth", "0", "0", "free", "free", "free", "free"]);
    assert_eq!(lines[2], ["jose", "1", "1", "free", "free", "free", "free"]);
}
