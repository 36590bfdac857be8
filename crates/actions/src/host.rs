//! What a script may do: every call of its comes here, as the name of the method and its arguments.

mod claims;
mod fetch;
pub(crate) mod redirect;
mod session;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use countersign_jose::KeyRing;
use countersign_oauth::{BoxFuture, HttpFetch, Timestamp};
use countersign_users::{Denial, LoginEvent, Method, Protocol, Verdict};
use serde_json::{Map, Value, json};

use crate::bound::Bound;
use crate::deadline::Deadline;
use crate::failure::{Failure, shown};
use crate::store::Store;

/// As many bytes of arguments may all calls of a script have.
const ARGUMENTS: usize = 1024 * 1024;
/// As much of what a script prints is kept, in characters.
const PRINTED: usize = 256;

/// Spawns a call to another server on whatever runtime the deployment has.
pub type Spawn = Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>;

/// What all scripts of a process use together.
pub(crate) struct Shared {
    pub(crate) keys: Arc<dyn KeyRing>,
    pub(crate) http: Arc<dyn HttpFetch>,
    pub(crate) spawn: Spawn,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) store: Store,
}

/// What is known of the login before any script runs.
pub(crate) struct Facts {
    pub(crate) user_id: String,
    pub(crate) hostname: String,
    pub(crate) ip: String,
    pub(crate) now: Timestamp,
    pub(crate) can_redirect: bool,
    pub(crate) has_session: bool,
    pub(crate) is_refresh: bool,
    pub(crate) returned: Option<Returned>,
}

/// The return from a redirect.
pub(crate) struct Returned {
    pub(crate) query: Map<String, Value>,
    pub(crate) body: Map<String, Value>,
    /// The `state` that was sent away.
    pub(crate) state: String,
}

impl Facts {
    pub(crate) fn of(event: &LoginEvent) -> Self {
        Self {
            user_id: event.user.id.as_str().to_owned(),
            hostname: event.request.hostname.clone(),
            ip: event.request.ip.clone(),
            now: event.now,
            can_redirect: event.transaction.can_redirect,
            has_session: event.session.is_some(),
            is_refresh: event.transaction.protocol == Protocol::RefreshToken && event.refresh_token.is_some(),
            returned: event.continued.as_ref().map(|continued| Returned {
                query: continued.query.clone(),
                body: continued.body.clone(),
                state: continued.pending.state.clone(),
            }),
        }
    }
}

/// A call's answer: a value, nothing, or the message of the error that the script is thrown.
pub(crate) type Answer = Result<Option<Value>, String>;

/// The scripts of one run, one after the other.
pub(crate) struct Host {
    pub(crate) shared: Arc<Shared>,
    pub(crate) facts: Facts,
    pub(crate) deadline: Deadline,
    pub(crate) script_id: String,
    /// Texts that no message may hold.
    pub(crate) secrets: Vec<String>,
    /// What this script and those before it decided.
    pub(crate) verdict: Verdict,
    /// The rules that ran.
    pub(crate) rules: Vec<String>,
    /// What a rule left for the next one: user and context.
    pub(crate) rule_state: Option<(Value, Value)>,
    /// Why the run ends without a verdict: it stays, whatever the script catches.
    pub(crate) failure: Option<Failure>,
    /// Whether there is one: the engine looks at it and stops the script.
    pub(crate) has_failed: Rc<Cell<bool>>,
    pub(crate) printed: String,
    pub(crate) arguments: usize,
}

impl Host {
    /// A run that begins with what was decided before.
    pub(crate) fn new(shared: Arc<Shared>, facts: Facts, deadline: Deadline, verdict: Verdict) -> Self {
        Self {
            shared,
            facts,
            deadline,
            verdict,
            script_id: String::new(),
            secrets: Vec::new(),
            rules: Vec::new(),
            rule_state: None,
            failure: None,
            has_failed: Rc::default(),
            printed: String::new(),
            arguments: 0,
        }
    }

    /// The next script's turn.
    pub(crate) fn begin(&mut self, script: &Bound) {
        self.script_id.clone_from(&script.id);
        self.secrets = script.secret_texts();
        self.printed.clear();
        self.arguments = 0;
        self.failure = None;
        self.has_failed.set(false);
    }

    /// Does what a script calls.
    pub(crate) fn call(&mut self, op: &str, arguments: &str) -> Answer {
        if self.has_failed.get() {
            return Err("the run has failed".to_owned());
        }
        if op == "console" {
            self.print(arguments);
            return Ok(None);
        }
        self.arguments = self.arguments.saturating_add(arguments.len());
        if self.arguments > ARGUMENTS {
            return self.fail(Failure::TooLarge);
        }
        let arguments: Vec<Value> =
            serde_json::from_str(arguments).map_err(|_| format!("{op} takes no such value"))?;
        let mut arguments = Arguments { op, values: arguments.into_iter() };
        self.dispatch(op, &mut arguments)
    }

    fn dispatch(&mut self, op: &str, arguments: &mut Arguments<'_>) -> Answer {
        match op {
            "accessToken.setCustomClaim" | "idToken.setCustomClaim" => self.set_claim(arguments),
            "accessToken.addScope" | "accessToken.removeScope" => self.edit_scope(arguments),
            "user.setUserMetadata" | "user.setAppMetadata" | "transaction.setMetadata" => {
                self.set_metadata(arguments)
            }
            "access.deny" => self.deny(arguments.text()?, false),
            "authentication.recordMethod" => self.record_method(arguments),
            "redirect.canRedirect" => Ok(Some(Value::Bool(self.facts.can_redirect))),
            "redirect.sendUserTo" => self.send_user_to(arguments),
            "redirect.encodeToken" => self.encode_token(arguments),
            "redirect.validateToken" => self.validate_token(arguments),
            "refreshToken.revoke" => self.revoke_refresh_token(arguments),
            "session.revoke" => self.revoke_session(arguments),
            "session.setExpiresAt" | "session.setIdleExpiresAt" => self.set_session_end(arguments),
            "cache.get" => Ok(self.cached(arguments)?),
            "cache.set" => self.cache(arguments),
            "cache.delete" => self.uncache(arguments),
            "rules.wasExecuted" => Ok(Some(Value::Bool(self.rules.contains(&arguments.text()?)))),
            "fetch" => self.fetch(arguments),
            "missing" => self.fail(Failure::NotServed(arguments.text()?)),
            "absent" => self.absent(&arguments.text()?),
            "failed" => self.failed(arguments),
            "rule.deny" => self.deny(arguments.text()?, true),
            "rule.done" => {
                self.rule_state = Some((arguments.value(), arguments.value()));
                Ok(None)
            }
            _ => self.fail(Failure::NotServed(op.to_owned())),
        }
    }

    /// Ends the run: the script is thrown an error, and the transaction fails even if it is caught.
    pub(crate) fn fail(&mut self, failure: Failure) -> Answer {
        let message = failure.refusal().describe();
        self.failure.get_or_insert(failure);
        self.has_failed.set(true);
        Err(message)
    }

    fn failed(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let (name, message) = (arguments.text()?, arguments.text()?);
        let failure = match Failure::of_error(&name, &message) {
            Failure::Threw(message) => Failure::Threw(shown(&message, &self.secrets)),
            other => other,
        };
        self.failure.get_or_insert(failure);
        Ok(None)
    }

    fn deny(&mut self, reason: String, by_rule: bool) -> Answer {
        self.verdict.denial = Some(Denial { reason: shown(&reason, &self.secrets), by_rule });
        Ok(None)
    }

    /// An Action without the handler that is called: at a login it has nothing to do, at a return it must.
    fn absent(&mut self, handler: &str) -> Answer {
        if handler == crate::run::CONTINUE { self.fail(Failure::NoHandler) } else { Ok(None) }
    }

    fn record_method(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let name = arguments.text()?;
        if !name.starts_with("https://") && !name.starts_with("http://") {
            return Err("recordMethod takes a URL".to_owned());
        }
        self.verdict.methods.push(Method { name, at: self.facts.now });
        Ok(None)
    }

    fn print(&mut self, arguments: &str) {
        let kept = self.printed.chars().count();
        if kept < PRINTED
            && let Ok([text]) = serde_json::from_str::<[String; 1]>(arguments)
        {
            let text = shown(&text, &self.secrets);
            let line = if kept == 0 { text } else { format!(" | {text}") };
            self.printed.extend(line.chars().take(PRINTED - kept));
        }
    }

    fn cached(&self, arguments: &mut Arguments<'_>) -> Result<Option<Value>, String> {
        let entry = self.shared.store.find(&arguments.text()?, self.facts.now);
        Ok(entry.map(|entry| json!({ "value": entry.value, "expires_at": entry.expires_at.millis() })))
    }

    fn cache(&self, arguments: &mut Arguments<'_>) -> Answer {
        let (key, value, options) = (arguments.text()?, arguments.text()?, arguments.object());
        let millis = |name: &str| options.get(name).and_then(Value::as_f64).map(|at| at as i64);
        let at = millis("expires_at");
        let ttl = millis("ttl").map(|ttl| self.facts.now.millis().saturating_add(ttl));
        let until = at.into_iter().chain(ttl).min().map(Timestamp::from_millis);
        Ok(Some(match self.shared.store.put(&key, &value, until, self.facts.now) {
            Ok(entry) => json!({ "type": "success", "record": {
                "value": entry.value, "expires_at": entry.expires_at.millis() } }),
            Err(code) => json!({ "type": "error", "code": code }),
        }))
    }

    fn uncache(&self, arguments: &mut Arguments<'_>) -> Answer {
        let was_there = self.shared.store.remove(&arguments.text()?);
        Ok(Some(if was_there {
            json!({ "type": "success" })
        } else {
            json!({ "type": "error", "code": "ItemNotFound" })
        }))
    }
}

/// A call's arguments, one after the other.
pub(crate) struct Arguments<'a> {
    op: &'a str,
    values: std::vec::IntoIter<Value>,
}

impl Arguments<'_> {
    /// The name of the method.
    pub(crate) fn op(&self) -> &str {
        self.op
    }

    /// The next one; `null` where there is none.
    pub(crate) fn value(&mut self) -> Value {
        self.values.next().unwrap_or_default()
    }

    /// The next one, which must be a text.
    pub(crate) fn text(&mut self) -> Result<String, String> {
        match self.value() {
            Value::String(text) => Ok(text),
            _ => Err(format!("{} takes a string", self.op)),
        }
    }

    /// The next one, if it is a text.
    pub(crate) fn optional_text(&mut self) -> String {
        self.value().as_str().unwrap_or_default().to_owned()
    }

    /// The next one as an object; an empty one where there is none.
    pub(crate) fn object(&mut self) -> Map<String, Value> {
        match self.value() {
            Value::Object(object) => object,
            _ => Map::new(),
        }
    }
}
