use countersign_oauth::{ScriptId, Sealer};
use countersign_storage::{
    Change, Changes, Commit, Script, ScriptKind, ScriptSettings, TenantSettings, TriggerBinding, Upsert,
};
use countersign_storage_memory::MemoryStorage;
use countersign_users::PostLogin;

use super::*;

fn script(id: &str, kind: ScriptKind, code: &str) -> Script {
    Script {
        id: ScriptId::new(id),
        kind,
        name: id.to_owned(),
        secrets: Some(TestSealer::default().seal("script_secrets", br#"{"KEY":"value"}"#)),
        settings: ScriptSettings { code: code.to_owned(), ..ScriptSettings::default() },
        version: 1,
        epoch: 1,
    }
}

fn stored(scripts: Vec<Script>, bound: &[&str]) -> MemoryStorage {
    let storage = MemoryStorage::default();
    let upsert = |record| Change::UpsertScript(Upsert { record, expected_version: None, raise_epoch: false });
    let bindings = bound
        .iter()
        .map(|id| TriggerBinding { script_id: ScriptId::new(*id), display_name: (*id).to_owned() });
    let record = TenantSettings {
        triggers: [("post-login".to_owned(), bindings.collect())].into(),
        ..TenantSettings::default()
    };
    let settings = Change::SetSettings(Upsert { record, expected_version: None, raise_epoch: false });
    let changes = scripts.into_iter().map(upsert).fold(Changes::none().with(settings), Changes::with);
    block_on(storage.commit(changes)).unwrap();
    storage
}

const RULE: &str = "function (user, context, callback) {
    context.idToken.order = (context.idToken.order || '') + configuration.KEY + context.idToken.length;
    callback(null, user, context);
}";

#[test]
fn what_is_bound_runs_in_its_order_with_its_secrets() {
    let write = |name: &str| {
        format!(
            "exports.onExecutePostLogin = async (event, api) => {{
                api.idToken.setCustomClaim('{name}', event.secrets.KEY);
                api.idToken.setCustomClaim('last', '{name}');
             }}"
        )
    };
    let rule = |id: &str, order: i64, code: &str| {
        let mut rule = script(id, ScriptKind::Rule, code);
        rule.settings.order = Some(order);
        rule
    };
    let append = |text: &str| {
        format!(
            "function (user, context, callback) {{
                context.idToken.order = (context.idToken.order || '') + '{text}'; callback(null, user, context); }}"
        )
    };
    let mut disabled = rule("off", 1, "function () { throw new Error('it ran') }");
    disabled.settings.enabled = Some(false);
    let storage = stored(
        vec![
            script("a", ScriptKind::Action, &write("a")),
            script("b", ScriptKind::Action, &write("b")),
            script("unbound", ScriptKind::Action, "throw new Error('it ran')"),
            rule("second", 7, &append("2")),
            disabled,
            rule("first", 3, &append("1")),
        ],
        &["b", "a"],
    );
    let verdict = block_on(engine(options()).run(&login(), &storage)).unwrap();
    let claims = Value::Object(verdict.id_token_claims);
    assert_eq!(claims, json!({ "a": "value", "b": "value", "last": "a", "order": "12" }));
}

#[test]
fn a_rule_is_given_its_values_as_configuration() {
    let storage = stored(vec![script("rule", ScriptKind::Rule, RULE)], &[]);
    assert!(block_on(engine(options()).is_bound(&storage)).unwrap());
    let verdict = block_on(engine(options()).run(&login(), &storage)).unwrap();
    assert_eq!(verdict.id_token_claims["order"], "valueundefined");
}

#[test]
fn nothing_bound_decides_nothing_and_starts_no_thread() {
    let storage = stored(vec![script("unbound", ScriptKind::Action, "throw 1")], &[]);
    assert!(!block_on(engine(options()).is_bound(&storage)).unwrap());
    assert_eq!(block_on(engine(options()).run(&login(), &storage)).unwrap(), Verdict::default());
}

#[test]
fn a_binding_that_leads_nowhere_and_secrets_that_do_not_open_are_faults() {
    let fault = |storage: MemoryStorage| match block_on(engine(options()).run(&login(), &storage)) {
        Err(Error::Fault(fault)) => fault.to_string(),
        other => panic!("no fault: {other:?}"),
    };
    let gone = fault(stored(Vec::new(), &["gone"]));
    assert_eq!(gone, "the trigger post-login binds an Action that is not there");
    let mut foreign = script("a", ScriptKind::Action, "");
    foreign.secrets = Some(TestSealer::default().seal("client_secret", b"{}"));
    assert!(fault(stored(vec![foreign], &["a"])).starts_with("opening a script's secrets"));
}

#[test]
fn changed_code_runs_from_its_next_run_on() {
    let engine = engine(options());
    for number in [1, 2] {
        let code =
            format!("exports.onExecutePostLogin = (event, api) => api.idToken.setCustomClaim('x', {number})");
        let storage = stored(vec![script("a", ScriptKind::Action, &code)], &["a"]);
        assert_eq!(block_on(engine.run(&login(), &storage)).unwrap().id_token_claims["x"], number);
    }
}
