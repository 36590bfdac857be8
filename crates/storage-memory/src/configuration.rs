use countersign_oauth::{ClientId, ConnectionId, KeyId, ResourceServerId, Timestamp, UserId};
use countersign_storage::{
    Change, Client, ClientGrant, Conflict, Connection, KeyState, Keyed, ResourceServer, Script, SigningKey,
    TenantSettings, Upsert, User,
};

use crate::state::State;

/// A record with a version and an epoch that the store sets.
pub(crate) trait Versioned {
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

/// The record as it is to be stored: new, or the next version of `stored`.
pub(crate) fn place<T: Versioned + Clone>(
    stored: Option<&T>,
    upsert: Upsert<T>,
    floor: i64,
) -> Result<T, Conflict> {
    let (mut record, raise) = (upsert.record, i64::from(upsert.raise_epoch));
    let (version, epoch) = match (stored.cloned(), upsert.expected_version) {
        (None, None) => (floor + 1, floor + 1),
        (Some(_), None) => return Err(Conflict::Exists),
        (None, Some(_)) => return Err(Conflict::Version),
        (Some(mut stored), Some(expected)) => match stored.stamp() {
            (version, epoch) if *version == expected => (*version + 1, *epoch + raise),
            _ => return Err(Conflict::Version),
        },
    };
    let stamp = record.stamp();
    (*stamp.0, *stamp.1) = (version, epoch);
    Ok(record)
}

/// Puts a record in the place of the one that `same` names, or at the end.
fn put<T>(list: &mut Vec<T>, record: T, same: impl Fn(&T) -> bool) {
    match list.iter_mut().find(|stored| same(stored)) {
        Some(stored) => *stored = record,
        None => list.push(record),
    }
}

impl State {
    /// Writes a change of configuration.
    pub(crate) fn configure(&mut self, change: Change) -> Result<(), Conflict> {
        match change {
            Change::UpsertClient(upsert) => {
                let record = place(self.clients.get(&upsert.record.id), upsert, self.floor)?;
                self.clients.insert(record.id.clone(), record);
            }
            Change::UpsertResourceServer(upsert) => self.upsert_resource_server(upsert)?,
            Change::UpsertClientGrant(upsert) => self.upsert_client_grant(upsert)?,
            Change::UpsertConnection(upsert) => self.upsert_connection(upsert)?,
            Change::UpsertScript(upsert) => self.upsert_script(upsert)?,
            Change::SetSettings(upsert) => self.set_settings(upsert)?,
            Change::InsertSigningKey(record) => self.insert_signing_key(record)?,
            Change::SetKeyState { kid, state, at } => self.set_key_state(&kid, state, at)?,
            Change::PublishSigningKeys { algorithm, at } => {
                let keys = self.signing_keys.iter_mut().filter(|key| key.algorithm == algorithm);
                keys.for_each(|key| {
                    key.published_at.get_or_insert(at);
                });
            }
            Change::DeleteClient { id, at } => self.delete_client(&id, at),
            Change::DeleteResourceServer { id, at } => self.delete_resource_server(&id, at),
            Change::DeleteClientGrant { id } => self.delete_client_grants(|grant| grant.id == id),
            Change::DeleteConnection { id, at } => self.delete_connection(&id, at),
            Change::DeleteScript { id } => {
                for gone in self.scripts.extract_if(.., |script| script.id == id) {
                    self.floor = self.floor.max(gone.version);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn upsert_resource_server(&mut self, upsert: Upsert<ResourceServer>) -> Result<(), Conflict> {
        let stored = self.resource_servers.iter().find(|other| other.id == upsert.record.id);
        let record = place(stored, upsert, self.floor)?;
        if self.resource_servers.iter().any(|o| o.id != record.id && o.identifier == record.identifier) {
            return Err(Conflict::Exists);
        }
        let id = record.id.clone();
        put(&mut self.resource_servers, record, |stored| stored.id == id);
        Ok(())
    }

    fn upsert_client_grant(&mut self, upsert: Upsert<ClientGrant>) -> Result<(), Conflict> {
        let stored = self.client_grants.iter().find(|other| other.id == upsert.record.id);
        let record = place(stored, upsert, self.floor)?;
        let key = |g: &ClientGrant| (g.client_id.clone(), g.audience.clone(), g.subject_type);
        if self.client_grants.iter().any(|other| other.id != record.id && key(other) == key(&record)) {
            return Err(Conflict::Exists);
        }
        let id = record.id.clone();
        put(&mut self.client_grants, record, |stored| stored.id == id);
        Ok(())
    }

    fn upsert_connection(&mut self, upsert: Upsert<Connection>) -> Result<(), Conflict> {
        let stored = self.connections.iter().find(|other| other.id == upsert.record.id);
        let record = place(stored, upsert, self.floor)?;
        if self.connections.iter().any(|other| other.id != record.id && other.name == record.name) {
            return Err(Conflict::Exists);
        }
        let id = record.id.clone();
        put(&mut self.connections, record, |stored| stored.id == id);
        Ok(())
    }

    fn upsert_script(&mut self, upsert: Upsert<Script>) -> Result<(), Conflict> {
        let stored = self.scripts.iter().find(|other| other.id == upsert.record.id);
        let record = place(stored, upsert, self.floor)?;
        let key = |script: &Script| (script.kind, script.name.clone());
        if self.scripts.iter().any(|other| other.id != record.id && key(other) == key(&record)) {
            return Err(Conflict::Exists);
        }
        let id = record.id.clone();
        put(&mut self.scripts, record, |stored| stored.id == id);
        Ok(())
    }

    /// Settings that nobody has set are there with version 0.
    fn set_settings(&mut self, upsert: Upsert<TenantSettings>) -> Result<(), Conflict> {
        let version = self.settings.as_ref().map_or(0, |settings| settings.version);
        match upsert.expected_version {
            None if version > 0 => return Err(Conflict::Exists),
            Some(expected) if version != expected => return Err(Conflict::Version),
            _ => {}
        }
        self.settings = Some(Keyed { record: upsert.record, version: version + 1 });
        Ok(())
    }

    fn insert_signing_key(&mut self, record: SigningKey) -> Result<(), Conflict> {
        if self.signing_keys.iter().any(|other| other.kid == record.kid || holds_place(other, &record)) {
            return Err(Conflict::Exists);
        }
        self.signing_keys.push(record);
        Ok(())
    }

    fn set_key_state(&mut self, kid: &KeyId, state: KeyState, at: Timestamp) -> Result<(), Conflict> {
        let stored = self.signing_keys.iter().find(|key| key.kid == *kid);
        let mut moved = stored.cloned().ok_or(Conflict::Version)?;
        if moved.state == KeyState::Revoked && state != KeyState::Revoked {
            return Err(Conflict::Version);
        }
        if moved.state == state {
            return Ok(());
        }
        (moved.state, moved.state_since) = (state, at);
        if self.signing_keys.iter().any(|other| other.kid != *kid && holds_place(other, &moved)) {
            return Err(Conflict::Exists);
        }
        put(&mut self.signing_keys, moved, |key| key.kid == *kid);
        Ok(())
    }

    fn delete_client(&mut self, id: &ClientId, at: Timestamp) {
        if let Some(gone) = self.clients.remove(id) {
            self.floor = self.floor.max(gone.version);
        }
        self.delete_client_grants(|grant| grant.client_id == *id);
        self.consents.retain(|_, consent| consent.client_id != *id);
        self.end_authorizations(at, |authorization| authorization.client_id == *id);
        self.end_families(at, |family| family.client_id == *id);
        for artefact in self.single_uses.values_mut().filter(|artefact| artefact.client_id == *id) {
            artefact.redeemed_at.get_or_insert(at);
        }
        self.session_clients.retain(|(_, client), _| client != id);
    }

    fn delete_resource_server(&mut self, id: &ResourceServerId, at: Timestamp) {
        let Some(place) = self.resource_servers.iter().position(|record| record.id == *id) else { return };
        let gone = self.resource_servers.remove(place);
        self.floor = self.floor.max(gone.version);
        self.delete_client_grants(|grant| grant.audience == gone.identifier);
        self.consents.retain(|_, consent| consent.audience != gone.identifier);
        self.end_families(at, |family| family.audience.as_ref() == Some(&gone.identifier));
    }

    fn delete_client_grants(&mut self, chosen: impl Fn(&ClientGrant) -> bool) {
        for gone in self.client_grants.extract_if(.., |grant| chosen(grant)) {
            self.floor = self.floor.max(gone.version);
        }
    }

    fn delete_connection(&mut self, id: &ConnectionId, at: Timestamp) {
        for gone in self.connections.extract_if(.., |connection| connection.id == *id) {
            self.floor = self.floor.max(gone.version);
        }
        let users: Vec<UserId> = self
            .users
            .values()
            .filter(|user| user.connection_id == *id)
            .map(|user| user.id.clone())
            .collect();
        for user in users {
            self.delete_user(&user, at);
        }
    }
}

/// Whether `other` has the place that `record` claims: an algorithm has one current and one next key.
fn holds_place(other: &SigningKey, record: &SigningKey) -> bool {
    matches!(record.state, KeyState::Current | KeyState::Next)
        && other.state == record.state
        && other.algorithm == record.algorithm
}
