use countersign_oauth::{Seconds, Timestamp};
use countersign_storage::{Change, CookieMode, Session, TenantSettings};

/// How long sessions live under the tenant's settings of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without activity.
    pub idle: Seconds,
    /// In any case.
    pub absolute: Seconds,
    /// Whether the cookie outlives the browser.
    pub persistent: bool,
}

impl SessionLimits {
    /// Reads the limits; hours may be fractions.
    #[must_use]
    pub fn of(settings: &TenantSettings) -> Self {
        let persistent = settings.session_cookie != Some(CookieMode::NonPersistent);
        let hours = |name: &str, normal: f64| {
            let ephemeral = settings.other.get(name).and_then(serde_json::Value::as_f64);
            if persistent { normal } else { ephemeral.unwrap_or(normal) }
        };
        Self {
            idle: seconds(hours("idle_ephemeral_session_lifetime", settings.idle_session_lifetime)),
            absolute: seconds(hours("ephemeral_session_lifetime", settings.session_lifetime)),
            persistent,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturating, and a session of 292 years is long enough")]
fn seconds(hours: f64) -> Seconds {
    Seconds((hours * 3600.0).round() as i64)
}

/// What activity does to a session: its idle end moves; limits lowered since apply now, raised ones never.
#[must_use]
pub fn touch_session(session: &Session, limits: &SessionLimits, now: Timestamp) -> Change {
    let expires_at = session.expires_at.min(session.created_at.plus(limits.absolute));
    let idle = session.idle_lifetime.min(limits.idle);
    Change::TouchSession {
        id: session.id.clone(),
        now,
        idle_expires_at: now.plus(idle).min(expires_at),
        absolute_expires_at: expires_at,
    }
}

/// Whether a session is alive under the limits of today: what was lowered since counts at once.
#[must_use]
pub fn is_alive(session: &Session, limits: &SessionLimits, now: Timestamp) -> bool {
    session.is_alive(now) && now < session.created_at.plus(limits.absolute)
}
