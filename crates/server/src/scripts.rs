//! The tenant's Actions and rules, as a server runs them.

use std::sync::Arc;
use std::thread;

use countersign_actions::{Actions, ActionsOptions, ActionsParts};
use countersign_jose::KeyRing;
use countersign_oauth::BoxFuture;
use countersign_users::PostLogin;

use crate::Parts;

/// The hook that runs what the tenant binds.
pub(crate) fn hook(parts: &Parts, keys: &Arc<dyn KeyRing>, options: &ActionsOptions) -> Arc<dyn PostLogin> {
    let parts = ActionsParts {
        sealer: parts.sealer.clone(),
        keys: keys.clone(),
        http: parts.fetch.clone(),
        spawn: Arc::new(call),
    };
    Arc::new(Actions::new(parts, options.clone()))
}

/// A script's call to another server has a thread of its own, beside the script's that waits for it, so that none of
/// the threads that serve is held up. A script makes one call at a time, and the client bounds how many there are.
fn call(call: BoxFuture<'static, ()>) {
    let run = move || match crate::runtime() {
        Ok(runtime) => runtime.block_on(call),
        Err(failure) => tracing::error!(%failure, "a script's call cannot be made"),
    };
    // Without it the call is dropped, and the script is told that it failed.
    if let Err(error) = thread::Builder::new().name("scripts-call".to_owned()).spawn(run) {
        tracing::error!(%error, "a script's call cannot be made");
    }
}
