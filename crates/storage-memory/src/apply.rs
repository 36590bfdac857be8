use countersign_storage::{Change, Changes, Conflict};

use crate::state::State;

impl State {
    /// Checks all requirements against the state as it is, then writes in order.
    pub(crate) fn apply(&mut self, changes: Changes) -> Result<(), Conflict> {
        for requirement in changes.requires {
            if !self.holds(&requirement) {
                return Err(Conflict::Required(requirement));
            }
        }
        changes.writes.into_iter().try_for_each(|change| self.write(change))
    }

    fn write(&mut self, change: Change) -> Result<(), Conflict> {
        match change {
            Change::InsertSingleUse(record) => self.insert_single_use(record),
            Change::SpendSingleUse { kind, handle, now } => self.spend_single_use(kind, handle, now),
            Change::CountSingleUseAttempt { kind, handle, now, limit } => {
                self.count_single_use_attempt((kind, handle), now, limit)
            }
            Change::SetMark { space, mark, until } => self.set_mark(space, mark, until),
            Change::InsertAuthorization(record) => self.insert_authorization(record),
            Change::EndAuthorization { id, at, deny_access_tokens } => {
                self.end_authorization(&id, at, deny_access_tokens);
                Ok(())
            }
            Change::InsertAccessToken(record) => self.insert_access_token(record),
            Change::DenyAccessToken { handle, expires_at, at } => {
                self.deny_access_token(handle, expires_at, at);
                Ok(())
            }
            Change::InsertFamily(record) => self.insert_family(record),
            Change::InsertRefreshToken(record) => self.insert_refresh_token(record),
            Change::ExchangeRefreshToken { handle, now, rule } => {
                self.exchange_refresh_token(handle, now, rule)
            }
            Change::TouchRefreshToken { handle, now, idle_expires_at } => {
                self.touch_refresh_token(handle, now, idle_expires_at)
            }
            Change::AmendFamily { id, rotating, expires_at, jkt } => {
                self.amend_family(&id, rotating, expires_at, jkt)
            }
            Change::EndFamily { id, at } => {
                self.end_families(at, |family| family.id == id);
                Ok(())
            }
            Change::EndFamilies { user, client, audience, at } => {
                self.end_families_of(&user, client.as_ref(), audience.as_ref(), at);
                Ok(())
            }
            Change::EndNonRotatingFamilies { user, client, audience, at } => {
                self.end_families(at, |family| {
                    (&family.user_id, &family.client_id) == (&user, &client)
                        && family.audience == audience
                        && !family.rotating
                });
                Ok(())
            }
            Change::CapFamilies { user, client, keep, at } => {
                self.cap_families(&user, &client, keep, at);
                Ok(())
            }
            Change::InsertSession(record) => self.insert_session(record),
            Change::TouchSession { id, now, idle_expires_at, absolute_expires_at } => {
                self.touch_session(&id, now, idle_expires_at, absolute_expires_at);
                Ok(())
            }
            Change::JoinSession { id, client, at } => {
                self.join_session(id, client, at);
                Ok(())
            }
            Change::EndSession { id, at } => {
                self.end_sessions(at, |session| session.id == id);
                Ok(())
            }
            Change::EndSessionsOfUser { user, at } => {
                self.end_sessions(at, |session| session.user_id == user);
                Ok(())
            }
            Change::GrantConsent(record) => self.grant_consent(record),
            Change::DeleteConsent { id, at } => {
                self.delete_consent(&id, at);
                Ok(())
            }
            Change::UpsertUser(upsert) => self.upsert_user(upsert),
            Change::DeleteUser { id, at } => {
                self.delete_user(&id, at);
                Ok(())
            }
            Change::Rehash { user, old, new } => {
                self.rehash(&user, &old, new);
                Ok(())
            }
            Change::CountLogin { user, at, ip } => {
                self.count_login(&user, at, ip);
                Ok(())
            }
            Change::PatchMetadata { user, user_metadata, app_metadata, at } => {
                self.patch_user(&user, |user| user.patch_metadata(&user_metadata, &app_metadata, at));
                Ok(())
            }
            Change::UpdateFromUpstream(update) => {
                self.patch_user(&update.user, |user| update.apply(user));
                Ok(())
            }
            Change::Log(event) => {
                self.log.push(event);
                Ok(())
            }
            change => {
                self.configuration_version += 1;
                self.configure(change)
            }
        }
    }
}
