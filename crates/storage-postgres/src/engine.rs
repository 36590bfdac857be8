use std::io;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The thread on which connections, their timers and all work on them live.
///
/// A caller only waits for what comes of his work: he may be a plain thread or run in any executor, and when
/// he goes away, the work is done to its end. Nobody can leave half a transaction behind.
pub(crate) struct Engine {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why no work comes to its end: it panicked, or the store is being closed.
pub(crate) struct Gone;

impl Engine {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread =
            std::thread::Builder::new().name("countersign-postgres".to_owned()).spawn(move || {
                // Stopped or dropped: both mean that it is over.
                let _ = runtime.block_on(stopped);
            })?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Starts work at once; who awaits the answer gets what comes of it.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, Gone>> + Send + 'static {
        let done = self.handle.spawn(work);
        async move { done.await.map_err(|_| Gone) }
    }

    /// Blocks this thread until the work is done.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Gone> {
        let (done, answer) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // Who waited is there: he blocks.
            let _ = done.send(work.await);
        });
        answer.recv().map_err(|_| Gone)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
