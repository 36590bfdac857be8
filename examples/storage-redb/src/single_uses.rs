//! One-time artefacts, marks, authorizations and access tokens.

use countersign_oauth::{AuthorizationId, HandleHash, Timestamp};
use countersign_storage::{AccessToken, Authorization, CommitError, Conflict, SingleUse, SingleUseKind};

use crate::apply::{Written, conflict};
use crate::documents::{Document as _, Find as _, Write, join};
use crate::records::{Mark, single_use_id};

type Key = (SingleUseKind, HandleHash);

impl Write<'_> {
    pub(crate) fn insert_single_use(&mut self, record: &SingleUse) -> Written {
        let second = record.second_handle.map(|second| single_use_id(record.kind, &second));
        let second_taken = match second {
            Some(second) => self.find_one::<SingleUse>("second", &second)?.is_some(),
            None => false,
        };
        if second_taken || self.get::<SingleUse>(&record.id())?.is_some() {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(record)?)
    }

    pub(crate) fn spend_single_use(&mut self, key: Key, now: Timestamp) -> Written {
        let mut record = self.unspent(key, now)?;
        record.redeemed_at = Some(now);
        Ok(self.put(&record)?)
    }

    pub(crate) fn count_single_use_attempt(&mut self, key: Key, now: Timestamp, limit: u32) -> Written {
        let mut record = self.unspent(key, now)?;
        record.attempts = record.attempts.saturating_add(1);
        if record.attempts >= limit {
            record.redeemed_at = Some(now);
        }
        Ok(self.put(&record)?)
    }

    fn unspent(&self, (kind, handle): Key, now: Timestamp) -> Result<SingleUse, CommitError> {
        let stored: Option<SingleUse> = self.get(&single_use_id(kind, &handle))?;
        let good = stored.filter(|record| record.redeemed_at.is_none() && now < record.expires_at);
        good.ok_or(conflict(Conflict::Spent))
    }

    pub(crate) fn set_mark(&mut self, space: String, mark: HandleHash, until: Timestamp) -> Written {
        let new = Mark { space, mark, until };
        if self.get::<Mark>(&new.id())?.is_some() {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(&new)?)
    }

    pub(crate) fn insert_authorization(&mut self, record: &Authorization) -> Written {
        if self.get::<Authorization>(&record.id())?.is_some() {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(record)?)
    }

    pub(crate) fn end_authorization(&mut self, id: &AuthorizationId, at: Timestamp, deny: bool) -> Written {
        let own = join(&[id.as_str()]);
        let stored = self.get::<Authorization>(id.as_str().as_bytes())?;
        if let Some(mut record) = stored.filter(|record| record.ended_at.is_none()) {
            record.ended_at = Some(at);
            record.epoch += 1;
            self.put(&record)?;
        }
        self.end_families("authorization", &own, at)?;
        if deny {
            for mut token in self.find::<AccessToken>("authorization", &own)? {
                token.denied_at.get_or_insert(at);
                self.put(&token)?;
            }
        }
        Ok(())
    }

    /// Ends, with their access tokens, all authorizations that are found by that value.
    pub(crate) fn end_authorizations(&mut self, index: &str, value: &[u8], at: Timestamp) -> Written {
        let found = self.find::<Authorization>(index, value)?;
        found.iter().try_for_each(|record| self.end_authorization(&record.id, at, true))
    }

    pub(crate) fn insert_access_token(&mut self, record: &AccessToken) -> Written {
        if self.get::<AccessToken>(&record.id())?.is_none() {
            self.put(record)?;
        }
        Ok(())
    }

    pub(crate) fn deny_access_token(
        &mut self,
        handle: HandleHash,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Written {
        let mut rows = self.find::<AccessToken>("handle", handle.as_bytes())?;
        if rows.is_empty() {
            let (authorization_id, claims, denied_at) = (None, None, None);
            rows.push(AccessToken { handle, authorization_id, claims, expires_at, denied_at });
        }
        for mut row in rows {
            row.denied_at.get_or_insert(at);
            self.put(&row)?;
        }
        Ok(())
    }
}
