//! What runs at a login: the tenant's rules, then the Actions that the trigger binds.

use std::sync::Arc;

use countersign_oauth::{Fault, Sealer, Secret};
use countersign_storage::{Reads, Script, ScriptKind};
use serde_json::{Map, Value};

/// The source as a function of CommonJS. What begins on the first line keeps its line numbers.
pub(crate) fn as_module(source: &str) -> String {
    format!("(function (exports, module, require) {{{source}\n}})")
}

/// The purpose under which the values that a script is given are sealed.
pub const SECRETS_PURPOSE: &str = "script_secrets";

/// A script's source may have so many bytes.
pub(crate) const CODE: usize = 100 * 1000;

/// The trigger whose Actions run at a login.
const POST_LOGIN: &str = "post-login";

/// What runs at a login, in its order, with the values that each is given.
///
/// # Errors
/// A fault when the store fails, a binding leads nowhere, or the values do not open.
pub(crate) async fn bound(reads: &dyn Reads, sealer: &dyn Sealer) -> Result<Vec<Bound>, Fault> {
    let (settings, scripts) = (reads.settings().await?.record, reads.scripts().await?);
    let mut rules: Vec<&Script> = scripts.iter().filter(|script| is_enabled_rule(script)).collect();
    rules.sort_by_key(|rule| rule.settings.order.unwrap_or(i64::MAX));
    let bindings = settings.triggers.get(POST_LOGIN).map(Vec::as_slice).unwrap_or_default();
    let actions = bindings.iter().map(|binding| {
        let is_it = |script: &&Script| script.kind == ScriptKind::Action && script.id == binding.script_id;
        // Without it the login would be decided by less than the tenant wants.
        let nowhere = || Fault::internal("the trigger post-login binds an Action that is not there");
        scripts.iter().find(is_it).ok_or_else(nowhere)
    });
    rules.into_iter().map(Ok).chain(actions).map(|script| open(script?, sealer)).collect()
}

/// Whether anything runs at a login.
pub(crate) async fn is_bound(reads: &dyn Reads) -> Result<bool, Fault> {
    let settings = reads.settings().await?.record;
    Ok(settings.triggers.get(POST_LOGIN).is_some_and(|bindings| !bindings.is_empty())
        || reads.scripts().await?.iter().any(is_enabled_rule))
}

fn is_enabled_rule(script: &Script) -> bool {
    script.kind == ScriptKind::Rule && script.settings.enabled != Some(false)
}

fn open(script: &Script, sealer: &dyn Sealer) -> Result<Bound, Fault> {
    let kind = match script.kind {
        ScriptKind::Action => Kind::Action,
        ScriptKind::Rule => Kind::Rule,
    };
    let bound = Bound::new(script.id.as_str(), &script.name, kind, &script.settings.code);
    let Some(sealed) = &script.secrets else { return Ok(bound) };
    let json = sealer.open(SECRETS_PURPOSE, sealed);
    bound.with_secrets(json.map_err(|error| Fault::internal("opening a script's secrets").caused_by(error))?)
}

/// How a script is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `exports.onExecutePostLogin`.
    Action,
    /// `function (user, context, callback)`.
    Rule,
}

/// A script that runs at a login.
#[derive(Clone)]
pub(crate) struct Bound {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The source, wrapped as the engine takes it.
    pub(crate) code: Arc<str>,
    pub(crate) is_too_long: bool,
    pub(crate) secrets: Map<String, Value>,
}

impl Bound {
    pub(crate) fn new(id: &str, name: &str, kind: Kind, source: &str) -> Self {
        let code = match kind {
            Kind::Action => as_module(source),
            Kind::Rule => {
                let source = source.trim_end().trim_end_matches(';');
                format!("(function () {{return ({source}\n)}})")
            }
        };
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            kind,
            code: code.into(),
            is_too_long: source.len() > CODE,
            secrets: Map::new(),
        }
    }

    /// The same with the values that it is given: a JSON object.
    pub(crate) fn with_secrets(mut self, json: Vec<u8>) -> Result<Self, Fault> {
        let json = Secret::new(json);
        self.secrets = serde_json::from_slice(json.expose())
            .map_err(|_| Fault::internal("a script's secrets are no JSON object"))?;
        Ok(self)
    }

    /// The secret texts.
    pub(crate) fn secret_texts(&self) -> Vec<String> {
        self.secrets.values().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}
