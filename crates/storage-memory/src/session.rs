use countersign_oauth::{Audience, ClientId, ConsentId, SessionId, Timestamp};
use countersign_storage::{Authorization, Conflict, Consent, Session};

use crate::state::State;

impl State {
    pub(crate) fn insert_session(&mut self, record: Session) -> Result<(), Conflict> {
        let taken = self.sessions.values().any(|other| other.handle == record.handle);
        if taken || self.sessions.contains_key(&record.id) {
            return Err(Conflict::Exists);
        }
        self.sessions.insert(record.id.clone(), record);
        Ok(())
    }

    pub(crate) fn touch_session(
        &mut self,
        id: &SessionId,
        now: Timestamp,
        idle_expires_at: Timestamp,
        absolute_expires_at: Timestamp,
    ) {
        if let Some(session) = self.sessions.get_mut(id).filter(|session| session.is_alive(now)) {
            session.idle_expires_at = session.idle_expires_at.max(idle_expires_at);
            session.expires_at = session.expires_at.min(absolute_expires_at);
        }
    }

    pub(crate) fn join_session(&mut self, id: SessionId, client: ClientId, at: Timestamp) {
        if self.sessions.contains_key(&id) {
            self.session_clients.entry((id, client)).or_insert(at);
        }
    }

    pub(crate) fn end_sessions(&mut self, at: Timestamp, chosen: impl Fn(&Session) -> bool) {
        for session in self.sessions.values_mut().filter(|s| s.ended_at.is_none() && chosen(s)) {
            session.ended_at = Some(at);
            session.epoch += 1;
        }
    }

    pub(crate) fn grant_consent(&mut self, record: Consent) -> Result<(), Conflict> {
        let standing = self.consents.values_mut().find(|other| {
            other.user_id == record.user_id
                && other.client_id == record.client_id
                && other.audience == record.audience
                && other.organization_id == record.organization_id
        });
        if let Some(standing) = standing {
            standing.scope = standing.scope.union(&record.scope);
        } else if self.consents.contains_key(&record.id) {
            return Err(Conflict::Exists);
        } else {
            self.consents.insert(record.id.clone(), record);
        }
        Ok(())
    }

    pub(crate) fn delete_consent(&mut self, id: &ConsentId, at: Timestamp) {
        if let Some(gone) = self.consents.remove(id) {
            self.end_families_of(&gone.user_id, Some(&gone.client_id), Some(&gone.audience), at);
            let of_it = |record: &Authorization| {
                record.user_id == gone.user_id
                    && record.client_id == gone.client_id
                    && record.audience.as_ref().map_or("", Audience::as_str) == gone.audience.as_str()
            };
            let ids: Vec<_> =
                self.authorizations.values().filter(|record| of_it(record)).map(|r| r.id.clone()).collect();
            for id in ids {
                self.end_authorization(&id, at, false);
            }
        }
    }
}
