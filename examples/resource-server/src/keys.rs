use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use countersign_dpop::P256Verifier;
use countersign_jose::PublishedKeys;
use countersign_oauth::{Seconds, Timestamp};

/// Keys are fetched no more often than this, however many tokens name a key that is not known: a forged `kid`
/// must not make this API a weapon against its issuer.
const AT_MOST_EVERY: Seconds = Seconds(30);
/// Keys older than this are fetched again, so that a key that the issuer withdrew is not trusted for long.
const FRESH_FOR: Seconds = Seconds(600);
/// Keys that cannot be fetched again are used for so long.
const USABLE_FOR: Seconds = Seconds(24 * 3600);
/// How long a fetch may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the keys could not be fetched; for the log.
#[derive(Debug, Clone)]
pub struct FetchError(pub String);

/// Where the issuer's JWK Set comes from.
pub trait FetchKeys: Send + Sync {
    /// Fetches the bytes of the set.
    ///
    /// # Errors
    /// [`FetchError`] when there are none.
    fn fetch(&self) -> Result<Vec<u8>, FetchError>;
}

/// Fetches from `jwks_uri`.
pub struct Http {
    agent: ureq::Agent,
    url: String,
}

impl Http {
    /// Reads from this URL, which must be `https` or on this machine; a redirect is no answer.
    ///
    /// # Errors
    /// [`FetchError`] for another URL.
    pub fn new(url: &str) -> Result<Self, FetchError> {
        let local = ["http://localhost:", "http://127.0.0.1:", "http://[::1]:"];
        if !url.starts_with("https://") && !local.iter().any(|start| url.starts_with(start)) {
            return Err(FetchError(format!("{url} is neither https nor on this machine")));
        }
        let config = ureq::Agent::config_builder().max_redirects(0).timeout_global(Some(PATIENCE)).build();
        Ok(Self { agent: config.new_agent(), url: url.to_owned() })
    }
}

impl FetchKeys for Http {
    fn fetch(&self) -> Result<Vec<u8>, FetchError> {
        let failed = |error: ureq::Error| FetchError(format!("{}: {error}", self.url));
        let mut response = self.agent.get(&self.url).call().map_err(failed)?;
        if response.status() != 200 {
            return Err(FetchError(format!("{} answered {}", self.url, response.status())));
        }
        let limit = PublishedKeys::MAX_BYTES as u64;
        response.body_mut().with_config().limit(limit).read_to_vec().map_err(failed)
    }
}

/// The issuer's keys, fetched when they are needed and at a bounded pace.
pub struct IssuerKeys {
    source: Box<dyn FetchKeys>,
    held: RwLock<Held>,
    /// Whoever holds it fetches; the others wait for what comes, or go on with what they have.
    fetching: Mutex<()>,
}

#[derive(Clone, Default)]
struct Held {
    keys: Option<Arc<PublishedKeys>>,
    fetched: Option<Timestamp>,
    tried: Option<Timestamp>,
}

impl Held {
    fn is_younger_than(&self, age: Seconds, now: Timestamp) -> bool {
        self.fetched.is_some_and(|at| now < at.plus(age))
    }
}

impl IssuerKeys {
    /// No keys yet: they come with the first token.
    #[must_use]
    pub fn new(source: Box<dyn FetchKeys>) -> Self {
        Self { source, held: RwLock::default(), fetching: Mutex::new(()) }
    }

    /// The keys to verify a token of that `kid` with, fetched again if they do not know it or are old.
    ///
    /// `None`: no keys can be had, so nothing can be said about any token.
    pub fn find(&self, kid: &str, now: Timestamp) -> Option<Arc<PublishedKeys>> {
        let held = self.held();
        let known = held.keys.as_ref().is_some_and(|keys| keys.contains(kid));
        if !(known && held.is_younger_than(FRESH_FOR, now)) {
            self.refresh(known && held.is_younger_than(USABLE_FOR, now), now);
        }
        let held = self.held();
        held.keys.clone().filter(|_| held.is_younger_than(USABLE_FOR, now))
    }

    fn refresh(&self, can_go_on: bool, now: Timestamp) {
        let turn = match self.fetching.try_lock() {
            Ok(turn) => turn,
            Err(_) if can_go_on => return,
            Err(_) => self.fetching.lock().unwrap_or_else(PoisonError::into_inner),
        };
        // Whoever waited finds what was fetched meanwhile.
        if self.held().tried.is_some_and(|at| now < at.plus(AT_MOST_EVERY)) {
            return;
        }
        let parse = |set: Vec<u8>| {
            PublishedKeys::parse(&set, Arc::new(P256Verifier)).map_err(|error| FetchError(error.to_string()))
        };
        let fetched = self.source.fetch().and_then(parse);
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.tried = Some(now);
        match fetched {
            Ok(keys) => (held.keys, held.fetched) = (Some(Arc::new(keys)), Some(now)),
            Err(FetchError(why)) => eprintln!("the issuer's keys could not be fetched: {why}"),
        }
        drop(turn);
    }

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
