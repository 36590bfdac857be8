use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_jose::{PublishedKeys, Verifier};
use countersign_oauth::{FetchRequest, HttpFetch, Seconds, Timestamp};
use futures_util::lock::Mutex as AsyncMutex;

use crate::UpstreamError;
use crate::call::require_json;

/// The key sets that providers publish, kept in memory (SP-145).
///
/// A set is fetched when it is asked for first, when it is an hour old, and when a `kid` is unknown, at most once in
/// 30 seconds and once at a time. While the provider is away, the last set serves for 24 hours.
pub struct UpstreamKeys {
    verifier: Arc<dyn Verifier>,
    sets: Mutex<HashMap<String, Arc<AsyncMutex<Entry>>>>,
}

#[derive(Default)]
struct Entry {
    /// The last call, whatever came of it.
    asked_at: Option<Timestamp>,
    /// The last set that came, and when.
    held: Option<(Arc<PublishedKeys>, Timestamp)>,
}

/// No second call within this time, whoever asks for whatever `kid`.
const BETWEEN_CALLS: Seconds = Seconds(30);
/// A set is asked for anew after this time, so that a key that was withdrawn is forgotten.
const FRESH: Seconds = Seconds(3600);
/// The longest that a set serves while its provider is away.
const STALE: Seconds = Seconds(86_400);
/// The most bytes of a set.
const MAX_BYTES: usize = 128 * 1024;

impl UpstreamKeys {
    /// An empty store.
    #[must_use]
    pub fn new(verifier: Arc<dyn Verifier>) -> Self {
        Self { verifier, sets: Mutex::default() }
    }

    /// The set at `url`, with the key of `kid` in it.
    ///
    /// # Errors
    /// [`UpstreamError::Refused`] where the provider has no such key, [`UpstreamError::Unavailable`] where there is
    /// no set that may be used.
    pub async fn find(
        &self,
        url: &str,
        kid: &str,
        fetch: &dyn HttpFetch,
        now: Timestamp,
    ) -> Result<Arc<PublishedKeys>, UpstreamError> {
        let entry = {
            let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sets.entry(url.to_owned()).or_default())
        };
        // Held over the call: who comes meanwhile waits for what it brings.
        let mut entry = entry.lock().await;
        if entry.must_ask(kid, now) {
            entry.ask(url, fetch, &self.verifier, now).await?;
        }
        entry.usable(kid, now)
    }
}

impl Entry {
    fn must_ask(&self, kid: &str, now: Timestamp) -> bool {
        if self.asked_at.is_some_and(|at| now < at.plus(BETWEEN_CALLS)) {
            return false;
        }
        match &self.held {
            Some((keys, at)) => now >= at.plus(FRESH) || !keys.contains(kid),
            None => true,
        }
    }

    /// Asks for the set. A failure is an error where nothing is held; else what is held serves on.
    async fn ask(
        &mut self,
        url: &str,
        fetch: &dyn HttpFetch,
        verifier: &Arc<dyn Verifier>,
        now: Timestamp,
    ) -> Result<(), UpstreamError> {
        // With a set in hand the call counts when it begins. Without one it counts when it ends, else a caller
        // who hangs up would keep everybody else from the first set.
        if self.held.is_some() {
            self.asked_at = Some(now);
        }
        let asked = fetch_keys(url, fetch, verifier).await;
        self.asked_at = Some(now);
        match asked {
            Ok(keys) => self.held = Some((Arc::new(keys), now)),
            Err(error) if self.held.is_none() => return Err(error),
            Err(_) => {}
        }
        Ok(())
    }

    fn usable(&self, kid: &str, now: Timestamp) -> Result<Arc<PublishedKeys>, UpstreamError> {
        let unavailable = || UpstreamError::Unavailable("there is no current set of its keys".into());
        let (keys, at) = self.held.as_ref().ok_or_else(unavailable)?;
        if now >= at.plus(STALE) {
            return Err(unavailable());
        }
        if keys.contains(kid) {
            return Ok(Arc::clone(keys));
        }
        Err(UpstreamError::refused("connections.id_token", "the provider publishes no such key"))
    }
}

async fn fetch_keys(
    url: &str,
    fetch: &dyn HttpFetch,
    verifier: &Arc<dyn Verifier>,
) -> Result<PublishedKeys, UpstreamError> {
    let request = FetchRequest::get(url).with_header("accept", "application/json");
    let response = fetch.fetch(request).await?;
    if response.status != 200 {
        return Err(UpstreamError::Unavailable(format!("status {} for its keys", response.status).into()));
    }
    require_json(&response)?;
    if response.body.len() > MAX_BYTES {
        return Err(UpstreamError::malformed("the set of keys is too large"));
    }
    PublishedKeys::parse(&response.body, Arc::clone(verifier))
        .map_err(|_| UpstreamError::malformed("what it publishes is no set of keys"))
}

impl std::fmt::Debug for UpstreamKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UpstreamKeys")
    }
}

#[cfg(test)]
mod tests;
