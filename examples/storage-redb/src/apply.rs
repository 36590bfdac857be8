//! One method call for each change.

use countersign_oauth::Fault;
use countersign_storage::{
    Authorization, Change, Changes, Client, ClientGrant, CommitError, Conflict, Connection, Consent,
    RecordKind, Requirement, ResourceServer, Session, User,
};

use crate::documents::{Find, Number, Snapshot, Write};
use crate::records::Logged;

/// What a write answers: nothing, or why the whole commit changes nothing.
pub(crate) type Written = Result<(), CommitError>;

pub(crate) fn conflict(conflict: Conflict) -> CommitError {
    CommitError::Conflict(conflict)
}

/// The epoch of a required record, if it is there.
fn epoch(stored: &impl Find, requirement: &Requirement) -> Result<Option<i64>, Fault> {
    let id = requirement.id.as_bytes();
    Ok(match requirement.record {
        RecordKind::User => stored.get::<User>(id)?.map(|record| record.epoch),
        RecordKind::Client => stored.get::<Client>(id)?.map(|record| record.epoch),
        RecordKind::ClientGrant => stored.get::<ClientGrant>(id)?.map(|record| record.epoch),
        RecordKind::ResourceServer => stored.get::<ResourceServer>(id)?.map(|record| record.epoch),
        RecordKind::Consent => stored.get::<Consent>(id)?.map(|record| record.epoch),
        RecordKind::Session => stored.get::<Session>(id)?.map(|record| record.epoch),
        RecordKind::Authorization => stored.get::<Authorization>(id)?.map(|record| record.epoch),
        RecordKind::Connection => stored.get::<Connection>(id)?.map(|record| record.epoch),
    })
}

fn find_unmet(stored: &impl Find, requires: &[Requirement]) -> Result<Option<Conflict>, Fault> {
    for requirement in requires {
        if epoch(stored, requirement)? != Some(requirement.epoch) {
            return Ok(Some(Conflict::Required(requirement.clone())));
        }
    }
    Ok(None)
}

impl Snapshot {
    /// The first requirement that does not hold.
    pub(crate) fn find_unmet(&self, requires: &[Requirement]) -> Result<Option<Conflict>, Fault> {
        find_unmet(self, requires)
    }
}

impl Write<'_> {
    /// Checks all requirements against what is stored, then writes in order.
    pub(crate) fn apply(&mut self, changes: Changes) -> Written {
        if let Some(unmet) = find_unmet(self, &changes.requires)? {
            return Err(conflict(unmet));
        }
        changes.writes.into_iter().try_for_each(|change| self.write(change))
    }

    fn write(&mut self, change: Change) -> Written {
        match change {
            Change::InsertSingleUse(record) => self.insert_single_use(&record),
            Change::SpendSingleUse { kind, handle, now } => self.spend_single_use((kind, handle), now),
            Change::CountSingleUseAttempt { kind, handle, now, limit } => {
                self.count_single_use_attempt((kind, handle), now, limit)
            }
            Change::SetMark { space, mark, until } => self.set_mark(space, mark, until),
            Change::InsertAuthorization(record) => self.insert_authorization(&record),
            Change::EndAuthorization { id, at, deny_access_tokens } => {
                self.end_authorization(&id, at, deny_access_tokens)
            }
            Change::InsertAccessToken(record) => self.insert_access_token(&record),
            Change::DenyAccessToken { handle, expires_at, at } => {
                self.deny_access_token(handle, expires_at, at)
            }
            Change::InsertFamily(record) => self.insert_family(&record),
            Change::InsertRefreshToken(record) => self.insert_refresh_token(&record),
            Change::ExchangeRefreshToken { handle, now, rule } => {
                self.exchange_refresh_token(&handle, now, rule)
            }
            Change::TouchRefreshToken { handle, now, idle_expires_at } => {
                self.touch_refresh_token(&handle, now, idle_expires_at)
            }
            Change::AmendFamily { id, rotating, expires_at, jkt } => {
                self.amend_family(&id, rotating, expires_at, jkt)
            }
            Change::EndFamily { id, at } => self.end_family(&id, at),
            Change::EndNonRotatingFamilies { user, client, audience, at } => {
                self.end_non_rotating_families(&user, &client, audience.as_ref(), at)
            }
            Change::EndFamilies { user, client, audience, at } => {
                self.end_families_of(&user, client.as_ref(), audience.as_ref(), at)
            }
            Change::CapFamilies { user, client, keep, at } => self.cap_families(&user, &client, keep, at),
            Change::InsertSession(record) => self.insert_session(&record),
            Change::TouchSession { id, now, idle_expires_at, absolute_expires_at } => {
                self.touch_session(&id, now, idle_expires_at, absolute_expires_at)
            }
            Change::JoinSession { id, client, at } => self.join_session(id, client, at),
            Change::EndSession { id, at } => self.end_session(&id, at),
            Change::EndSessionsOfUser { user, at } => self.end_sessions_of(&user, at),
            Change::GrantConsent(record) => self.grant_consent(record),
            Change::DeleteConsent { id, at } => self.delete_consent(&id, at),
            Change::UpsertUser(upsert) => self.upsert_user(upsert),
            Change::DeleteUser { id, at } => self.delete_user(&id, at),
            Change::Rehash { user, old, new } => self.rehash(&user, &old, new),
            Change::CountLogin { user, at, ip } => self.count_login(&user, at, ip),
            Change::PatchMetadata { user, user_metadata, app_metadata, at } => {
                self.patch_user(&user, |user| user.patch_metadata(&user_metadata, &app_metadata, at))
            }
            Change::UpdateFromUpstream(update) => self.patch_user(&update.user, |user| update.apply(user)),
            Change::Log(event) => {
                let place = self.raise(Number::Made, 1)?.unsigned_abs();
                Ok(self.put(&Logged { place, event })?)
            }
            change => {
                self.raise(Number::Configuration, 1)?;
                self.configure(change)
            }
        }
    }
}
