use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Failure, Running};

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All is done.
    Done,
    /// A second signal cut requests off.
    Cut,
    /// There is something to apply.
    Behind,
}

/// SIGTERM and Ctrl-C, caught from the moment of [`Signals::catch`] on.
pub(crate) struct Signals {
    runtime: Runtime,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches both signals.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn catch() -> Result<Self, Failure> {
        let runtime = crate::runtime()?;
        let deaf = |error: std::io::Error| Failure::new(format!("signals cannot be caught: {error}"));
        let (terminate, interrupt) = {
            let _inside = runtime.enter();
            let terminate = signal(SignalKind::terminate()).map_err(deaf)?;
            (terminate, signal(SignalKind::interrupt()).map_err(deaf)?)
        };
        Ok(Self { runtime, terminate, interrupt })
    }

    /// Serves until the first signal, then drains; a second signal ends it at once.
    ///
    /// # Errors
    /// What ended the server before it was told to.
    pub(crate) fn wait(mut self, running: Running) -> Result<Ended, Failure> {
        let cut = self.runtime.block_on(async {
            let mut asked = false;
            loop {
                tokio::select! {
                    () = running.ended() => return false,
                    _ = self.terminate.recv() => {}
                    _ = self.interrupt.recv() => {}
                }
                if asked {
                    return true;
                }
                asked = true;
                running.drain();
            }
        });
        if cut {
            tracing::warn!("a second signal: requests in flight are cut off");
            running.abandon();
            return Ok(Ended::Cut);
        }
        running.stop().map(|()| Ended::Done)
    }
}
