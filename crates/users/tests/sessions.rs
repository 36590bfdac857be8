//! A session in a store, used and left alone, under limits that change.
#![cfg(test)]

use countersign_oauth::{Seconds, Timestamp};
use countersign_storage::{Change, Changes, Commit, Session, Sessions, TenantSettings};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{NOW, block_on, session, settings};
use countersign_users::{SessionLimits, is_alive, touch_session};

fn hours(hours: i64) -> Timestamp {
    NOW.plus(Seconds(hours * 3600))
}

fn limits(idle: f64, absolute: f64) -> SessionLimits {
    SessionLimits::of(&TenantSettings {
        idle_session_lifetime: idle,
        session_lifetime: absolute,
        ..settings()
    })
}

/// A session made at `NOW` with 72 hours idle and 168 in all.
struct Browser(MemoryStorage);

impl Browser {
    fn new() -> Self {
        let storage = MemoryStorage::new();
        block_on(storage.commit(Changes::none().with(Change::InsertSession(session())))).unwrap();
        Self(storage)
    }

    fn session(&self) -> Session {
        block_on(self.0.session(&session().id)).unwrap().unwrap()
    }

    /// Whether the session lets its user in at `now`; if so, that is activity.
    fn visits(&self, limits: &SessionLimits, now: Timestamp) -> bool {
        let session = self.session();
        let alive = is_alive(&session, limits, now);
        if alive {
            block_on(self.0.commit(Changes::none().with(touch_session(&session, limits, now)))).unwrap();
        }
        alive
    }
}

#[test]
fn core_272_idle_and_absolute_limits_end_the_session_and_activity_extends_only_idle() {
    let limits = limits(72.0, 168.0);
    let idle = Browser::new();
    assert!(idle.visits(&limits, hours(71)));
    assert!(!idle.visits(&limits, hours(71 + 72)));

    let busy = Browser::new();
    for hour in [50, 100, 150, 167] {
        assert!(busy.visits(&limits, hours(hour)), "{hour}");
    }
    assert!(busy.visits(&limits, hours(168).minus(Seconds(1))));
    assert!(!busy.visits(&limits, hours(168)));
}

#[test]
fn core_273_lowered_limits_apply_at_the_next_activity() {
    let idle = Browser::new();
    assert!(idle.visits(&limits(72.0, 168.0), hours(10)));
    assert!(idle.visits(&limits(2.0, 168.0), hours(11)), "it was used an hour ago");
    assert!(!idle.visits(&limits(2.0, 168.0), hours(13)), "it was used two hours ago");

    let absolute = Browser::new();
    assert!(absolute.visits(&limits(72.0, 12.0), hours(11)));
    assert!(!absolute.visits(&limits(72.0, 12.0), hours(12)));
}

#[test]
fn core_273_raised_limits_apply_to_new_sessions_alone() {
    let raised = limits(1000.0, 2000.0);
    let idle = Browser::new();
    assert!(!idle.visits(&raised, hours(72)));
    let absolute = Browser::new();
    assert!(absolute.visits(&raised, hours(71)));
    assert!(absolute.visits(&raised, hours(140)));
    assert!(!absolute.visits(&raised, hours(168)));
}

#[test]
fn an_absolute_limit_once_applied_stays_when_it_is_raised_again() {
    let browser = Browser::new();
    assert!(browser.visits(&limits(72.0, 12.0), hours(1)));
    assert!(browser.visits(&limits(72.0, 168.0), hours(2)));
    assert!(!browser.visits(&limits(72.0, 168.0), hours(12)));
}
