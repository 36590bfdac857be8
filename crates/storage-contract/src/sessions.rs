//! Sessions: activity never lengthens what it must not, and an end is for ever.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::ClientId;
use countersign_storage::{Change, Conflict, Session, Storage};

use crate::race;
use crate::run::{attempt, read, write};
use crate::samples::{HOUR, at, hash, session};

pub fn a_session_is_found_by_cookie_and_by_id(storage: &dyn Storage) {
    write(storage, [Change::InsertSession(session("sid", "user"))]);
    write(storage, [Change::InsertSession(session("other", "user"))]);
    assert_eq!(read(storage.session(&"sid".into())), Some(session("sid", "user")));
    assert_eq!(read(storage.session_by_handle(&hash("sid"))), Some(session("sid", "user")));
    assert_eq!(read(storage.session(&"SID".into())), None);
    assert_eq!(read(storage.session_by_handle(&hash("SID"))), None);
}

pub fn a_session_is_inserted_once(storage: &dyn Storage) {
    write(storage, [Change::InsertSession(session("sid", "user"))]);
    let same_id = Session { handle: hash("cookie"), ..session("sid", "other") };
    assert_eq!(attempt(storage, Change::InsertSession(same_id)), Err(Conflict::Exists));
    let same_cookie = Session { handle: hash("sid"), ..session("another", "other") };
    assert_eq!(attempt(storage, Change::InsertSession(same_cookie)), Err(Conflict::Exists));
    assert_eq!(read(storage.session(&"sid".into())), Some(session("sid", "user")));
}

pub fn activity_moves_the_idle_end_only_later(storage: &dyn Storage) {
    write(storage, [Change::InsertSession(session("sid", "user"))]);
    let idle = || read(storage.session(&"sid".into())).expect("the session").idle_expires_at;
    write(storage, [touch(10, HOUR + 10, 2 * HOUR)]);
    assert_eq!(idle(), at(HOUR + 10));
    write(storage, [touch(5, HOUR + 5, 2 * HOUR)]);
    assert_eq!(idle(), at(HOUR + 10));
    race(&[storage], 8, |storage, racer| {
        let now = 20 + i64::try_from(racer).expect("a small number");
        write(storage, [touch(now, HOUR + now, 2 * HOUR)]);
    });
    assert_eq!(idle(), at(HOUR + 27));
    let touched = read(storage.session(&"sid".into())).expect("the session");
    assert_eq!(touched, Session { idle_expires_at: at(HOUR + 27), ..session("sid", "user") });
}

pub fn activity_moves_the_absolute_end_only_earlier(storage: &dyn Storage) {
    write(storage, [Change::InsertSession(session("sid", "user"))]);
    let absolute = || read(storage.session(&"sid".into())).expect("the session").expires_at;
    write(storage, [touch(1, HOUR, 3 * HOUR)]);
    assert_eq!(absolute(), at(2 * HOUR));
    write(storage, [touch(1, HOUR, HOUR + 1)]);
    assert_eq!(absolute(), at(HOUR + 1));
}

pub fn activity_does_not_revive_a_session(storage: &dyn Storage) {
    let idle = session("idle", "user");
    let over = Session { idle_expires_at: at(9 * HOUR), ..session("over", "user") };
    let ended = Session { ended_at: Some(at(1)), ..session("ended", "user") };
    write(storage, [&idle, &over, &ended].map(|session| Change::InsertSession(session.clone())));
    for (session, now) in [(idle, HOUR), (over, 2 * HOUR), (ended, 2)] {
        write(
            storage,
            [Change::TouchSession {
                id: session.id.clone(),
                now: at(now),
                idle_expires_at: at(10 * HOUR),
                absolute_expires_at: at(HOUR + 1),
            }],
        );
        assert_eq!(read(storage.session(&session.id)), Some(session));
    }
}

pub fn a_session_ends_once_and_raises_its_epoch(storage: &dyn Storage) {
    write(storage, [Change::InsertSession(session("sid", "user"))]);
    write(storage, [Change::EndSession { id: "sid".into(), at: at(1) }]);
    write(storage, [Change::EndSession { id: "sid".into(), at: at(2) }]);
    write(storage, [Change::EndSessionsOfUser { user: "user".into(), at: at(3) }]);
    let ended = Session { ended_at: Some(at(1)), epoch: 2, ..session("sid", "user") };
    assert_eq!(read(storage.session_by_handle(&hash("sid"))), Some(ended));
}

pub fn all_sessions_of_a_user_end(storage: &dyn Storage) {
    for (sid, user) in [("one", "user"), ("two", "user"), ("three", "other")] {
        write(storage, [Change::InsertSession(session(sid, user))]);
    }
    write(storage, [Change::EndSessionsOfUser { user: "user".into(), at: at(1) }]);
    for (sid, epoch) in [("one", 2), ("two", 2), ("three", 1)] {
        let session = read(storage.session(&sid.into())).expect("the session");
        assert_eq!((session.epoch, session.ended_at.is_some()), (epoch, epoch == 2));
    }
}

pub fn who_took_part_is_noted_once_in_order(storage: &dyn Storage) {
    let join =
        |client: &str, now| Change::JoinSession { id: "sid".into(), client: client.into(), at: at(now) };
    write(storage, [join("early", 0)]);
    write(storage, [Change::InsertSession(session("sid", "user"))]);
    write(storage, [join("second", 2), join("first", 1), join("third", 3), join("second", 9)]);
    let clients = ["first", "second", "third"].map(ClientId::new);
    assert_eq!(read(storage.session_clients(&"sid".into())), clients, "without a session nothing is noted");
    assert_eq!(read(storage.session_clients(&"other".into())), []);
}

fn touch(now: i64, idle: i64, absolute: i64) -> Change {
    Change::TouchSession {
        id: "sid".into(),
        now: at(now),
        idle_expires_at: at(idle),
        absolute_expires_at: at(absolute),
    }
}
