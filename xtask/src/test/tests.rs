use serde_json::json;

use super::*;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn all_kinds_run_unless_some_are_named() {
    assert_eq!(asked(&[]).unwrap().kinds.len(), KINDS.len());
    assert_eq!(asked(&words("--only unit --only=fmt")).unwrap().kinds, [Kind::Fmt, Kind::Unit]);
}

#[test]
fn an_unknown_kind_or_flag_is_named() {
    assert!(asked(&words("--only units")).unwrap_err().contains("`units`"));
    assert!(asked(&words("unit")).unwrap_err().contains("`unit`"));
    assert!(asked(&words("--only")).is_err());
    assert!(asked(&words("--onlyunit")).is_err());
}

#[test]
fn a_description_is_for_runs_with_the_flows() {
    let asked_for = |line| asked(&words(line)).map(|asked| asked.oas);
    assert_eq!(asked_for(""), Ok(None));
    assert_eq!(asked_for("--oas a.json"), Ok(Some("a.json".into())));
    assert_eq!(asked_for("--only flows --oas a.json"), Ok(Some("a.json".into())));
    assert!(asked_for("--only unit --oas a.json").is_err());
    assert!(asked_for("--oas").is_err());
}

#[test]
fn the_last_line_counts_kinds() {
    let second = Duration::from_secs(1);
    let text = summary(&[("fmt", second, true), ("unit", second, false)]);
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
