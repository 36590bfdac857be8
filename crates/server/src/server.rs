use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use countersign_http::{HttpOptions, Listener, Provider, TlsFiles};
use countersign_jose::KeyRing;
use countersign_storage::Storage;
use tokio::sync::watch;

use crate::drain::Signals;
use crate::{
    Deployment, Ended, Failure, Parts, Protocol, background, config::setting, keys::LiveKeys, provider,
};

/// How requests are served and how serving ends.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Threads that serve requests.
    pub workers: usize,
    /// How long requests are still accepted after `/readyz` says no.
    pub drain_notice: Duration,
    /// How long requests in flight then have.
    pub drain: Duration,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for ServeOptions {
    /// For a test or a developer: one thread, and nothing to wait for.
    fn default() -> Self {
        Self {
            workers: 1,
            drain_notice: Duration::ZERO,
            drain: Duration::from_secs(20),
            trusted_proxies: Vec::new(),
        }
    }
}

/// Bound sockets: with TLS under one certificate, and without.
#[derive(Debug, Default)]
pub struct Sockets {
    /// Without TLS.
    pub http: Vec<TcpListener>,
    /// With TLS.
    pub https: Vec<TcpListener>,
    /// The certificate of the latter.
    pub tls: Option<TlsFiles>,
}

/// How far a stop has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    NotYet,
    Drain,
}

/// A server that runs on threads of its own.
///
/// Dropping it drains it; [`Running::stop`] does the same and says how it ended.
pub struct Running {
    /// What is stored: what HTTP cannot set is set here.
    pub storage: Arc<dyn Storage>,
    /// The endpoints.
    pub provider: Arc<Provider>,
    stop: watch::Sender<Stop>,
    ended: watch::Receiver<bool>,
    thread: Option<JoinHandle<Result<(), Failure>>>,
}

impl Running {
    /// Starts a server that speaks what every Countersign speaks: [`Running::start_speaking`].
    ///
    /// # Errors
    /// [`Failure`]; nothing runs then.
    pub fn start(
        parts: &Parts,
        deployment: &Deployment,
        sockets: Sockets,
        options: ServeOptions,
    ) -> Result<Self, Failure> {
        Self::start_speaking(parts, deployment, Protocol::standard()?, sockets, options)
    }

    /// Starts a server and returns when it accepts requests: keys are there, sockets are served. Not to be
    /// called from within an asynchronous runtime.
    ///
    /// # Errors
    /// [`Failure`]; nothing runs then.
    pub fn start_speaking(
        parts: &Parts,
        deployment: &Deployment,
        protocol: Protocol,
        sockets: Sockets,
        options: ServeOptions,
    ) -> Result<Self, Failure> {
        let (open, works) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(true)));
        let says = (open.clone(), works.clone());
        let keys = crate::runtime()?.block_on(LiveKeys::prepare(parts))?;
        let ring: Arc<dyn KeyRing> = keys.ring();
        let readiness: countersign_http::Readiness =
            Arc::new(move || says.0.load(Ordering::SeqCst) && says.1.load(Ordering::SeqCst));
        let provider = Arc::new(provider::compose(parts, &ring, deployment, protocol, readiness)?);
        let (stop, stopped) = watch::channel(Stop::NotYet);
        let (end, ended) = watch::channel(false);
        let (started, starts) = mpsc::channel();
        let work = Work { provider: provider.clone(), keys, parts: parts.clone(), open, works, options };
        let thread = std::thread::Builder::new()
            .name("countersign".to_owned())
            .spawn(move || {
                let result = work.run(sockets, stopped, started);
                end.send_replace(true);
                result
            })
            .map_err(|error| Failure::new(format!("no thread can be started: {error}")))?;
        let mut running =
            Self { storage: parts.storage.clone(), provider, stop, ended, thread: Some(thread) };
        match starts.recv() {
            Ok(()) => Ok(running),
            // The sender is gone: the server ended before it served anything.
            Err(_) => Err(running.join().err().unwrap_or_else(|| Failure::new("the server did not start"))),
        }
    }

    /// Drains: readiness off at once, requests in flight finish, then everything is closed.
    ///
    /// # Errors
    /// What went wrong while it served.
    pub fn stop(mut self) -> Result<(), Failure> {
        self.drain();
        self.join()
    }

    /// Serves until SIGTERM or Ctrl-C, then drains; a second signal ends it at once. A signal that comes
    /// before this call ends the process as the system does.
    ///
    /// # Errors
    /// When signals cannot be caught, or what ended the server before it was told to.
    pub fn wait_for_signal(self) -> Result<Ended, Failure> {
        Signals::catch()?.wait(self)
    }

    /// Begins to drain and does not wait for the end.
    pub(crate) fn drain(&self) {
        self.stop.send_replace(Stop::Drain);
    }

    /// Waits until the server has ended, by a drain or by a failure.
    pub(crate) async fn ended(&self) {
        let mut ended = self.ended.clone();
        // An error means that the thread is gone, which is an end, too.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Leaves the threads to the end of the process.
    pub(crate) fn abandon(mut self) {
        self.thread = None;
    }

    fn join(&mut self) -> Result<(), Failure> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|_| Err(Failure::new("the server panicked")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.drain();
        if let Err(failure) = self.join() {
            tracing::error!(%failure, "the server ended with a failure");
        }
    }
}

/// What the server's thread takes with it.
struct Work {
    provider: Arc<Provider>,
    keys: LiveKeys,
    parts: Parts,
    /// Off as soon as it drains.
    open: Arc<AtomicBool>,
    /// Whether the store works.
    works: Arc<AtomicBool>,
    options: ServeOptions,
}

impl Work {
    fn run(
        self,
        sockets: Sockets,
        mut stopped: watch::Receiver<Stop>,
        started: mpsc::Sender<()>,
    ) -> Result<(), Failure> {
        let runtime = crate::runtime()?;
        let has_tls = !sockets.https.is_empty();
        let begun = Arc::new(AtomicBool::new(false));
        let begins = begun.clone();
        let (open, notice) = (self.open, self.options.drain_notice);
        // The first poll comes when every socket is served.
        let stop = async move {
            begins.store(true, Ordering::SeqCst);
            let _ = started.send(());
            drop(started);
            let _ = stopped.wait_for(|stop| *stop == Stop::Drain).await;
            open.store(false, Ordering::SeqCst);
            tracing::info!("draining: no longer ready");
            tokio::time::sleep(notice).await;
        };
        let http = HttpOptions {
            workers: self.options.workers,
            drain: self.options.drain,
            trusted_proxies: self.options.trusted_proxies,
        };
        let listeners = listeners(sockets);
        let (provider, keys, parts, works) = (self.provider, self.keys, self.parts, self.works);
        let served = runtime.block_on(async move {
            tokio::spawn(keys.keep_fresh());
            tokio::spawn(background::watch_store(parts.check, works));
            tokio::spawn(background::sweep(parts.storage, parts.clock));
            countersign_http::serve(provider, listeners, http, stop).await
        });
        runtime.shutdown_background();
        served.map_err(|error| match has_tls && !begun.load(Ordering::SeqCst) {
            // What can go wrong before anything is served is the certificate and its key.
            true => Failure::of(setting::TLS_CERTIFICATE_FILE.key, format!("cannot be used: {error}")),
            false => Failure::new(format!("serving failed: {error}")),
        })
    }
}

fn listeners(sockets: Sockets) -> Vec<Listener> {
    let Sockets { http, https, tls } = sockets;
    let plain = http.into_iter().map(|socket| Listener { socket, tls: None });
    // A socket for TLS is never served without.
    let secure = https.into_iter().filter_map(|socket| Some(Listener { socket, tls: Some(tls.clone()?) }));
    secure.chain(plain).collect()
}
