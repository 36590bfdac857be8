use countersign_oauth::{AuthorizationId, HandleHash, Timestamp};
use countersign_storage::{AccessToken, Authorization, Conflict, SingleUse, SingleUseKind};

use crate::state::State;

impl State {
    pub(crate) fn insert_single_use(&mut self, record: SingleUse) -> Result<(), Conflict> {
        let key = (record.kind, record.handle);
        let taken = self.single_uses.values().any(|other| {
            other.kind == record.kind
                && other.second_handle.is_some()
                && other.second_handle == record.second_handle
        });
        if taken || self.single_uses.contains_key(&key) {
            return Err(Conflict::Exists);
        }
        self.single_uses.insert(key, record);
        Ok(())
    }

    pub(crate) fn spend_single_use(
        &mut self,
        kind: SingleUseKind,
        handle: HandleHash,
        now: Timestamp,
    ) -> Result<(), Conflict> {
        self.unspent((kind, handle), now)?.redeemed_at = Some(now);
        Ok(())
    }

    pub(crate) fn count_single_use_attempt(
        &mut self,
        key: (SingleUseKind, HandleHash),
        now: Timestamp,
        limit: u32,
    ) -> Result<(), Conflict> {
        let record = self.unspent(key, now)?;
        record.attempts = record.attempts.saturating_add(1);
        if record.attempts >= limit {
            record.redeemed_at = Some(now);
        }
        Ok(())
    }

    fn unspent(
        &mut self,
        key: (SingleUseKind, HandleHash),
        now: Timestamp,
    ) -> Result<&mut SingleUse, Conflict> {
        let record = self.single_uses.get_mut(&key).ok_or(Conflict::Spent)?;
        if record.redeemed_at.is_some() || record.expires_at <= now {
            return Err(Conflict::Spent);
        }
        Ok(record)
    }

    pub(crate) fn set_mark(
        &mut self,
        space: String,
        mark: HandleHash,
        until: Timestamp,
    ) -> Result<(), Conflict> {
        let key = (space, mark);
        if self.marks.contains_key(&key) {
            return Err(Conflict::Exists);
        }
        self.marks.insert(key, until);
        Ok(())
    }

    pub(crate) fn insert_authorization(&mut self, record: Authorization) -> Result<(), Conflict> {
        if self.authorizations.contains_key(&record.id) {
            return Err(Conflict::Exists);
        }
        self.authorizations.insert(record.id.clone(), record);
        Ok(())
    }

    pub(crate) fn end_authorization(&mut self, id: &AuthorizationId, at: Timestamp, deny: bool) {
        if let Some(record) = self.authorizations.get_mut(id).filter(|record| record.ended_at.is_none()) {
            record.ended_at = Some(at);
            record.epoch += 1;
        }
        self.end_families(at, |family| family.authorization_id == *id);
        if deny {
            for token in
                self.access_tokens.values_mut().filter(|token| token.authorization_id.as_ref() == Some(id))
            {
                token.denied_at.get_or_insert(at);
            }
        }
    }

    /// Ends, with their access tokens, all authorizations that `chosen` names.
    pub(crate) fn end_authorizations(&mut self, at: Timestamp, chosen: impl Fn(&Authorization) -> bool) {
        let ids: Vec<_> =
            self.authorizations.values().filter(|record| chosen(record)).map(|r| r.id.clone()).collect();
        for id in ids {
            self.end_authorization(&id, at, true);
        }
    }

    pub(crate) fn insert_access_token(&mut self, record: AccessToken) -> Result<(), Conflict> {
        self.access_tokens.entry((record.handle, record.authorization_id.clone())).or_insert(record);
        Ok(())
    }

    /// The row of a token; a denied one first, where several authorizations minted the same bytes.
    pub(crate) fn access_token(&self, handle: &HandleHash) -> Option<AccessToken> {
        let mut rows: Vec<_> = self.access_tokens.values().filter(|row| row.handle == *handle).collect();
        rows.sort_by_key(|row| row.denied_at.is_none());
        rows.first().copied().cloned()
    }

    pub(crate) fn deny_access_token(&mut self, handle: HandleHash, expires_at: Timestamp, at: Timestamp) {
        if self.access_token(&handle).is_none() {
            let unknown =
                AccessToken { handle, authorization_id: None, claims: None, expires_at, denied_at: None };
            self.access_tokens.insert((handle, None), unknown);
        }
        for row in self.access_tokens.values_mut().filter(|row| row.handle == handle) {
            row.denied_at.get_or_insert(at);
        }
    }
}
