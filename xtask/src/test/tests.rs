use serde_json::json;

use super::*;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn all_kinds_run_unless_some_are_named() {
    assert_eq!(asked(&[]).unwrap().len(), KINDS.len());
    assert_eq!(asked(&words("--only unit --only=fmt")).unwrap(), [Kind::Fmt, Kind::Unit]);
}

#[test]
fn an_unknown_kind_or_flag_is_named() {
    assert!(asked(&words("--only units")).unwrap_err().contains("`units`"));
    assert!(asked(&words("unit")).unwrap_err().contains("`unit`"));
    assert!(asked(&words("--only")).is_err());
    assert!(asked(&words("--onlyunit")).is_err());
}

#[test]
fn the_last_line_counts_kinds() {
    let second = Duration::from_secs(1);
    let text = summary(&[(Kind::Fmt, second, true), (Kind::Unit, second, false)]);
    assert_eq!(text.lines().last(), Some("1 passed, 1 failed"));
}

#[test]
fn unit_leaves_the_other_kinds_targets_out() {
    let target = |name: &str, kind: &str| json!({"name": name, "kind": [kind]});
    let one =
        json!({"targets": [target("pkce", "lib"), target("vectors", "test"), target("contract", "test")]});
    let two = json!({"targets": [target("flows", "test"), target("vectors", "test")]});
    assert_eq!(unit_targets(&json!({"packages": [one, two]})), ["vectors"]);
}
