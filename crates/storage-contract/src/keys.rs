//! Signing keys: one place of each state for each algorithm, and no way back from revocation.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_jose::Algorithm;
use countersign_oauth::KeyId;
use countersign_storage::{Change, Conflict, KeyState, SigningKey, Storage};

use crate::race;
use crate::run::{attempt, read, winners, write};
use crate::samples::{at, signing_key};

pub fn a_kid_is_taken_once(storage: &dyn Storage) {
    write(storage, [Change::InsertSigningKey(signing_key("kid", KeyState::Previous))]);
    let other = Change::InsertSigningKey(signing_key("kid", KeyState::Next));
    assert_eq!(attempt(storage, other), Err(Conflict::Exists));
    write(storage, [Change::InsertSigningKey(signing_key("KID", KeyState::Previous))]);
    assert_eq!(states(storage).len(), 2);
}

pub fn an_algorithm_has_one_current_and_one_next_key(storage: &dyn Storage) {
    for state in [KeyState::Current, KeyState::Next] {
        let name = format!("{state:?}");
        write(storage, [Change::InsertSigningKey(signing_key(&name, state))]);
        let second = Change::InsertSigningKey(signing_key("second", state));
        assert_eq!(attempt(storage, second), Err(Conflict::Exists));
        let elliptic =
            SigningKey { algorithm: Algorithm::ES256, ..signing_key(&format!("EC {name}"), state) };
        write(storage, [Change::InsertSigningKey(elliptic)]);
    }
    for number in 0..2 {
        let previous = signing_key(&format!("previous {number}"), KeyState::Previous);
        write(storage, [Change::InsertSigningKey(previous)]);
    }
    assert_eq!(attempt(storage, moves("Next", KeyState::Current)), Err(Conflict::Exists));
    assert_eq!(attempt(storage, moves("Current", KeyState::Current)), Ok(()), "it stands there already");
    assert_eq!(states(storage).len(), 6);
}

pub fn of_eight_that_make_the_first_key_one_wins(storage: &dyn Storage) {
    let outcomes = race(&[storage], 8, |storage, racer| {
        let key = signing_key(&format!("kid {racer}"), KeyState::Current);
        attempt(storage, Change::InsertSigningKey(key))
    });
    assert_eq!(winners(&outcomes, &Conflict::Exists), 1);
    assert_eq!(states(storage).len(), 1);
}

pub fn keys_rotate_in_one_commit(storage: &dyn Storage) {
    write(
        storage,
        [
            Change::InsertSigningKey(signing_key("one", KeyState::Current)),
            Change::InsertSigningKey(signing_key("two", KeyState::Next)),
        ],
    );
    let rotation = [
        moves("one", KeyState::Previous),
        moves("two", KeyState::Current),
        Change::InsertSigningKey(signing_key("three", KeyState::Next)),
    ];
    write(storage, rotation);
    let expected = [("one", KeyState::Previous), ("three", KeyState::Next), ("two", KeyState::Current)];
    assert_eq!(states(storage), expected.map(|(kid, state)| (KeyId::new(kid), state)));
}

pub fn a_revoked_key_stays_revoked_and_unlisted(storage: &dyn Storage) {
    write(storage, [Change::InsertSigningKey(signing_key("kid", KeyState::Current))]);
    write(storage, [moves("kid", KeyState::Revoked)]);
    assert_eq!(states(storage), []);
    for state in [KeyState::Next, KeyState::Current, KeyState::Previous] {
        assert_eq!(attempt(storage, moves("kid", state)), Err(Conflict::Version));
    }
    assert_eq!(attempt(storage, moves("kid", KeyState::Revoked)), Ok(()));
    assert_eq!(attempt(storage, moves("absent", KeyState::Current)), Err(Conflict::Version));
    write(storage, [Change::InsertSigningKey(signing_key("heir", KeyState::Current))]);
    let again = Change::InsertSigningKey(signing_key("kid", KeyState::Previous));
    assert_eq!(attempt(storage, again), Err(Conflict::Exists), "its kid is not given again");
}

pub fn a_key_says_since_when_it_stands_where_it_does(storage: &dyn Storage) {
    write(storage, [Change::InsertSigningKey(signing_key("kid", KeyState::Next))]);
    let since = || read(storage.signing_keys()).first().map(|key| key.state_since);
    assert_eq!(since(), Some(at(0)));
    write(storage, [moves("kid", KeyState::Current)]);
    assert_eq!(since(), Some(at(1)));
    write(storage, [Change::SetKeyState { kid: "kid".into(), state: KeyState::Current, at: at(9) }]);
    assert_eq!(since(), Some(at(1)), "it stood there already");
}

pub fn keys_of_one_algorithm_are_published_once(storage: &dyn Storage) {
    let unpublished = |kid: &str, algorithm| {
        let key = SigningKey { algorithm, published_at: None, ..signing_key(kid, KeyState::Previous) };
        Change::InsertSigningKey(key)
    };
    write(storage, [unpublished("RSA", Algorithm::RS256), unpublished("EC", Algorithm::ES256)]);
    let published = || {
        let keys = read(storage.signing_keys());
        let of = |kid: &str| keys.iter().find(|key| key.kid.as_str() == kid).and_then(|key| key.published_at);
        (of("RSA"), of("EC"))
    };
    assert_eq!(published(), (None, None));
    for later in [1, 2] {
        write(storage, [Change::PublishSigningKeys { algorithm: Algorithm::ES256, at: at(later) }]);
        assert_eq!(published(), (None, Some(at(1))));
    }
}

fn moves(kid: &str, state: KeyState) -> Change {
    Change::SetKeyState { kid: kid.into(), state, at: at(1) }
}

fn states(storage: &dyn Storage) -> Vec<(KeyId, KeyState)> {
    read(storage.signing_keys()).into_iter().map(|key| (key.kid, key.state)).collect()
}
