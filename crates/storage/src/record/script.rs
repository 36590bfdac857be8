use countersign_oauth::{ScriptId, Sealed};
use serde::{Deserialize, Serialize};

/// Code of the tenant's own: what runs at the end of a login.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct Script {
    /// Its id.
    pub id: ScriptId,
    /// What it is written as.
    pub kind: ScriptKind,
    /// Its name, unique among those of its kind.
    pub name: String,
    /// A JSON object of names and values that the code is given, sealed under the data key.
    pub secrets: Option<Sealed>,
    /// The rest.
    pub settings: ScriptSettings,
    /// Raised by every update.
    pub version: i64,
    /// Raised by every update that asks for it.
    pub epoch: i64,
}

/// What a script is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptKind {
    /// An Action: `exports.onExecute…`, run where a trigger binds it.
    Action,
    /// A legacy rule: `function (user, context, callback)`, run at every login while it is enabled.
    Rule,
}

impl ScriptKind {
    /// Its name in storage.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Rule => "rule",
        }
    }
}

/// A script's settings. What we do not use yet is kept in `other` and echoed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ScriptSettings {
    /// The source.
    pub code: String,
    /// A rule's place among the rules, the lowest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// Whether a rule runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Settings of Auth0's that are kept and not used yet.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// Which script runs at a trigger: the entries of `TenantSettings::triggers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerBinding {
    /// The script.
    pub script_id: ScriptId,
    /// The name that is shown.
    pub display_name: String,
}
