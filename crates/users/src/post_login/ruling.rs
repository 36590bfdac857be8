use countersign_oauth::{ErrorCode, OAuthError, Scope, Timestamp, UserId};
use countersign_storage::{Change, Session};

use super::{ScopeEdit, SessionEdits, Verdict};

/// All custom claims that one run sets, as JSON, in bytes (core contract §4.4).
const MAX_CLAIMS_BYTES: usize = 100 * 1024;

impl Verdict {
    /// The scopes after the edits.
    #[must_use]
    pub fn scope(&self, granted: &Scope) -> Scope {
        self.scopes.iter().fold(granted.clone(), |scope, edit| match edit {
            ScopeEdit::Add(more) => scope.union(more),
            ScopeEdit::Remove(name) => scope.filtered(|other| other != name),
            ScopeEdit::Set(all) => all.clone(),
        })
    }

    /// The refusal that it comes to, if it comes to one. A redirect is none.
    #[must_use]
    pub fn refusal(&self) -> Option<OAuthError> {
        let refuse = |rule, reason: &str| {
            let reason: String = reason.chars().filter(|c| !c.is_control()).take(MAX_REASON_CHARS).collect();
            Some(OAuthError::new(ErrorCode::AccessDenied, rule, "{reason}").with("reason", reason))
        };
        if let Some(denial) = &self.denial {
            let rule = if denial.by_rule { "hook.denied_by_rule" } else { "hook.denied" };
            return refuse(rule, &denial.reason);
        }
        if let Some(reason) = &self.revoke_refresh_token {
            return refuse("hook.refresh_token_revoked", reason);
        }
        if let Some(reason) = &self.session.revoke {
            return refuse("hook.session_revoked", reason);
        }
        self.claims_are_too_large().then(|| {
            OAuthError::new(
                ErrorCode::AccessDenied,
                "hook.claims_too_large",
                "The custom claims are larger than 100 KB",
            )
        })
    }

    /// The write of the metadata, if there is any: it happens whether or not tokens are issued.
    #[must_use]
    pub fn metadata(&self, user: &UserId, at: Timestamp) -> Option<Change> {
        let is_nothing = self.user_metadata.is_empty() && self.app_metadata.is_empty();
        (!is_nothing).then(|| Change::PatchMetadata {
            user: user.clone(),
            user_metadata: self.user_metadata.clone(),
            app_metadata: self.app_metadata.clone(),
            at,
        })
    }

    /// What of it is about the tokens of a code that is exchanged later.
    #[must_use]
    pub fn for_tokens(&self) -> Self {
        Self {
            access_token_claims: self.access_token_claims.clone(),
            id_token_claims: self.id_token_claims.clone(),
            scopes: self.scopes.clone(),
            ..Self::default()
        }
    }

    fn claims_are_too_large(&self) -> bool {
        let size = |claims| serde_json::to_vec(claims).map_or(usize::MAX, |bytes| bytes.len());
        let maps = [&self.access_token_claims, &self.id_token_claims];
        let sizes = maps.into_iter().filter(|claims| !claims.is_empty()).map(size);
        sizes.fold(0, usize::saturating_add) > MAX_CLAIMS_BYTES
    }
}

impl SessionEdits {
    /// What they do to a session that is stored. Ends only come earlier, and the idle end moves with the next
    /// activity, never back.
    #[must_use]
    pub fn changes(&self, session: &Session, now: Timestamp) -> Vec<Change> {
        if self.revoke.is_some() {
            return vec![Change::EndSession { id: session.id.clone(), at: now }];
        }
        let end = self.expires_at.filter(|end| *end < session.expires_at);
        let touch = end.map(|absolute_expires_at| Change::TouchSession {
            id: session.id.clone(),
            now,
            idle_expires_at: session.idle_expires_at,
            absolute_expires_at,
        });
        touch.into_iter().collect()
    }

    /// What they do to a session that is about to be stored.
    pub fn apply(&self, session: &mut Session) {
        let earlier = |end: Timestamp, edit: Option<Timestamp>| edit.map_or(end, |edit| end.min(edit));
        session.expires_at = earlier(session.expires_at, self.expires_at);
        session.idle_expires_at = earlier(session.idle_expires_at, self.idle_expires_at);
    }

    /// Whether the refresh tokens of the session end with it.
    #[must_use]
    pub fn ends_refresh_tokens(&self) -> bool {
        self.revoke.is_some() && !self.preserve_refresh_tokens
    }
}

/// More of a reason is cut off: it goes into a URL.
const MAX_REASON_CHARS: usize = 512;

#[cfg(test)]
mod tests;
