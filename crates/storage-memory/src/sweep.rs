use std::collections::BTreeMap;

use countersign_oauth::Timestamp;

use crate::state::State;

impl State {
    /// Children before parents: what still has something hanging from it waits for the next sweep.
    pub(crate) fn sweep(&mut self, before: Timestamp, limit: u32) -> u64 {
        let past = |end: Option<Timestamp>| end.is_some_and(|end| end < before);
        let mut swept = 0;
        swept += remove(&mut self.single_uses, limit, |_, artefact| artefact.expires_at < before);
        swept += remove(&mut self.marks, limit, |_, until| *until < before);
        swept += remove(&mut self.attempts, limit, |_, (_, until)| *until < before);
        swept += remove(&mut self.token_buckets, limit, |_, bucket| bucket.kept_until() < before);
        swept += remove(&mut self.access_tokens, limit, |_, token| token.expires_at < before);
        swept += remove(&mut self.sessions, limit, |_, session| {
            past(session.ended_at) || session.expires_at < before || session.idle_expires_at < before
        });
        let sessions = &self.sessions;
        self.session_clients.retain(|(session, _), _| sessions.contains_key(session));

        let families = &self.families;
        swept += remove(&mut self.refresh_tokens, limit, |_, token| {
            let family = families.get(&token.family_id);
            let unspent_before = token.spent_at.is_none_or(|spent_at| spent_at < before);
            (past(token.idle_expires_at) && unspent_before)
                || family.is_some_and(|family| past(family.ended_at) || past(family.expires_at))
        });
        let tokens = &self.refresh_tokens;
        swept += remove(&mut self.families, limit, |id, family| {
            family.created_at < before && !tokens.values().any(|token| token.family_id == *id)
        });
        let (codes, families, tokens) = (&self.single_uses, &self.families, &self.access_tokens);
        swept += remove(&mut self.authorizations, u32::MAX, |id, authorization| {
            authorization.created_at < before
                && !codes.values().any(|code| code.authorization_id.as_ref() == Some(id))
                && !families.values().any(|family| family.authorization_id == *id)
                && !tokens.values().any(|token| token.authorization_id.as_ref() == Some(id))
        });
        swept
    }
}

/// Removes at most `limit` entries that are `over`; answers how many.
fn remove<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, limit: u32, over: impl Fn(&K, &V) -> bool) -> u64 {
    let keys: Vec<K> = map
        .iter()
        .filter(|(key, value)| over(key, value))
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .map(|(key, _)| key.clone())
        .collect();
    keys.iter().filter_map(|key| map.remove(key)).map(|_| 1).sum()
}
