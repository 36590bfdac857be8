//! Users.

use countersign_oauth::{Timestamp, UserId};
use countersign_storage::{Conflict, Consent, PasswordHash, Upsert, User};

use crate::apply::{Written, conflict};
use crate::documents::{Find as _, Write, join};
use crate::records::{identifiers, identities};

impl Write<'_> {
    pub(crate) fn upsert_user(&mut self, upsert: Upsert<User>) -> Written {
        let stored: Option<User> = self.get(upsert.record.id.as_str().as_bytes())?;
        let mut user = self.place(stored.clone(), upsert)?;
        if let Some(stored) = stored {
            user.last_login = stored.last_login;
            user.last_ip = stored.last_ip;
            user.logins_count = stored.logins_count;
        }
        let unique: Vec<_> = identifiers(&user).chain(identities(&user)).collect();
        if self.is_taken(&user, &unique)? {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(&user)?)
    }

    /// Ended rows stay until the sweep, so that a refresh can say that the user is gone.
    pub(crate) fn delete_user(&mut self, id: &UserId, at: Timestamp) -> Written {
        if let Some(gone) = self.get::<User>(id.as_str().as_bytes())? {
            self.delete(gone)?;
        }
        let own = join(&[id.as_str()]);
        for consent in self.find::<Consent>("user", &own)? {
            self.remove(&consent)?;
        }
        self.end_authorizations("user", &own, at)?;
        self.end_families("user", &own, at)?;
        self.end_sessions_of(id, at)
    }

    pub(crate) fn rehash(&mut self, user: &UserId, old: &PasswordHash, new: PasswordHash) -> Written {
        if let Some(mut user) = self.get::<User>(user.as_str().as_bytes())?
            && user.password.as_ref() == Some(old)
        {
            user.password = Some(new);
            self.put(&user)?;
        }
        Ok(())
    }

    /// Changes a user who is there; names stay as they are.
    pub(crate) fn patch_user(&mut self, user: &UserId, patch: impl FnOnce(&mut User)) -> Written {
        if let Some(mut user) = self.get::<User>(user.as_str().as_bytes())? {
            patch(&mut user);
            self.put(&user)?;
        }
        Ok(())
    }

    pub(crate) fn count_login(&mut self, user: &UserId, at: Timestamp, ip: String) -> Written {
        if let Some(mut user) = self.get::<User>(user.as_str().as_bytes())? {
            user.logins_count += 1;
            if user.last_login <= Some(at) {
                user.last_login = Some(at);
                user.last_ip = Some(ip);
            }
            self.put(&user)?;
        }
        Ok(())
    }
}
