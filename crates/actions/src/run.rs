//! One script in a runtime of its own, which nothing outlives.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Error, Exception, Function, Promise, Runtime};
use serde_json::Value;

use crate::bound::Bound;
use crate::bytecode::CodeCache;
use crate::failure::Failure;
use crate::host::Host;

/// The handler for a login.
pub(crate) const EXECUTE: &str = "onExecutePostLogin";
/// The handler for the return from a redirect.
pub(crate) const CONTINUE: &str = "onContinuePostLogin";

const PRELUDE: &str = include_str!("prelude.js");
/// How deep the engine's stack may get, in bytes; its thread has some more.
const STACK: usize = 512 * 1024;

/// What every run of this process has in common.
pub(crate) struct Engine {
    /// How much memory a script may take, in bytes.
    pub(crate) memory: usize,
    pub(crate) codes: Arc<CodeCache>,
    /// What scripts may require: name and source, wrapped as the engine takes it.
    pub(crate) modules: Arc<HashMap<String, Arc<str>>>,
}

impl Engine {
    /// Runs a script to its end. What it decided is in the host.
    pub(crate) fn run(&self, script: &Bound, input: &Value, host: &Rc<RefCell<Host>>) -> Result<(), Failure> {
        if script.is_too_long {
            return Err(Failure::Invalid);
        }
        let outcome = self.run_in_new_runtime(script, input, host);
        // What the script caught is no less a failure.
        host.borrow_mut().failure.take().map_or(outcome, Err)
    }

    fn run_in_new_runtime(
        &self,
        script: &Bound,
        input: &Value,
        host: &Rc<RefCell<Host>>,
    ) -> Result<(), Failure> {
        let runtime = Runtime::new().map_err(|_| Failure::OutOfMemory)?;
        runtime.set_memory_limit(self.memory);
        runtime.set_max_stack_size(STACK);
        let (deadline, has_failed) = (host.borrow().deadline, Rc::clone(&host.borrow().has_failed));
        runtime.set_interrupt_handler(Some(Box::new(move || has_failed.get() || deadline.is_past())));
        let context = Context::full(&runtime).map_err(|_| Failure::OutOfMemory)?;
        context.with(|ctx| match self.run_in(&ctx, script, input, host) {
            Ok(failure) => failure.map_or(Ok(()), Err),
            Err(_) if deadline.is_past() => Err(Failure::TimedOut),
            Err(error) => Err(failure_of(&ctx, &error)),
        })
    }

    fn run_in<'js>(
        &self,
        ctx: &Ctx<'js>,
        script: &Bound,
        input: &Value,
        host: &Rc<RefCell<Host>>,
    ) -> rquickjs::Result<Option<Failure>> {
        let prelude = self.codes.find(ctx, "prelude", &PRELUDE.into())?.load(ctx)?;
        let code = match self.codes.find(ctx, &script.id, &script.code) {
            Ok(code) => code.load(ctx)?,
            Err(error) => return Ok(Some(not_compiled(failure_of(ctx, &error)))),
        };
        let (door, load) = (door(ctx, host)?, self.loader(ctx)?);
        let promise: Promise<'js> = prelude.call((door, load, code, input.to_string()))?;
        Ok(drive(ctx, &promise, host))
    }
}

impl Engine {
    /// The function that gives a module, if the operator lets scripts require it.
    fn loader<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
        let (modules, codes) = (Arc::clone(&self.modules), Arc::clone(&self.codes));
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, name: String| {
            let Some(source) = modules.get(&name) else {
                let name: String = name.chars().take(64).collect();
                let message = format!("require: '{name}' is not among actions_modules");
                return Err(Exception::throw_message(&ctx, &message));
            };
            codes.find(&ctx, &format!("module {name}"), source)?.load(&ctx)
        })
    }
}

/// The one function by which a script reaches its host.
fn door<'js>(ctx: &Ctx<'js>, host: &Rc<RefCell<Host>>) -> rquickjs::Result<Function<'js>> {
    let host = Rc::clone(host);
    Function::new(ctx.clone(), move |ctx: Ctx<'js>, op: String, arguments: String| {
        match host.borrow_mut().call(&op, &arguments) {
            Ok(answer) => Ok(answer.map(|value| value.to_string())),
            Err(message) => Err(Exception::throw_message(&ctx, &message)),
        }
    })
}

/// Runs what is waiting until the script's promise is settled, time is over, or the run has failed.
fn drive(ctx: &Ctx<'_>, promise: &Promise<'_>, host: &Rc<RefCell<Host>>) -> Option<Failure> {
    let deadline = host.borrow().deadline;
    loop {
        if let Some(failure) = host.borrow().failure.clone() {
            return Some(failure);
        }
        match promise.state() {
            PromiseState::Resolved => return None,
            // The prelude reports what is thrown, unless there is no memory left even for that.
            PromiseState::Rejected => return Some(Failure::OutOfMemory),
            PromiseState::Pending if deadline.is_past() => return Some(Failure::TimedOut),
            PromiseState::Pending if ctx.execute_pending_job() => {}
            // The time ended in the last job, which left nothing that waits.
            PromiseState::Pending if deadline.is_past() => return Some(Failure::TimedOut),
            PromiseState::Pending => return Some(Failure::NeverSettled),
        }
    }
}

/// What a call into the engine failed with, outside of any script's own handlers.
fn failure_of(ctx: &Ctx<'_>, error: &Error) -> Failure {
    match error {
        Error::Exception => match ctx.catch().into_exception() {
            Some(exception) => {
                let name: String = exception.get("name").unwrap_or_default();
                Failure::of_error(&name, &exception.message().unwrap_or_default())
            }
            None => Failure::OutOfMemory,
        },
        Error::Allocation => Failure::OutOfMemory,
        _ => Failure::Invalid,
    }
}

fn not_compiled(failure: Failure) -> Failure {
    match failure {
        Failure::OutOfMemory | Failure::TooDeep => failure,
        _ => Failure::Invalid,
    }
}
