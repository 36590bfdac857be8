//! Sessions and consents.

use countersign_oauth::{Audience, ClientId, ConsentId, SessionId, Timestamp, UserId};
use countersign_storage::{Authorization, Conflict, Consent, Session};

use crate::apply::{Written, conflict};
use crate::documents::{Find as _, Write, join};
use crate::records::{Participation, whole};

impl Write<'_> {
    pub(crate) fn insert_session(&mut self, record: &Session) -> Written {
        let taken = self.find_one::<Session>("handle", record.handle.as_bytes())?.is_some();
        if taken || self.get::<Session>(record.id.as_str().as_bytes())?.is_some() {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(record)?)
    }

    pub(crate) fn touch_session(
        &mut self,
        id: &SessionId,
        now: Timestamp,
        idle_expires_at: Timestamp,
        absolute_expires_at: Timestamp,
    ) -> Written {
        let stored = self.get::<Session>(id.as_str().as_bytes())?;
        if let Some(mut session) = stored.filter(|session| session.is_alive(now)) {
            session.idle_expires_at = session.idle_expires_at.max(idle_expires_at);
            session.expires_at = session.expires_at.min(absolute_expires_at);
            self.put(&session)?;
        }
        Ok(())
    }

    pub(crate) fn join_session(&mut self, session: SessionId, client: ClientId, at: Timestamp) -> Written {
        let id = join(&[session.as_str(), client.as_str()]);
        let there = self.get::<Session>(session.as_str().as_bytes())?.is_some();
        if there && self.get::<Participation>(&id)?.is_none() {
            self.put(&Participation { session, client, at })?;
        }
        Ok(())
    }

    pub(crate) fn end_session(&mut self, id: &SessionId, at: Timestamp) -> Written {
        let stored = self.get::<Session>(id.as_str().as_bytes())?;
        if let Some(mut session) = stored.filter(|session| session.ended_at.is_none()) {
            session.ended_at = Some(at);
            session.epoch += 1;
            self.put(&session)?;
        }
        Ok(())
    }

    pub(crate) fn end_sessions_of(&mut self, user: &UserId, at: Timestamp) -> Written {
        let sessions = self.find::<Session>("user", &join(&[user.as_str()]))?;
        sessions.iter().try_for_each(|session| self.end_session(&session.id, at))
    }

    pub(crate) fn grant_consent(&mut self, record: Consent) -> Written {
        if let Some(mut standing) = self.find_one::<Consent>("whole", &whole(&record))? {
            standing.scope = standing.scope.union(&record.scope);
            return Ok(self.put(&standing)?);
        }
        if self.get::<Consent>(record.id.as_str().as_bytes())?.is_some() {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(&record)?)
    }

    pub(crate) fn delete_consent(&mut self, id: &ConsentId, at: Timestamp) -> Written {
        let Some(gone) = self.get::<Consent>(id.as_str().as_bytes())? else { return Ok(()) };
        self.remove(&gone)?;
        self.end_families_of(&gone.user_id, Some(&gone.client_id), Some(&gone.audience), at)?;
        for record in self.find::<Authorization>("user", &join(&[gone.user_id.as_str()]))? {
            let audience = record.audience.as_ref().map_or("", Audience::as_str);
            if record.client_id == gone.client_id && audience == gone.audience.as_str() {
                self.end_authorization(&record.id, at, false)?;
            }
        }
        Ok(())
    }
}
