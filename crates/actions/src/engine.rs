use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use countersign_jose::KeyRing;
use countersign_oauth::{BoxFuture, Error, Fault, HttpFetch, Sealer};
use countersign_storage::Reads;
use countersign_users::{LoginEvent, PostLogin, Verdict};

use crate::bound::{self, Bound, as_module};
use crate::bytecode::CodeCache;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::host::{Shared, Spawn};
use crate::job::Job;
use crate::pool::Pool;
use crate::run::Engine;
use crate::store::Store;

/// What the engine stands on.
#[derive(Clone)]
pub struct ActionsParts {
    /// Opens the values that scripts are given.
    pub sealer: Arc<dyn Sealer>,
    /// Makes and checks the tokens of redirects.
    pub keys: Arc<dyn KeyRing>,
    /// Calls the hosts that scripts may call.
    pub http: Arc<dyn HttpFetch>,
    /// Where such a call runs, while the script's thread waits for it.
    pub spawn: Spawn,
}

/// The limits of scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionsOptions {
    /// As many scripts run at once.
    pub threads: usize,
    /// As many runs wait for a thread.
    pub queue: usize,
    /// How long all scripts of one login may take together, the wait for a thread included.
    pub timeout: Duration,
    /// How much memory one script may take, in bytes.
    pub memory: usize,
    /// The hosts that scripts may call: `api.example.com`, or `api.example.com:8443`.
    pub allowed_hosts: Vec<String>,
    /// The modules that scripts may require: CommonJS sources by name.
    pub modules: BTreeMap<String, String>,
}

impl Default for ActionsOptions {
    fn default() -> Self {
        Self {
            threads: 8,
            queue: 256,
            timeout: Duration::from_secs(20),
            memory: 32 * 1024 * 1024,
            allowed_hosts: Vec::new(),
            modules: BTreeMap::new(),
        }
    }
}

/// Runs a tenant's rules and Actions at the end of a login: the hook's implementation in JavaScript.
pub struct Actions {
    sealer: Arc<dyn Sealer>,
    timeout: Duration,
    engine: Arc<Engine>,
    shared: Arc<Shared>,
    pool: Pool<Result<Verdict, Failure>>,
}

impl Actions {
    /// An engine of these limits. It starts no thread before the first script runs.
    #[must_use]
    pub fn new(parts: ActionsParts, options: ActionsOptions) -> Self {
        let ActionsParts { sealer, keys, http, spawn } = parts;
        let allowed_hosts = options.allowed_hosts;
        let modules = options.modules.iter();
        let modules = modules.map(|(name, source)| (name.clone(), as_module(source).into())).collect();
        let engine = Engine {
            memory: options.memory,
            codes: Arc::new(CodeCache::default()),
            modules: Arc::new(modules),
        };
        Self {
            sealer,
            timeout: options.timeout,
            engine: Arc::new(engine),
            shared: Arc::new(Shared { keys, http, spawn, allowed_hosts, store: Store::default() }),
            pool: Pool::new(options.threads.max(1), options.queue),
        }
    }

    /// Runs scripts that are known.
    pub(crate) async fn run_scripts(
        &self,
        scripts: Vec<Bound>,
        login: &LoginEvent,
    ) -> Result<Verdict, Error> {
        if scripts.is_empty() {
            return match login.continued {
                Some(_) => Err(Failure::Gone.refusal().into()),
                None => Ok(Verdict::default()),
            };
        }
        let deadline = Deadline::after(self.timeout);
        let job = Job {
            engine: Arc::clone(&self.engine),
            shared: Arc::clone(&self.shared),
            login: login.clone(),
            scripts,
            deadline,
        };
        let outcome = self.pool.run(deadline, Err(Failure::TimedOut), move || job.run()).await?;
        outcome.map_err(|failure| failure.refusal().into())
    }
}

impl PostLogin for Actions {
    fn is_bound<'a>(&'a self, reads: &'a dyn Reads) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(bound::is_bound(reads))
    }

    fn run<'a>(
        &'a self,
        event: &'a LoginEvent,
        reads: &'a dyn Reads,
    ) -> BoxFuture<'a, Result<Verdict, Error>> {
        Box::pin(async move {
            let scripts = bound::bound(reads, &*self.sealer).await?;
            self.run_scripts(scripts, event).await
        })
    }
}
