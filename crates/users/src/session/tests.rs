use countersign_testkit::{NOW, session, settings};
use serde_json::json;

use super::*;

const HOUR: i64 = 3600;

fn limits(idle: i64, absolute: i64) -> SessionLimits {
    let pair = Limits { idle: Seconds(idle), absolute: Seconds(absolute) };
    SessionLimits { persistent: true, lasting: pair, ephemeral: pair }
}

fn pair(idle: i64, absolute: i64) -> Limits {
    Limits { idle: Seconds(idle), absolute: Seconds(absolute) }
}

fn after(seconds: i64) -> Timestamp {
    NOW.plus(Seconds(seconds))
}

/// The last second in which the session is alive, counted from its birth.
fn dies_after(session: &Session, limits: &SessionLimits) -> i64 {
    let alive = |seconds: &i64| is_alive(session, limits, after(*seconds));
    let end = (0..=200 * HOUR).step_by(1800).find(|seconds| !alive(seconds)).unwrap();
    assert!(!(end..=200 * HOUR).step_by(1800).any(|seconds| alive(&seconds)), "it came back");
    (end - 1800..=end).find(|seconds| !alive(seconds)).unwrap()
}

#[test]
fn the_defaults_are_three_days_idle_and_seven_in_all() {
    let limits = SessionLimits::of(&settings());
    assert!(limits.persistent);
    assert_eq!(limits.of_a_new_one(), pair(72 * HOUR, 168 * HOUR));
    assert_eq!(dies_after(&session(), &limits), 72 * HOUR);
}

#[test]
fn hours_may_be_fractions() {
    let mut settings = settings();
    settings.idle_session_lifetime = 0.5;
    settings.session_lifetime = 1.0 / 3.0;
    assert_eq!(SessionLimits::of(&settings).lasting, pair(1800, 1200));
    settings.session_lifetime = 1e300;
    assert_eq!(SessionLimits::of(&settings).lasting.absolute, Seconds(i64::MAX));
}

#[test]
fn ephemeral_sessions_have_limits_of_their_own_where_they_are_set() {
    let mut settings = settings();
    settings.other.insert("ephemeral_session_lifetime".to_owned(), json!(2));
    settings.other.insert("idle_ephemeral_session_lifetime".to_owned(), json!(0.25));
    let limits = SessionLimits::of(&settings);
    assert_eq!(limits.of_a_new_one(), pair(72 * HOUR, 168 * HOUR), "persistent is the default");
    settings.session_cookie = Some(CookieMode::NonPersistent);
    let limits = SessionLimits::of(&settings);
    assert!(!limits.persistent);
    assert_eq!(limits.of_a_new_one(), pair(900, 2 * HOUR));

    settings.other.clear();
    assert_eq!(SessionLimits::of(&settings).of_a_new_one(), pair(72 * HOUR, 168 * HOUR));
    settings.session_cookie = Some(CookieMode::Persistent);
    assert!(SessionLimits::of(&settings).persistent);
}

#[test]
fn a_session_is_measured_by_the_limits_of_its_own_kind() {
    let limits = SessionLimits {
        persistent: true,
        lasting: pair(72 * HOUR, 168 * HOUR),
        ephemeral: pair(HOUR, 2 * HOUR),
    };
    let lasting = session();
    let ephemeral = Session { persistent: false, ..session() };
    assert_eq!(dies_after(&lasting, &limits), 72 * HOUR);
    assert_eq!(dies_after(&ephemeral, &limits), HOUR);
}

#[test]
fn what_was_lowered_counts_at_once_and_what_was_raised_never() {
    let table = [
        (limits(72 * HOUR, 168 * HOUR), 72 * HOUR),
        (limits(10 * HOUR, 168 * HOUR), 10 * HOUR),
        (limits(72 * HOUR, 10 * HOUR), 10 * HOUR),
        (limits(10 * HOUR, 5 * HOUR), 5 * HOUR),
        (limits(100 * HOUR, 1000 * HOUR), 72 * HOUR),
        (limits(0, 168 * HOUR), 0),
    ];
    for (limits, end) in table {
        assert_eq!(dies_after(&session(), &limits), end, "{limits:?}");
    }
}

#[test]
fn an_ended_session_is_dead_whatever_the_limits() {
    let ended = Session { ended_at: Some(NOW), ..session() };
    assert!(!is_alive(&ended, &limits(72 * HOUR, 168 * HOUR), NOW));
}

fn touched(session: &Session, limits: &SessionLimits, now: Timestamp) -> (Timestamp, Timestamp) {
    match touch_session(session, limits, now) {
        Change::TouchSession { id, now: at, idle_expires_at, absolute_expires_at } => {
            assert_eq!((id, at), (session.id.clone(), now));
            (idle_expires_at, absolute_expires_at)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn activity_moves_the_idle_end_and_never_the_absolute_one_later() {
    let (now, raised) = (after(10 * HOUR), limits(100 * HOUR, 1000 * HOUR));
    assert_eq!(touched(&session(), &raised, now), (after(82 * HOUR), after(168 * HOUR)));
    let lowered = limits(72 * HOUR, 20 * HOUR);
    assert_eq!(touched(&session(), &lowered, now).1, after(20 * HOUR));
}
