use std::sync::Arc;
use std::time::Duration;

use countersign_crypto::{SigningKeys, generate_signing_key};
use countersign_jose::Algorithm;
use countersign_oauth::Fault;
use countersign_openid::published_algorithms;
use countersign_storage::{Change, Changes, CommitError, Conflict, KeyState, SigningKey};

use crate::{Failure, Parts, config::setting};

/// The kinds of key that a tenant has from its first start on. One RSA key serves RS256, RS512 and PS256.
const KINDS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];

/// How often the store is asked whether its keys changed. Within this time a key that another process made
/// is known here, too.
const EVERY: Duration = Duration::from_secs(3);

/// A tenant's signing keys, kept as the store has them.
pub(crate) struct LiveKeys {
    ring: Arc<SigningKeys>,
    parts: Parts,
    /// The version of the configuration that the keys are of; none before the first round.
    version: Option<i64>,
}

impl LiveKeys {
    /// Loads the keys, and makes those that are needed to sign.
    ///
    /// # Errors
    /// When the store fails, or a key does not open under the data key.
    pub(crate) async fn prepare(parts: &Parts) -> Result<Self, Failure> {
        for algorithm in KINDS {
            // Another process may be first; then its key is ours.
            make_if_missing(parts, algorithm, KeyState::Current).await?;
        }
        let keys = parts.storage.signing_keys().await?;
        let ring = SigningKeys::new(keys, parts.sealer.clone())
            .map_err(|fault| Failure::of(setting::DATA_KEY_FILE.key, fault.to_string()))?;
        Ok(Self { ring: Arc::new(ring), parts: parts.clone(), version: None })
    }

    /// The keys, which change while they are used.
    pub(crate) fn ring(&self) -> Arc<SigningKeys> {
        self.ring.clone()
    }

    /// Makes the keys that come next, then follows the store as long as it is polled.
    pub(crate) async fn keep_fresh(mut self) {
        for algorithm in KINDS {
            if let Err(fault) = make_if_missing(&self.parts, algorithm, KeyState::Next).await {
                tracing::warn!(%fault, %algorithm, "the next signing key could not be made");
            }
        }
        loop {
            if let Err(fault) = self.follow().await {
                tracing::error!(%fault, "signing keys could not be read again; those from before are used");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn follow(&mut self) -> Result<(), Fault> {
        // Read before the keys: a change in between is seen at the next round.
        let version = self.parts.storage.configuration_version().await?;
        if self.version != Some(version) {
            let keys = self.parts.storage.signing_keys().await?;
            self.publish_used(&keys).await?;
            self.ring.replace(keys)?;
            self.version = Some(version);
        }
        Ok(())
    }

    /// Marks the keys of an algorithm that is used as published. Later they stay so, whatever is used then:
    /// tokens that they signed may be out.
    async fn publish_used(&self, keys: &[SigningKey]) -> Result<(), Fault> {
        let used = published_algorithms(&*self.parts.storage).await?;
        for algorithm in KINDS.into_iter().filter(|algorithm| used.contains(algorithm)) {
            if keys.iter().any(|key| key.algorithm == algorithm && key.published_at.is_none()) {
                let publish = Change::PublishSigningKeys { algorithm, at: self.parts.clock.now() };
                match self.parts.storage.commit(Changes::none().with(publish)).await {
                    Ok(()) => tracing::info!(%algorithm, "keys are published"),
                    Err(CommitError::Fault(fault)) => return Err(fault),
                    Err(CommitError::Conflict(conflict)) => {
                        return Err(Fault::internal(format!("publishing keys: {conflict:?}")));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Makes a key unless the store has one of that algorithm and state, or gets one from elsewhere meanwhile.
async fn make_if_missing(parts: &Parts, algorithm: Algorithm, state: KeyState) -> Result<(), Fault> {
    let keys = parts.storage.signing_keys().await?;
    if keys.iter().any(|key| key.algorithm == algorithm && key.state == state) {
        return Ok(());
    }
    let key = generate(parts, algorithm, state).await?;
    let kid = key.kid.clone();
    match parts.storage.commit(Changes::none().with(Change::InsertSigningKey(key))).await {
        Ok(()) => {
            tracing::info!(%kid, %algorithm, ?state, "a signing key was made");
            Ok(())
        }
        Err(CommitError::Conflict(Conflict::Exists)) => Ok(()),
        Err(CommitError::Conflict(conflict)) => {
            Err(Fault::internal(format!("storing a signing key: {conflict:?}")))
        }
        Err(CommitError::Fault(fault)) => Err(fault),
    }
}

/// An RSA key takes up to a second, so it is made where it delays nobody.
async fn generate(parts: &Parts, algorithm: Algorithm, state: KeyState) -> Result<SigningKey, Fault> {
    let (sealer, random, now) = (parts.sealer.clone(), parts.random.clone(), parts.clock.now());
    let work = move || generate_signing_key(algorithm, state, &*sealer, &*random, now);
    match tokio::task::spawn_blocking(work).await {
        Ok(made) => made,
        Err(_) => Err(Fault::internal("making a signing key was interrupted")),
    }
}
