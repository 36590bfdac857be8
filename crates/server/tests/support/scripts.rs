use countersign_management::SCRIPT_SECRETS_PURPOSE;
use countersign_oauth::ScriptId;
use countersign_storage::{Change, Script, ScriptKind, ScriptSettings, TriggerBinding, Upsert};

use super::Harness;

impl Harness {
    /// Binds an Action to `post-login`, after those that are bound already.
    pub fn bind_action(&self, name: &str, body: &str) {
        let code = format!("exports.onExecutePostLogin = async (event, api) => {{ {body} }};");
        self.bind_code(name, &code);
    }

    /// Binds an Action whose whole source is given.
    pub fn bind_code(&self, name: &str, code: &str) {
        let id = ScriptId::new(format!("act_{name}"));
        self.put_script(&id, ScriptKind::Action, name, code);
        let binding = TriggerBinding { script_id: id, display_name: name.to_owned() };
        self.change_settings(|settings| {
            settings.triggers.entry("post-login".to_owned()).or_default().push(binding.clone());
        });
    }

    /// Adds a legacy rule.
    pub fn add_rule(&self, name: &str, code: &str) {
        self.put_script(&ScriptId::new(format!("rul_{name}")), ScriptKind::Rule, name, code);
    }

    fn put_script(&self, id: &ScriptId, kind: ScriptKind, name: &str, code: &str) {
        let settings =
            ScriptSettings { code: code.to_owned(), enabled: Some(true), ..ScriptSettings::default() };
        let record = Script {
            id: id.clone(),
            kind,
            name: name.to_owned(),
            secrets: Some(self.sealer.seal(SCRIPT_SECRETS_PURPOSE, br#"{"KEY":"short"}"#)),
            settings,
            version: 0,
            epoch: 0,
        };
        self.commit(Change::UpsertScript(Upsert { record, expected_version: None, raise_epoch: false }));
    }
}
