//! A tenant's own code, as a test writes it.

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use countersign_oauth::{BoxFuture, Error, Fault};
use countersign_storage::Reads;
use countersign_users::{LoginEvent, PostLogin, Verdict};

type Code = Box<dyn Fn(&LoginEvent) -> Result<Verdict, Error> + Send + Sync>;

/// Code that decides as a test says, and remembers what it was asked.
pub(crate) struct FakeHook {
    code: Code,
    unbound: AtomicBool,
    asked: Mutex<Vec<LoginEvent>>,
}

#[allow(dead_code, reason = "each test binary uses its part")]
impl FakeHook {
    pub(crate) fn of(
        code: impl Fn(&LoginEvent) -> Result<Verdict, Error> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { code: Box::new(code), unbound: AtomicBool::default(), asked: Mutex::default() })
    }

    /// Code that always decides the same.
    pub(crate) fn says(verdict: Verdict) -> Arc<Self> {
        Self::of(move |_| Ok(verdict.clone()))
    }

    /// From now on nothing is bound.
    pub(crate) fn unbind(&self) {
        self.unbound.store(true, Ordering::SeqCst);
    }

    /// What it was asked since the last call.
    pub(crate) fn take_asked(&self) -> Vec<LoginEvent> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl PostLogin for FakeHook {
    fn is_bound<'a>(&'a self, _: &'a dyn Reads) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(ready(Ok(!self.unbound.load(Ordering::SeqCst))))
    }

    fn run<'a>(&'a self, event: &'a LoginEvent, _: &'a dyn Reads) -> BoxFuture<'a, Result<Verdict, Error>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        Box::pin(ready((self.code)(event)))
    }
}
