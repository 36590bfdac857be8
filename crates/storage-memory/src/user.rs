use countersign_oauth::{Timestamp, UserId};
use countersign_storage::{Conflict, PasswordHash, Upsert, User};

use crate::configuration::place;
use crate::state::State;

impl State {
    pub(crate) fn upsert_user(&mut self, upsert: Upsert<User>) -> Result<(), Conflict> {
        let stored = self.users.get(&upsert.record.id);
        let mut user = place(stored, upsert, self.floor)?;
        if let Some(stored) = stored {
            user.last_login = stored.last_login;
            user.last_ip.clone_from(&stored.last_ip);
            user.logins_count = stored.logins_count;
        }
        if self.users.values().any(|other| other.id != user.id && clash(other, &user)) {
            return Err(Conflict::Exists);
        }
        self.users.insert(user.id.clone(), user);
        Ok(())
    }

    /// Ended rows stay until the sweep, so that a refresh can say that the user is gone.
    pub(crate) fn delete_user(&mut self, id: &UserId, at: Timestamp) {
        if let Some(gone) = self.users.remove(id) {
            self.floor = self.floor.max(gone.version);
        }
        self.consents.retain(|_, consent| consent.user_id != *id);
        self.end_authorizations(at, |authorization| authorization.user_id == *id);
        self.end_families(at, |family| family.user_id == *id);
        self.end_sessions(at, |session| session.user_id == *id);
    }

    pub(crate) fn rehash(&mut self, user: &UserId, old: &PasswordHash, new: PasswordHash) {
        if let Some(password) = self.users.get_mut(user).and_then(|user| user.password.as_mut())
            && password == old
        {
            *password = new;
        }
    }

    pub(crate) fn patch_user(&mut self, user: &UserId, patch: impl FnOnce(&mut User)) {
        if let Some(user) = self.users.get_mut(user) {
            patch(user);
        }
    }

    pub(crate) fn count_login(&mut self, user: &UserId, at: Timestamp, ip: String) {
        if let Some(user) = self.users.get_mut(user) {
            user.logins_count += 1;
            if user.last_login <= Some(at) {
                user.last_login = Some(at);
                user.last_ip = Some(ip);
            }
        }
    }
}

/// Whether two users share an identifier of their connection, or an identity.
fn clash(one: &User, other: &User) -> bool {
    let shares_identifier = one.connection_id == other.connection_id
        && one.identifiers().any(|mine| other.identifiers().any(|theirs| mine == theirs));
    shares_identifier || shares_identity(one, other)
}

fn shares_identity(one: &User, other: &User) -> bool {
    one.identities.iter().any(|mine| other.identities.iter().any(|theirs| mine.is_same_as(theirs)))
}
