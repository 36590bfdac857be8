//! Removal of what is over, children before parents: what still has something hanging from it waits.

use std::collections::BTreeSet;

use countersign_oauth::{AuthorizationId, FamilyId, Fault, Timestamp};
use countersign_storage::{
    AccessToken, Authorization, CommitError, RefreshFamily, RefreshToken, Session, SingleUse,
};

use crate::documents::{Document, Find as _, Write, join};
use crate::records::{Attempt, DrawnFrom, Mark, Participation};

impl Write<'_> {
    /// Removes at most `limit` records of each kind; answers how many in all.
    pub(crate) fn sweep(&mut self, before: Timestamp, limit: u32) -> Result<u64, CommitError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut parents = BTreeSet::new();
        let codes: Vec<SingleUse> = self.sweep_kind(before, limit)?;
        parents.extend(codes.iter().filter_map(|code| code.authorization_id.clone()));
        let tokens: Vec<AccessToken> = self.sweep_kind(before, limit)?;
        parents.extend(tokens.iter().filter_map(|token| token.authorization_id.clone()));
        let mut swept = codes.len() + tokens.len();
        swept += self.sweep_kind::<Mark>(before, limit)?.len();
        swept += self.sweep_kind::<Attempt>(before, limit)?.len();
        swept += self.sweep_kind::<DrawnFrom>(before, limit)?.len();
        let sessions: Vec<Session> = self.sweep_kind(before, limit)?;
        swept += sessions.len();
        for session in &sessions {
            for participation in self.find::<Participation>("session", &join(&[session.id.as_str()]))? {
                self.remove(&participation)?;
            }
        }
        let (refresh_tokens, families) = self.sweep_families(before, limit)?;
        swept += refresh_tokens + families.len();
        parents.extend(families.into_iter().map(|family| family.authorization_id));
        swept += self.sweep_authorizations(&parents, before)?;
        Ok(swept as u64)
    }

    /// Removes the records of a kind that have been over the longest.
    fn sweep_kind<T: Document>(&mut self, before: Timestamp, limit: usize) -> Result<Vec<T>, Fault> {
        let over: Vec<T> = self.earliest("over", before, limit)?;
        over.iter().try_for_each(|record| self.remove(record))?;
        Ok(over)
    }

    /// Tokens go when they or their family are over, a family with its last token.
    fn sweep_families(
        &mut self,
        before: Timestamp,
        limit: usize,
    ) -> Result<(usize, Vec<RefreshFamily>), Fault> {
        let mut over: Vec<RefreshToken> = Vec::new();
        let mut touched: BTreeSet<FamilyId> = BTreeSet::new();
        for family in self.earliest::<RefreshFamily>("over", before, limit)? {
            over.extend(self.find::<RefreshToken>("family", &join(&[family.id.as_str()]))?);
            touched.insert(family.id);
        }
        over.truncate(limit);
        over.iter().try_for_each(|token| self.remove(token))?;
        let mut swept = over.len();
        let idle: Vec<RefreshToken> = self.sweep_kind(before, limit.saturating_sub(swept))?;
        swept += idle.len();
        touched.extend(idle.into_iter().map(|token| token.family_id));
        let mut gone = Vec::new();
        for id in touched {
            let Some(family) = self.get::<RefreshFamily>(id.as_str().as_bytes())? else { continue };
            let left = self.find_one::<RefreshToken>("family", &join(&[id.as_str()]))?;
            if family.created_at < before && left.is_none() {
                self.remove(&family)?;
                gone.push(family);
            }
        }
        Ok((swept, gone))
    }

    /// Removes those that nothing hangs from any more.
    fn sweep_authorizations(
        &mut self,
        ids: &BTreeSet<AuthorizationId>,
        before: Timestamp,
    ) -> Result<usize, Fault> {
        let mut swept = 0;
        for id in ids {
            let Some(record) = self.get::<Authorization>(id.as_str().as_bytes())? else { continue };
            let own = join(&[id.as_str()]);
            let hangs = self.find_one::<SingleUse>("authorization", &own)?.is_some()
                || self.find_one::<AccessToken>("authorization", &own)?.is_some()
                || self.find_one::<RefreshFamily>("authorization", &own)?.is_some();
            if record.created_at < before && !hangs {
                self.remove(&record)?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}
