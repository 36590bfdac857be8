//! Rotation and revocation of signing keys.

use std::sync::Arc;

use countersign_crypto::generate_signing_key;
use countersign_jose::Algorithm;
use countersign_oauth::{Fault, KeyId, Sealer, Seconds, SecureRandom, Timestamp};
use countersign_storage::{Change, Changes, CommitError, Conflict, KeyState, LogEvent, SigningKey, Storage};

/// A key is published this long before it signs: `max-age` and `stale-while-revalidate` of the published keys,
/// and a minute. By then every cache has it.
const PUBLISHED_BEFORE_USE: Seconds = Seconds(90);

/// The longest life that a token of ours may have: that of an access token, 30 days.
const LONGEST_LIFE: Seconds = Seconds(2_592_000);

/// What a change of keys needs: the store, the data key, random bytes and the time.
#[derive(Clone)]
pub struct KeyChange {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// The data key.
    pub sealer: Arc<dyn Sealer>,
    /// Unpredictable bytes.
    pub random: Arc<dyn SecureRandom>,
    /// The time of the change.
    pub now: Timestamp,
}

/// Why keys were not changed.
#[derive(Debug)]
pub enum KeyChangeError {
    /// Caches may not have the next key yet.
    NotPublishedLongEnough {
        /// The next key.
        kid: KeyId,
        /// How long it is still to be published before it signs.
        wait: Seconds,
    },
    /// The key signs now, or tokens that it signed may be valid still.
    InUse {
        /// When the last of them expires, where that is known.
        until: Option<Timestamp>,
    },
    /// No key of that id, or one that was revoked before.
    Unknown,
    /// Another change came first.
    LostRace,
    /// The store or the cryptography failed.
    Fault(Fault),
}

impl From<Fault> for KeyChangeError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl std::fmt::Display for KeyChangeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotPublishedLongEnough { kid, wait } => write!(
                f,
                "the next key {kid} is published too short a time: wait {} s, or tokens fail where keys are cached \
                 (--force rotates at once)",
                wait.0
            ),
            Self::InUse { until: None } => f.write_str(
                "the key signs now: rotate first, or --force ends every token that it signed at once",
            ),
            Self::InUse { until: Some(until) } => write!(
                f,
                "tokens that the key signed may be valid until {}: wait, or --force ends them at once",
                until.to_iso8601()
            ),
            Self::Unknown => {
                f.write_str("there is no such key, or it was revoked: `keys list` shows those there are")
            }
            Self::LostRace => f.write_str("another change of the keys came first"),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

impl std::error::Error for KeyChangeError {}

/// A key that signs from now on, and the one that it follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The algorithm; one RSA key serves several and goes by RS256.
    pub algorithm: Algorithm,
    /// What signs now.
    pub current: KeyId,
    /// What signed before, published still.
    pub previous: KeyId,
}

impl KeyChange {
    /// All keys that are not revoked, the oldest first.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn list(&self) -> Result<Vec<SigningKey>, Fault> {
        self.storage.signing_keys().await
    }

    /// Lets the next key of every published algorithm sign, keeps the one before it published, and makes a new
    /// next one, in one commit.
    ///
    /// # Errors
    /// [`KeyChangeError::NotPublishedLongEnough`] unless forced; [`KeyChangeError::LostRace`].
    pub async fn rotate(&self, force: bool) -> Result<Vec<Rotated>, KeyChangeError> {
        let keys = self.list().await?;
        let published =
            keys.iter().filter(|key| key.state == KeyState::Current && key.published_at.is_some());
        let (mut changes, mut rotated) = (Changes::none(), Vec::new());
        for current in published {
            let next = self.next_of(&keys, current.algorithm, &mut changes)?;
            if !force {
                self.check_published(&next)?;
            }
            changes = changes
                .with(self.moves(&current.kid, KeyState::Previous))
                .with(self.moves(&next.kid, KeyState::Current))
                .with(Change::InsertSigningKey(self.generate(current.algorithm)?))
                .with(self.logged(format!("Rotate the {} key: {} signs", current.algorithm, next.kid)));
            let (algorithm, previous) = (current.algorithm, current.kid.clone());
            rotated.push(Rotated { algorithm, current: next.kid, previous });
        }
        self.commit(changes).await?;
        Ok(rotated)
    }

    /// Revokes a key: it is no longer published, and our own endpoints refuse what it signed. In the place of a
    /// current key the next one signs at once; a next one is made anew.
    ///
    /// # Errors
    /// [`KeyChangeError::InUse`] unless forced; [`KeyChangeError::Unknown`]; [`KeyChangeError::LostRace`].
    pub async fn revoke(&self, kid: &KeyId, force: bool) -> Result<SigningKey, KeyChangeError> {
        let keys = self.list().await?;
        let key = keys.iter().find(|key| key.kid == *kid).ok_or(KeyChangeError::Unknown)?;
        if !force {
            self.check_unused(key)?;
        }
        let mut changes = Changes::none();
        let heir = match key.state {
            KeyState::Current => Some(self.next_of(&keys, key.algorithm, &mut changes)?),
            KeyState::Next | KeyState::Previous | KeyState::Revoked => None,
        };
        changes = changes.with(self.moves(kid, KeyState::Revoked));
        if let Some(heir) = &heir {
            changes = changes.with(self.moves(&heir.kid, KeyState::Current));
        }
        if heir.is_some() || key.state == KeyState::Next {
            let next = SigningKey {
                published_at: key.published_at.map(|_| self.now),
                ..self.generate(key.algorithm)?
            };
            changes = changes.with(Change::InsertSigningKey(next));
        }
        self.commit(changes.with(self.logged(format!("Revoke the signing key {kid}")))).await?;
        Ok(key.clone())
    }

    /// When the last token that a previous key signed has expired.
    #[must_use]
    pub fn last_token_ends(key: &SigningKey) -> Timestamp {
        key.state_since.plus(LONGEST_LIFE).plus(Seconds(60))
    }

    /// The key that comes next; one is made where a server never ran.
    fn next_of(
        &self,
        keys: &[SigningKey],
        algorithm: Algorithm,
        changes: &mut Changes,
    ) -> Result<SigningKey, Fault> {
        let next = keys.iter().find(|key| key.state == KeyState::Next && key.algorithm == algorithm);
        if let Some(next) = next {
            return Ok(next.clone());
        }
        let made = self.generate(algorithm)?;
        changes.writes.push(Change::InsertSigningKey(made.clone()));
        Ok(made)
    }

    fn generate(&self, algorithm: Algorithm) -> Result<SigningKey, Fault> {
        let key = generate_signing_key(algorithm, KeyState::Next, &*self.sealer, &*self.random, self.now)?;
        Ok(SigningKey { published_at: Some(self.now), ..key })
    }

    fn check_published(&self, next: &SigningKey) -> Result<(), KeyChangeError> {
        let ready = next.published_at.unwrap_or(self.now).plus(PUBLISHED_BEFORE_USE);
        if ready <= self.now {
            return Ok(());
        }
        let wait = Seconds((ready.millis() - self.now.millis() + 999) / 1000);
        Err(KeyChangeError::NotPublishedLongEnough { kid: next.kid.clone(), wait })
    }

    fn check_unused(&self, key: &SigningKey) -> Result<(), KeyChangeError> {
        match key.state {
            KeyState::Current => Err(KeyChangeError::InUse { until: None }),
            KeyState::Previous if self.now < Self::last_token_ends(key) => {
                Err(KeyChangeError::InUse { until: Some(Self::last_token_ends(key)) })
            }
            KeyState::Next | KeyState::Previous | KeyState::Revoked => Ok(()),
        }
    }

    fn moves(&self, kid: &KeyId, state: KeyState) -> Change {
        Change::SetKeyState { kid: kid.clone(), state, at: self.now }
    }

    fn logged(&self, description: String) -> Change {
        Change::Log(LogEvent {
            at: self.now,
            event: "sapi".to_owned(),
            rule: None,
            description,
            client_id: None,
            user_id: None,
            ip: String::new(),
            client_ip: None,
            request_id: String::new(),
        })
    }

    async fn commit(&self, changes: Changes) -> Result<(), KeyChangeError> {
        match self.storage.commit(changes).await {
            Ok(()) => Ok(()),
            Err(CommitError::Conflict(Conflict::Exists | Conflict::Version)) => Err(KeyChangeError::LostRace),
            Err(CommitError::Conflict(conflict)) => {
                Err(Fault::internal(format!("changing the signing keys: {conflict:?}")).into())
            }
            Err(CommitError::Fault(fault)) => Err(fault.into()),
        }
    }
}
