use countersign_oauth::{Seconds, Timestamp};
use countersign_storage::{Change, CookieMode, Session, TenantSettings};

/// How long sessions live under the tenant's settings of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Whether the cookies of new sessions outlive the browser.
    pub persistent: bool,
    /// For sessions whose cookie outlives the browser.
    pub lasting: Limits,
    /// For the others.
    pub ephemeral: Limits,
}

/// One pair of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Without activity.
    pub idle: Seconds,
    /// In any case.
    pub absolute: Seconds,
}

impl SessionLimits {
    /// Reads the limits; hours may be fractions. Ephemeral sessions live as the others where nothing else is
    /// said.
    #[must_use]
    pub fn of(settings: &TenantSettings) -> Self {
        let other = |name: &str| settings.other.get(name).and_then(serde_json::Value::as_f64);
        let (idle, absolute) = (settings.idle_session_lifetime, settings.session_lifetime);
        Self {
            persistent: settings.session_cookie != Some(CookieMode::NonPersistent),
            lasting: Limits { idle: seconds(idle), absolute: seconds(absolute) },
            ephemeral: Limits {
                idle: seconds(other("idle_ephemeral_session_lifetime").unwrap_or(idle)),
                absolute: seconds(other("ephemeral_session_lifetime").unwrap_or(absolute)),
            },
        }
    }

    /// The limits of a session that begins now.
    #[must_use]
    pub fn of_a_new_one(&self) -> Limits {
        if self.persistent { self.lasting } else { self.ephemeral }
    }

    fn of_session(&self, session: &Session) -> Limits {
        if session.persistent { self.lasting } else { self.ephemeral }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturating, and a session of 292 years is long enough")]
fn seconds(hours: f64) -> Seconds {
    Seconds((hours * 3600.0).round() as i64)
}

/// What activity does to a session: its idle end moves. What is stored is measured by the idle lifetime of
/// its birth; [`is_alive`] applies what was lowered since.
#[must_use]
pub fn touch_session(session: &Session, limits: &SessionLimits, now: Timestamp) -> Change {
    let absolute = limits.of_session(session).absolute;
    Change::TouchSession {
        id: session.id.clone(),
        now,
        idle_expires_at: now.plus(session.idle_lifetime),
        absolute_expires_at: session.expires_at.min(session.created_at.plus(absolute)),
    }
}

/// Whether a session is alive under the limits of today: what was lowered since its birth counts at once,
/// what was raised never does.
#[must_use]
pub fn is_alive(session: &Session, limits: &SessionLimits, now: Timestamp) -> bool {
    let limits = limits.of_session(session);
    let lowered_by = Seconds((session.idle_lifetime.0 - limits.idle.0).max(0));
    session.is_alive(now)
        && now < session.created_at.plus(limits.absolute)
        && now.plus(lowered_by) < session.idle_expires_at
}

#[cfg(test)]
mod tests;
