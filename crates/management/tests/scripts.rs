//! Actions, rules and triggers of a tenant file.
#![cfg(test)]

mod support;

use countersign_management::{ObjectKind, Outcome, SCRIPT_SECRETS_PURPOSE};
use countersign_oauth::Sealer as _;
use countersign_storage::{Script, ScriptKind, Scripts, Settings};
use countersign_testkit::block_on;
use support::Desk;

const FILE: &str = "\
actions:
  - name: First
    code: |
      exports.onExecutePostLogin = async (event, api) => {};
    runtime: node22
    deployed: true
    supported_triggers: [{id: post-login, version: v3}]
    secrets: [{name: B, value: two}, {name: A, value: one}]
  - {name: Second, code: 'exports.onExecutePostLogin = () => {}'}
rules:
  - {name: Old, script: 'function (user, context, callback) { callback(null, user, context); }', order: 3, enabled: true}
rulesConfigs:
  - {key: DOOR, value: open}
triggers:
  post-login:
    - {action_name: Second, display_name: Shown second}
    - {action_name: First}
";

fn script(desk: &Desk, kind: ScriptKind, name: &str) -> Script {
    let scripts = block_on(desk.storage.scripts()).unwrap();
    scripts.iter().find(|script| script.kind == kind && script.name == name).cloned().unwrap()
}

fn secrets(desk: &Desk, script: &Script) -> String {
    let sealed = script.secrets.as_ref().unwrap();
    String::from_utf8(desk.sealer.open(SCRIPT_SECRETS_PURPOSE, sealed).unwrap()).unwrap()
}

fn bound(desk: &Desk) -> Vec<(String, String)> {
    let triggers = block_on(desk.storage.settings()).unwrap().record.triggers;
    let bound = triggers.get("post-login").cloned().unwrap_or_default();
    bound.into_iter().map(|binding| (binding.script_id.to_string(), binding.display_name)).collect()
}

#[test]
fn actions_rules_and_triggers_become_scripts_and_bindings() {
    let desk = Desk::with(FILE);
    let (first, second) =
        (script(&desk, ScriptKind::Action, "First"), script(&desk, ScriptKind::Action, "Second"));
    assert!(first.settings.code.starts_with("exports.onExecutePostLogin = async"));
    assert_eq!(first.settings.other["runtime"], "node22");
    assert_eq!(secrets(&desk, &first), r#"{"A":"one","B":"two"}"#);
    assert_eq!(second.secrets, None);
    assert!(first.id.as_str().starts_with("act_"));
    let old = script(&desk, ScriptKind::Rule, "Old");
    assert_eq!((old.settings.order, old.settings.enabled), (Some(3), Some(true)));
    assert_eq!(secrets(&desk, &old), r#"{"DOOR":"open"}"#);
    let names = [(second.id, "Shown second"), (first.id, "First")];
    assert_eq!(bound(&desk), names.map(|(id, name)| (id.to_string(), name.to_owned())));
    assert!(desk.log().contains(&("sapi".to_owned(), "Create an action: First".to_owned())));
    assert!(
        !format!("{:?}", block_on(desk.storage.scripts()).unwrap()).contains("two"),
        "no secret in clear"
    );
}

#[test]
fn a_file_of_scripts_applied_again_changes_nothing() {
    let desk = Desk::with(FILE);
    let before = desk.configuration_version();
    let report = desk.apply(FILE);
    assert!(report.objects.iter().all(|object| object.outcome == Outcome::Unchanged), "{:?}", report.objects);
    assert_eq!(desk.configuration_version(), before);
}

#[test]
fn what_a_file_leaves_out_of_a_script_stays() {
    let desk = Desk::with(FILE);
    let before = script(&desk, ScriptKind::Action, "First");
    let report = desk.apply("actions:\n  - {name: First, code: '// new', secrets: [{name: A, value: _VALUE_NOT_SHOWN_}, {name: C, value: three}]}\n");
    assert_eq!((report.objects[0].kind, report.objects[0].outcome), (ObjectKind::Action, Outcome::Updated));
    let after = script(&desk, ScriptKind::Action, "First");
    assert_eq!((after.id.clone(), after.version, after.settings.code.as_str()), (before.id, 2, "// new"));
    assert_eq!(after.settings.other, before.settings.other);
    assert_eq!(secrets(&desk, &after), r#"{"A":"one","C":"three"}"#);
    assert_eq!(bound(&desk).len(), 2);
    desk.apply("tenant: {friendly_name: Acme}\n");
    assert_eq!(bound(&desk).len(), 2, "settings leave the triggers");
    desk.apply("triggers: {post-login: []}\n");
    assert_eq!(bound(&desk), []);
}

#[test]
fn refuses_scripts_that_cannot_be_and_names_the_line() {
    let desk = Desk::new();
    assert_eq!(
        desk.refused("actions:\n  - {name: One, code: ' '}\n  - {code: x}\ntriggers:\n  post-login:\n    - {action_name: Gone}\n"),
        [
            "line 2: actions[0].code must not be empty",
            "line 3: actions[1] must have a name",
            "line 6: triggers.post-login[0].action_name names Gone, which is no Action of the file or the store",
        ]
    );
    assert_eq!(
        desk.refused("actions:\n  - {name: One, code: x, secrets: [{name: A, value: _VALUE_NOT_SHOWN_}]}\n"),
        ["line 2: actions[0].secrets has no value for A: the export does not tell it, so it must be put in"]
    );
    assert_eq!(block_on(desk.storage.scripts()).unwrap().len(), 0);
    let parse = |yaml: &str| {
        let options = countersign_management::ParseOptions::default();
        countersign_management::TenantFile::parse(yaml, options).unwrap_err()[0].to_string()
    };
    let long = format!("actions:\n  - {{name: One, code: '{}'}}\n", "/".repeat(100_001));
    assert_eq!(parse(&long), "line 2: actions[0].code may have at most 100 kB");
    assert_eq!(
        parse("triggers:\n  credentials-exchange:\n    - {action_name: One}\n"),
        "line 2: triggers.credentials-exchange would restrict access and is not enforced yet; allow that explicitly \
         (--allow-unenforced) or take it out"
    );
    let secret = format!(
        "actions:\n  - {{name: One, code: x, secrets: [{{name: A, value: 'canary{}'}}]}}\n",
        "x".repeat(4096)
    );
    assert!(!parse(&secret).contains("canary"), "the message never shows a secret");
}
