//! One login's scripts, on a thread of the pool.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use countersign_oauth::Scope;
use countersign_users::{LoginEvent, ScopeEdit, Verdict};
use serde_json::{Map, Value, json};

use crate::bound::{Bound, Kind};
use crate::deadline::Deadline;
use crate::event;
use crate::failure::Failure;
use crate::host::redirect::with_query;
use crate::host::{Facts, Host, Shared};
use crate::run::{CONTINUE, EXECUTE, Engine};

/// Where a rule says that the user shall be sent elsewhere.
const REDIRECT: &str = "/redirect/url";

/// What runs, for whom, and until when.
pub(crate) struct Job {
    pub(crate) engine: Arc<Engine>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) login: LoginEvent,
    pub(crate) scripts: Vec<Bound>,
    pub(crate) deadline: Deadline,
}

impl Job {
    /// Runs rules, then Actions, until one denies or redirects.
    pub(crate) fn run(mut self) -> Result<Verdict, Failure> {
        let (verdict, first) = self.resume()?;
        let facts = Facts::of(&self.login);
        let host = Host::new(Arc::clone(&self.shared), facts, self.deadline, verdict);
        let host = Rc::new(RefCell::new(host));
        let scripts = std::mem::take(&mut self.scripts);
        let (rules, actions): (Vec<_>, Vec<_>) =
            scripts.into_iter().partition(|script| script.kind == Kind::Rule);
        match first {
            None => {
                self.run_rules(&rules, &host)?;
                self.run_actions(&actions, 0, &host)?;
            }
            Some(id) => {
                let at = actions.iter().position(|action| action.id == id).ok_or(Failure::Gone)?;
                host.borrow_mut().rules = rules.into_iter().map(|rule| rule.id).collect();
                self.run_actions(actions.get(at..).unwrap_or_default(), 1, &host)?;
            }
        }
        let verdict = std::mem::take(&mut host.borrow_mut().verdict);
        Ok(verdict)
    }

    /// What was decided before a redirect, and the Action that goes on. After a rule's redirect all rules run
    /// again, as they did at Auth0, and decide anew.
    fn resume(&self) -> Result<(Verdict, Option<String>), Failure> {
        let Some(continued) = &self.login.continued else { return Ok((Verdict::default(), None)) };
        let pending = &continued.pending;
        let script = self.scripts.iter().find(|script| script.id == pending.script_id);
        match script.ok_or(Failure::Gone)?.kind {
            Kind::Rule => Ok((Verdict::default(), None)),
            Kind::Action => {
                let so_far = Verdict { redirect: None, denial: None, ..(*pending.so_far).clone() };
                Ok((so_far, Some(pending.script_id.clone())))
            }
        }
    }

    /// Runs Actions; the first `returning` ones of them come back from a redirect.
    fn run_actions(
        &self,
        actions: &[Bound],
        returning: usize,
        host: &Rc<RefCell<Host>>,
    ) -> Result<(), Failure> {
        if actions.is_empty() || has_ended(host) {
            return Ok(());
        }
        let mut event = event::event(&self.login);
        for (number, action) in actions.iter().enumerate() {
            event::update(&mut event, &self.login, &host.borrow().verdict, &action.secrets);
            let handler = if number < returning { CONTINUE } else { EXECUTE };
            let input = json!({ "event": event, "handler": handler });
            self.run_one(action, &input, host)?;
            if has_ended(host) {
                break;
            }
        }
        Ok(())
    }

    /// Runs rules, each with what the one before it left.
    fn run_rules(&self, rules: &[Bound], host: &Rc<RefCell<Host>>) -> Result<(), Failure> {
        if rules.is_empty() {
            return Ok(());
        }
        let mut user = event::rule_user(&self.login);
        let mut context = event::rule_context(&self.login);
        let mut redirecting = None;
        for rule in rules {
            let input = json!({ "user": user, "context": context, "configuration": rule.secrets });
            self.run_one(rule, &input, host)?;
            let mut host = host.borrow_mut();
            host.rules.push(rule.id.clone());
            (user, context) = host.rule_state.take().unwrap_or_default();
            if host.verdict.denial.is_some() {
                return Ok(());
            }
            refuse_unserved(&context, &self.login)?;
            if redirecting.is_none() && context.pointer(REDIRECT).is_some_and(|url| !url.is_null()) {
                redirecting = Some(rule.id.clone());
            }
        }
        let mut host = host.borrow_mut();
        take_tokens(&context, &mut host.verdict)?;
        if let Some(id) = redirecting {
            let url = context.pointer(REDIRECT).and_then(Value::as_str);
            let url = url.and_then(|url| with_query(url, &Map::new()));
            let url =
                url.ok_or_else(|| Failure::Threw("context.redirect.url is no absolute URL".to_owned()))?;
            host.script_id = id;
            host.redirect(url);
        }
        Ok(())
    }

    fn run_one(&self, script: &Bound, input: &Value, host: &Rc<RefCell<Host>>) -> Result<(), Failure> {
        host.borrow_mut().begin(script);
        let outcome = self.engine.run(script, input, host);
        let printed = std::mem::take(&mut host.borrow_mut().printed);
        if !printed.is_empty() {
            tracing::debug!(script = script.name, printed, "a script printed");
        }
        if let Err(failure) = &outcome {
            let why = failure.refusal().describe();
            tracing::warn!(script = script.name, rule = failure.rule(), "a script failed");
            tracing::debug!(script = script.name, why, "a script failed");
        }
        outcome
    }
}

fn has_ended(host: &Rc<RefCell<Host>>) -> bool {
    let verdict = &host.borrow().verdict;
    verdict.denial.is_some() || verdict.redirect.is_some()
}

/// What a rule may set in its context and is not served, names itself.
fn refuse_unserved(context: &Value, login: &LoginEvent) -> Result<(), Failure> {
    if context.get("multifactor").is_some_and(|value| !value.is_null()) {
        return Err(Failure::NotServed("context.multifactor".to_owned()));
    }
    if context.get("primaryUser").and_then(Value::as_str).is_some_and(|id| id != login.user.id.as_str()) {
        return Err(Failure::NotServed("context.primaryUser".to_owned()));
    }
    Ok(())
}

/// What rules want in the tokens: `context.accessToken` and `context.idToken`.
fn take_tokens(context: &Value, verdict: &mut Verdict) -> Result<(), Failure> {
    let members = |name: &str| context.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut access = members("accessToken");
    let scope = match access.remove("scope") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(Value::Array(names)) => {
            Some(names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        Some(_) => return Err(Failure::Threw("context.accessToken.scope is no list".to_owned())),
    };
    if let Some(scope) = scope {
        let scope = Scope::parse(&scope);
        let scope = scope.map_err(|_| Failure::Threw("context.accessToken.scope is no scope".to_owned()))?;
        verdict.scopes.push(ScopeEdit::Set(scope));
    }
    verdict.access_token_claims.extend(access);
    verdict.id_token_claims.extend(members("idToken"));
    Ok(())
}
