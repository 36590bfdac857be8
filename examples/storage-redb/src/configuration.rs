//! Clients, APIs, their grants, connections, settings and keys.

use countersign_jose::Algorithm;
use countersign_oauth::{ClientGrantId, ClientId, ConnectionId, KeyId, ResourceServerId, Timestamp};
use countersign_storage::{
    Change, Client, ClientGrant, CommitError, Conflict, Connection, Consent, KeyState, ResourceServer,
    Script, SigningKey, SingleUse, TenantSettings, Upsert, User,
};

use crate::apply::{Written, conflict};
use crate::documents::{Document, Find as _, FoundBy, Number, Write, join};
use crate::records::{Participation, StoredSettings, triple};

/// A record with a version and an epoch that the store sets.
pub(crate) trait Versioned: Document {
    fn stamp(&mut self) -> (&mut i64, &mut i64);
}

macro_rules! versioned {
    ($($record:ident),*) => {$(
        impl Versioned for $record {
            fn stamp(&mut self) -> (&mut i64, &mut i64) {
                (&mut self.version, &mut self.epoch)
            }
        }
    )*};
}

versioned!(User, Client, ResourceServer, ClientGrant, Connection, Script);

impl Write<'_> {
    pub(crate) fn configure(&mut self, change: Change) -> Written {
        match change {
            Change::UpsertClient(upsert) => self.upsert(upsert, &[]),
            Change::UpsertResourceServer(upsert) => {
                let unique = [("identifier", join(&[upsert.record.identifier.as_str()]))];
                self.upsert(upsert, &unique)
            }
            Change::UpsertClientGrant(upsert) => {
                let ClientGrant { client_id, audience, subject_type, .. } = &upsert.record;
                let unique = [("triple", triple(client_id, audience, *subject_type))];
                self.upsert(upsert, &unique)
            }
            Change::UpsertConnection(upsert) => {
                let unique = [("name", join(&[&upsert.record.name]))];
                self.upsert(upsert, &unique)
            }
            Change::UpsertScript(upsert) => {
                let unique = [("name", join(&[upsert.record.kind.as_str(), &upsert.record.name]))];
                self.upsert(upsert, &unique)
            }
            Change::SetSettings(upsert) => self.set_settings(upsert),
            Change::InsertSigningKey(record) => self.insert_signing_key(&record),
            Change::SetKeyState { kid, state, at } => self.set_key_state(&kid, state, at),
            Change::PublishSigningKeys { algorithm, at } => self.publish_signing_keys(algorithm, at),
            Change::DeleteClient { id, at } => self.delete_client(&id, at),
            Change::DeleteResourceServer { id, at } => self.delete_resource_server(&id, at),
            Change::DeleteClientGrant { id } => self.delete_client_grant(&id),
            Change::DeleteScript { id } => match self.get::<Script>(id.as_str().as_bytes())? {
                Some(gone) => self.delete(gone),
                None => Ok(()),
            },
            Change::DeleteConnection { id, at } => self.delete_connection(&id, at),
            other => Err(countersign_oauth::Fault::internal(format!("this store cannot {other:?}")).into()),
        }
    }

    /// Writes a record that no other shares one of the `unique` values with.
    fn upsert<T: Versioned>(&mut self, upsert: Upsert<T>, unique: &[FoundBy]) -> Written {
        let stored = self.get(&upsert.record.id())?;
        let record = self.place(stored, upsert)?;
        if self.is_taken(&record, unique)? {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(&record)?)
    }

    /// Whether another record has one of these values.
    pub(crate) fn is_taken<T: Document>(&self, record: &T, unique: &[FoundBy]) -> Result<bool, CommitError> {
        for (index, value) in unique {
            if self.find::<T>(index, value)?.iter().any(|other| other.id() != record.id()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The record as it is to be stored: new, or the next version of `stored`.
    pub(crate) fn place<T: Versioned>(&self, stored: Option<T>, upsert: Upsert<T>) -> Result<T, CommitError> {
        let (mut record, raise) = (upsert.record, i64::from(upsert.raise_epoch));
        let (version, epoch) = match (stored, upsert.expected_version) {
            (None, None) => {
                let first = self.number(Number::Floor)? + 1;
                (first, first)
            }
            (Some(_), None) => return Err(conflict(Conflict::Exists)),
            (None, Some(_)) => return Err(conflict(Conflict::Version)),
            (Some(mut stored), Some(expected)) => match stored.stamp() {
                (version, epoch) if *version == expected => (*version + 1, *epoch + raise),
                _ => return Err(conflict(Conflict::Version)),
            },
        };
        let stamp = record.stamp();
        (*stamp.0, *stamp.1) = (version, epoch);
        Ok(record)
    }

    /// Deletes a record; one made anew under its id starts above its version.
    pub(crate) fn delete<T: Versioned>(&mut self, mut gone: T) -> Written {
        self.remove(&gone)?;
        let version = *gone.stamp().0;
        Ok(self.raise_to(Number::Floor, version)?)
    }

    /// Settings that nobody has set are there with version 0.
    fn set_settings(&mut self, upsert: Upsert<TenantSettings>) -> Written {
        let version = self.get::<StoredSettings>(&[])?.map_or(0, |stored| stored.version);
        match upsert.expected_version {
            None if version > 0 => Err(conflict(Conflict::Exists)),
            Some(expected) if version != expected => Err(conflict(Conflict::Version)),
            _ => Ok(self.put(&StoredSettings { record: upsert.record, version: version + 1 })?),
        }
    }

    fn insert_signing_key(&mut self, record: &SigningKey) -> Written {
        let taken = |other: &SigningKey| other.kid == record.kid || holds_place(other, record);
        if self.all()?.iter().any(taken) {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(record)?)
    }

    fn set_key_state(&mut self, kid: &KeyId, state: KeyState, at: Timestamp) -> Written {
        let stored: Option<SigningKey> = self.get(kid.as_str().as_bytes())?;
        let mut moved = stored.ok_or(conflict(Conflict::Version))?;
        if moved.state == KeyState::Revoked && state != KeyState::Revoked {
            return Err(conflict(Conflict::Version));
        }
        if moved.state == state {
            return Ok(());
        }
        (moved.state, moved.state_since) = (state, at);
        if self.all()?.iter().any(|other: &SigningKey| other.kid != *kid && holds_place(other, &moved)) {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(&moved)?)
    }

    fn publish_signing_keys(&mut self, algorithm: Algorithm, at: Timestamp) -> Written {
        for mut key in self.all::<SigningKey>()? {
            if key.algorithm == algorithm && key.published_at.is_none() {
                key.published_at = Some(at);
                self.put(&key)?;
            }
        }
        Ok(())
    }

    fn delete_client(&mut self, id: &ClientId, at: Timestamp) -> Written {
        if let Some(gone) = self.get::<Client>(id.as_str().as_bytes())? {
            self.delete(gone)?;
        }
        let own = join(&[id.as_str()]);
        for grant in self.find::<ClientGrant>("client", &own)? {
            self.delete(grant)?;
        }
        for consent in self.find::<Consent>("client", &own)? {
            self.remove(&consent)?;
        }
        self.end_authorizations("client", &own, at)?;
        self.end_families("client", &own, at)?;
        for mut artefact in self.find::<SingleUse>("client", &own)? {
            artefact.redeemed_at.get_or_insert(at);
            self.put(&artefact)?;
        }
        for participation in self.find::<Participation>("client", &own)? {
            self.remove(&participation)?;
        }
        Ok(())
    }

    fn delete_resource_server(&mut self, id: &ResourceServerId, at: Timestamp) -> Written {
        let Some(gone) = self.get::<ResourceServer>(id.as_str().as_bytes())? else { return Ok(()) };
        let own = join(&[gone.identifier.as_str()]);
        self.delete(gone)?;
        for grant in self.find::<ClientGrant>("audience", &own)? {
            self.delete(grant)?;
        }
        for consent in self.find::<Consent>("audience", &own)? {
            self.remove(&consent)?;
        }
        self.end_families("audience", &own, at)
    }

    fn delete_client_grant(&mut self, id: &ClientGrantId) -> Written {
        let gone = self.get::<ClientGrant>(id.as_str().as_bytes())?;
        gone.map_or(Ok(()), |gone| self.delete(gone))
    }

    fn delete_connection(&mut self, id: &ConnectionId, at: Timestamp) -> Written {
        if let Some(gone) = self.get::<Connection>(id.as_str().as_bytes())? {
            self.delete(gone)?;
        }
        for user in self.find::<User>("connection", &join(&[id.as_str()]))? {
            self.delete_user(&user.id, at)?;
        }
        Ok(())
    }
}

/// Whether `other` has the place that `record` claims: an algorithm has one current and one next key.
fn holds_place(other: &SigningKey, record: &SigningKey) -> bool {
    matches!(record.state, KeyState::Current | KeyState::Next)
        && other.state == record.state
        && other.algorithm == record.algorithm
}
