use countersign_jose::Thumbprint;
use countersign_oauth::{Audience, ClientId, FamilyId, HandleHash, Timestamp, UserId};
use countersign_storage::{Conflict, ExchangeRule, RefreshFamily, RefreshToken};

use crate::state::State;

impl State {
    pub(crate) fn insert_family(&mut self, record: RefreshFamily) -> Result<(), Conflict> {
        if self.families.contains_key(&record.id) {
            return Err(Conflict::Exists);
        }
        self.families.insert(record.id.clone(), record);
        Ok(())
    }

    pub(crate) fn insert_refresh_token(&mut self, record: RefreshToken) -> Result<(), Conflict> {
        if self.families.get(&record.family_id).is_none_or(|family| family.ended_at.is_some()) {
            return Err(Conflict::FamilyEnded);
        }
        if self.refresh_tokens.contains_key(&record.handle) {
            return Err(Conflict::Exists);
        }
        self.refresh_tokens.insert(record.handle, record);
        Ok(())
    }

    pub(crate) fn exchange_refresh_token(
        &mut self,
        handle: HandleHash,
        now: Timestamp,
        rule: ExchangeRule,
    ) -> Result<(), Conflict> {
        let successor_spent = self.has_spent_successor(&handle);
        let token = self.token_of_living_family(handle)?;
        let allowed = match (rule, token.spent_at) {
            (ExchangeRule::Unspent, spent_at) => spent_at.is_none(),
            (ExchangeRule::WithinLeeway { .. }, None) => false,
            (ExchangeRule::WithinLeeway { since, max_successors }, Some(spent_at)) => {
                spent_at >= since && !successor_spent && token.successors < max_successors
            }
        };
        if !allowed {
            return Err(Conflict::Spent);
        }
        token.spent_at.get_or_insert(now);
        token.successors = token.successors.saturating_add(1);
        token.last_used_at = token.last_used_at.max(Some(now));
        Ok(())
    }

    /// The later of two touches counts, whichever commits first.
    pub(crate) fn touch_refresh_token(
        &mut self,
        handle: HandleHash,
        now: Timestamp,
        idle_expires_at: Option<Timestamp>,
    ) -> Result<(), Conflict> {
        let token = self.token_of_living_family(handle)?;
        if token.last_used_at <= Some(now) {
            token.last_used_at = Some(now);
            token.idle_expires_at = idle_expires_at.or(token.idle_expires_at);
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
    ) -> Result<(), Conflict> {
        let family = self.families.get_mut(id).filter(|family| family.ended_at.is_none());
        let family = family.ok_or(Conflict::FamilyEnded)?;
        if jkt.is_some() && family.jkt.is_some() && jkt != family.jkt {
            return Err(Conflict::Version);
        }
        family.jkt = jkt.or(family.jkt.take());
        family.expires_at = family.expires_at.into_iter().chain(expires_at).min();
        family.rotating |= rotating;
        Ok(())
    }

    fn token_of_living_family(&mut self, handle: HandleHash) -> Result<&mut RefreshToken, Conflict> {
        let token = self.refresh_tokens.get_mut(&handle).ok_or(Conflict::FamilyEnded)?;
        let family = self.families.get(&token.family_id).ok_or(Conflict::FamilyEnded)?;
        if family.ended_at.is_some() { Err(Conflict::FamilyEnded) } else { Ok(token) }
    }

    pub(crate) fn has_spent_successor(&self, handle: &HandleHash) -> bool {
        self.refresh_tokens.values().any(|token| token.parent == Some(*handle) && token.spent_at.is_some())
    }

    pub(crate) fn end_families(&mut self, at: Timestamp, chosen: impl Fn(&RefreshFamily) -> bool) {
        for family in self.families.values_mut().filter(|family| chosen(family)) {
            family.ended_at.get_or_insert(at);
        }
    }

    pub(crate) fn end_families_of(
        &mut self,
        user: &UserId,
        client: Option<&ClientId>,
        audience: Option<&Audience>,
        at: Timestamp,
    ) {
        self.end_families(at, |family| {
            family.user_id == *user
                && client.is_none_or(|client| family.client_id == *client)
                && audience.is_none_or(|audience| is_for(family, audience))
        });
    }

    /// Whether a family has an unspent token whose idle end is not over.
    fn is_usable(&self, family: &FamilyId, at: Timestamp) -> bool {
        let mut unspent = self.refresh_tokens.values().filter(|token| token.spent_at.is_none());
        unspent.any(|token| token.family_id == *family && token.idle_expires_at.is_none_or(|end| at < end))
    }

    pub(crate) fn cap_families(&mut self, user: &UserId, client: &ClientId, keep: u32, at: Timestamp) {
        let mut living: Vec<_> = self
            .families
            .values()
            .filter(|f| f.user_id == *user && f.client_id == *client && f.ended_at.is_none())
            .filter(|f| f.expires_at.is_none_or(|end| at < end) && self.is_usable(&f.id, at))
            .map(|family| (family.created_at, family.id.clone()))
            .collect();
        living.sort();
        let surplus = living.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
        for (_, id) in living.into_iter().take(surplus) {
            self.end_families(at, |family| family.id == id);
        }
    }
}

/// Whether a family is for that API; an empty audience means none.
fn is_for(family: &RefreshFamily, audience: &Audience) -> bool {
    family.audience.as_ref().map_or("", Audience::as_str) == audience.as_str()
}
