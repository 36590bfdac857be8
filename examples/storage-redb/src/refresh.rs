//! Refresh tokens and their families.

use countersign_jose::Thumbprint;
use countersign_oauth::{Audience, ClientId, FamilyId, Fault, HandleHash, Timestamp, UserId};
use countersign_storage::{CommitError, Conflict, ExchangeRule, RefreshFamily, RefreshToken};

use crate::apply::{Written, conflict};
use crate::documents::{Document as _, Find, Write, join};

/// Whether one of a token's successors has been spent.
pub(crate) fn has_spent_successor(stored: &impl Find, handle: &HandleHash) -> Result<bool, Fault> {
    let successors: Vec<RefreshToken> = stored.find("parent", handle.as_bytes())?;
    Ok(successors.iter().any(|successor| successor.spent_at.is_some()))
}

impl Write<'_> {
    pub(crate) fn insert_family(&mut self, record: &RefreshFamily) -> Written {
        if self.get::<RefreshFamily>(&record.id())?.is_some() {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(record)?)
    }

    pub(crate) fn insert_refresh_token(&mut self, record: &RefreshToken) -> Written {
        self.check_alive(&record.family_id)?;
        if self.get::<RefreshToken>(&record.id())?.is_some() {
            return Err(conflict(Conflict::Exists));
        }
        Ok(self.put(record)?)
    }

    // docs:begin exchange
    pub(crate) fn exchange_refresh_token(
        &mut self,
        handle: &HandleHash,
        now: Timestamp,
        rule: ExchangeRule,
    ) -> Written {
        let mut token = self.token_of_living_family(handle)?;
        let allowed = match (rule, token.spent_at) {
            (ExchangeRule::Unspent, spent_at) => spent_at.is_none(),
            (ExchangeRule::WithinLeeway { .. }, None) => false,
            (ExchangeRule::WithinLeeway { since, max_successors }, Some(spent_at)) => {
                spent_at >= since && token.successors < max_successors && !has_spent_successor(self, handle)?
            }
        };
        if !allowed {
            return Err(conflict(Conflict::Spent));
        }
        token.spent_at.get_or_insert(now);
        token.successors = token.successors.saturating_add(1);
        token.last_used_at = token.last_used_at.max(Some(now));
        Ok(self.put(&token)?)
    }
    // docs:end exchange

    /// The later of two touches counts, whichever commits first.
    pub(crate) fn touch_refresh_token(
        &mut self,
        handle: &HandleHash,
        now: Timestamp,
        idle_expires_at: Option<Timestamp>,
    ) -> Written {
        let mut token = self.token_of_living_family(handle)?;
        if token.last_used_at <= Some(now) {
            token.last_used_at = Some(now);
            token.idle_expires_at = idle_expires_at.or(token.idle_expires_at);
            self.put(&token)?;
        }
        Ok(())
    }

    /// Narrows a living family; what it has already stays.
    pub(crate) fn amend_family(
        &mut self,
        id: &FamilyId,
        rotating: bool,
        expires_at: Option<Timestamp>,
        jkt: Option<Thumbprint>,
    ) -> Written {
        let family: Option<RefreshFamily> = self.get(id.as_str().as_bytes())?;
        let family = family.filter(|family| family.ended_at.is_none());
        let mut family = family.ok_or(conflict(Conflict::FamilyEnded))?;
        if jkt.is_some() && family.jkt.is_some() && jkt != family.jkt {
            return Err(conflict(Conflict::Version));
        }
        family.jkt = jkt.or(family.jkt);
        family.expires_at = family.expires_at.into_iter().chain(expires_at).min();
        family.rotating |= rotating;
        Ok(self.put(&family)?)
    }

    fn token_of_living_family(&self, handle: &HandleHash) -> Result<RefreshToken, CommitError> {
        let token: Option<RefreshToken> = self.get(handle.as_bytes())?;
        let token = token.ok_or(conflict(Conflict::FamilyEnded))?;
        self.check_alive(&token.family_id)?;
        Ok(token)
    }

    fn check_alive(&self, id: &FamilyId) -> Written {
        let family: Option<RefreshFamily> = self.get(id.as_str().as_bytes())?;
        let alive = family.is_some_and(|family| family.ended_at.is_none());
        if alive { Ok(()) } else { Err(conflict(Conflict::FamilyEnded)) }
    }

    pub(crate) fn end_family(&mut self, id: &FamilyId, at: Timestamp) -> Written {
        if let Some(mut family) = self.get::<RefreshFamily>(id.as_str().as_bytes())? {
            family.ended_at.get_or_insert(at);
            self.put(&family)?;
        }
        Ok(())
    }

    /// Ends all families that are found by that value.
    pub(crate) fn end_families(&mut self, index: &str, value: &[u8], at: Timestamp) -> Written {
        let found = self.find::<RefreshFamily>(index, value)?;
        found.iter().try_for_each(|family| self.end_family(&family.id, at))
    }

    pub(crate) fn end_families_of(
        &mut self,
        user: &UserId,
        client: Option<&ClientId>,
        audience: Option<&Audience>,
        at: Timestamp,
    ) -> Written {
        for family in self.find::<RefreshFamily>("user", &join(&[user.as_str()]))? {
            let is_for = family.audience.as_ref().map_or("", Audience::as_str);
            if client.is_none_or(|client| family.client_id == *client)
                && audience.is_none_or(|audience| is_for == audience.as_str())
            {
                self.end_family(&family.id, at)?;
            }
        }
        Ok(())
    }

    pub(crate) fn end_non_rotating_families(
        &mut self,
        user: &UserId,
        client: &ClientId,
        audience: Option<&Audience>,
        at: Timestamp,
    ) -> Written {
        for family in self.find::<RefreshFamily>("user", &join(&[user.as_str()]))? {
            if family.client_id == *client && family.audience.as_ref() == audience && !family.rotating {
                self.end_family(&family.id, at)?;
            }
        }
        Ok(())
    }

    /// Whether a family has an unspent token whose idle end is not over.
    fn is_usable(&self, family: &FamilyId, at: Timestamp) -> Result<bool, Fault> {
        let tokens: Vec<RefreshToken> = self.find("family", &join(&[family.as_str()]))?;
        let mut unspent = tokens.iter().filter(|token| token.spent_at.is_none());
        Ok(unspent.any(|token| token.idle_expires_at.is_none_or(|end| at < end)))
    }

    pub(crate) fn cap_families(
        &mut self,
        user: &UserId,
        client: &ClientId,
        keep: u32,
        at: Timestamp,
    ) -> Written {
        let mut living = Vec::new();
        for family in self.find::<RefreshFamily>("user", &join(&[user.as_str()]))? {
            let alive = family.ended_at.is_none() && family.expires_at.is_none_or(|end| at < end);
            if family.client_id == *client && alive && self.is_usable(&family.id, at)? {
                living.push(family);
            }
        }
        living.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        let surplus = living.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
        living.iter().take(surplus).try_for_each(|family| self.end_family(&family.id, at))
    }
}
