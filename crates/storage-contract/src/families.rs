//! Refresh families: they end once, together with what they come from.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_jose::{PublicKey, Thumbprint};
use countersign_oauth::Timestamp;
use countersign_storage::{Change, Conflict, RefreshFamily, RefreshToken, Storage};

use crate::race;
use crate::run::{attempt, read, winners, write};
use crate::samples::{HOUR, at, family, refresh_token};

const WHO: (&str, &str, &str) = ("user", "client", "api");

pub fn a_family_is_inserted_once(storage: &dyn Storage) {
    write(storage, [Change::InsertFamily(family("family", WHO))]);
    let other = RefreshFamily { rotating: false, ..family("family", WHO) };
    assert_eq!(attempt(storage, Change::InsertFamily(other)), Err(Conflict::Exists));
    assert_eq!(read(storage.refresh_family(&"family".into())), Some(family("family", WHO)));
    assert_eq!(read(storage.refresh_family(&"Family".into())), None);
}

pub fn a_family_ends_once(storage: &dyn Storage) {
    write(storage, [Change::InsertFamily(family("family", WHO))]);
    write(storage, [Change::EndFamily { id: "family".into(), at: at(1) }]);
    write(storage, [Change::EndFamily { id: "family".into(), at: at(2) }]);
    let ended = RefreshFamily { ended_at: Some(at(1)), ..family("family", WHO) };
    assert_eq!(read(storage.refresh_family(&"family".into())), Some(ended));
}

pub fn families_end_by_user_client_and_audience(storage: &dyn Storage) {
    let all = [
        ("one", "client", "api"),
        ("one", "client", "other api"),
        ("one", "client", ""),
        ("one", "other client", "api"),
        ("other", "client", "api"),
    ];
    let cases = [
        (Some("client"), Some("api"), vec![0]),
        (Some("client"), Some(""), vec![2]),
        (Some("client"), None, vec![0, 1, 2]),
        (None, Some("api"), vec![0, 3]),
        (None, None, vec![0, 1, 2, 3]),
    ];
    for (round, (client, audience, expected)) in cases.into_iter().enumerate() {
        let ids: Vec<_> = (0..all.len()).map(|place| format!("family {place} of round {round}")).collect();
        let user = |user: &str| format!("{user} of round {round}");
        write(
            storage,
            ids.iter().zip(all).map(|(id, (whose, client, audience))| {
                Change::InsertFamily(family(id, (&user(whose), client, audience)))
            }),
        );
        write(
            storage,
            [Change::EndFamilies {
                user: user("one").as_str().into(),
                client: client.map(Into::into),
                audience: audience.map(Into::into),
                at: at(1),
            }],
        );
        let ended = ids.iter().enumerate().filter(|(_, id)| ended(storage, id));
        assert_eq!(ended.map(|(place, _)| place).collect::<Vec<_>>(), expected, "{client:?} {audience:?}");
    }
}

pub fn the_oldest_families_beyond_the_cap_end(storage: &dyn Storage) {
    // Inserted out of order: age is when a family was made.
    for made in [3, 1, 5, 2, 4] {
        let made_then = RefreshFamily { created_at: at(made), ..family(&format!("family {made}"), WHO) };
        write(storage, with_token(made_then, None));
    }
    let living = || (1..=5).filter(|made| !ended(storage, &format!("family {made}"))).collect::<Vec<_>>();
    write(storage, [cap(5)]);
    assert_eq!(living(), [1, 2, 3, 4, 5]);
    race(&[storage], 4, |storage, _| write(storage, [cap(3)]));
    assert_eq!(living(), [3, 4, 5], "and a cap that is kept already ends nothing");
    write(storage, [cap(0)]);
    assert_eq!(living(), [0_i32; 0]);
}

pub fn the_cap_counts_living_families_of_its_own_user_and_client(storage: &dyn Storage) {
    let expired = RefreshFamily { created_at: at(4), expires_at: Some(at(9)), ..family("expired", WHO) };
    write(storage, with_token(expired, None));
    let idle = RefreshFamily { created_at: at(4), ..family("idle", WHO) };
    write(storage, with_token(idle, Some(at(9))));
    let families = [
        ("ended", WHO, 5),
        ("own", WHO, 1),
        ("own for another api", ("user", "client", "other"), 2),
        ("of another user", ("other", "client", "api"), 0),
        ("of another client", ("user", "other", "api"), 0),
    ];
    for (id, who, made) in families {
        let made_then = RefreshFamily { created_at: at(made), ..family(id, who) };
        write(storage, with_token(made_then, Some(at(10))));
    }
    write(storage, [Change::EndFamily { id: "ended".into(), at: at(6) }, cap(2)]);
    assert!(!ended(storage, "own"), "families that ended or expired take no place");
    write(storage, [cap(1)]);
    assert!(!ended(storage, "expired") && !ended(storage, "idle"));
    let gone: Vec<_> = families.iter().filter(|(id, ..)| ended(storage, id)).map(|(id, ..)| *id).collect();
    assert_eq!(gone, ["ended", "own"]);
}

pub fn racing_logins_stay_within_the_cap(storage: &dyn Storage) {
    race(&[storage], 8, |storage, racer| {
        let made = RefreshFamily { created_at: at(1), ..family(&format!("family {racer}"), WHO) };
        write(storage, std::iter::once(cap(2)).chain(with_token(made, None)));
    });
    let living = (0..8).filter(|racer| !ended(storage, &format!("family {racer}")));
    assert_eq!(living.count(), 3, "the cap, and the one that is made with it");
}

pub fn a_family_is_amended_to_narrower_terms_alone(storage: &dyn Storage) {
    let plain = RefreshFamily { rotating: false, expires_at: None, jkt: None, ..family("family", WHO) };
    write(storage, [Change::InsertFamily(plain.clone())]);
    let found = || read(storage.refresh_family(&"family".into())).expect("the family");
    write(storage, [amend(false, None, None)]);
    assert_eq!(found(), plain);
    write(storage, [amend(false, Some(at(HOUR)), None), amend(true, Some(at(2 * HOUR)), Some(key(1)))]);
    let narrow = RefreshFamily { rotating: true, expires_at: Some(at(HOUR)), jkt: Some(key(1)), ..plain };
    assert_eq!(found(), narrow, "an end never moves later");
    write(storage, [amend(false, None, None), amend(false, None, Some(key(1)))]);
    assert_eq!(attempt(storage, amend(true, Some(at(1)), Some(key(2)))), Err(Conflict::Version));
    assert_eq!(found(), narrow);
    write(storage, [Change::EndFamily { id: "family".into(), at: at(1) }]);
    assert_eq!(attempt(storage, amend(true, None, None)), Err(Conflict::FamilyEnded));
    let absent = Change::AmendFamily { id: "absent".into(), rotating: true, expires_at: None, jkt: None };
    assert_eq!(attempt(storage, absent), Err(Conflict::FamilyEnded));
}

pub fn of_eight_that_bind_a_family_to_their_key_one_wins(storage: &dyn Storage) {
    write(storage, [Change::InsertFamily(RefreshFamily { jkt: None, ..family("family", WHO) })]);
    let outcomes = race(&[storage], 8, |storage, racer| {
        let own = key(u8::try_from(racer).expect("a small number"));
        attempt(storage, amend(false, None, Some(own)))
    });
    assert_eq!(winners(&outcomes, &Conflict::Version), 1);
}

pub fn families_that_do_not_rotate_end_by_user_client_and_audience(storage: &dyn Storage) {
    let all = [
        ("own", WHO, false),
        ("sibling", WHO, false),
        ("rotating", WHO, true),
        ("without an api", ("user", "client", ""), false),
        ("of another api", ("user", "client", "other"), false),
        ("of another client", ("user", "other", "api"), false),
        ("of another user", ("other", "client", "api"), false),
    ];
    for (id, who, rotating) in all {
        write(storage, [Change::InsertFamily(RefreshFamily { rotating, ..family(id, who) })]);
    }
    let gone = || all.iter().map(|(id, ..)| *id).filter(|id| ended(storage, id)).collect::<Vec<_>>();
    let end = |audience: Option<&str>| Change::EndNonRotatingFamilies {
        user: "user".into(),
        client: "client".into(),
        audience: audience.map(Into::into),
        at: at(1),
    };
    write(storage, [Change::AmendFamily { id: "own".into(), rotating: true, expires_at: None, jkt: None }]);
    write(storage, [end(Some("api"))]);
    assert_eq!(gone(), ["sibling"]);
    write(storage, [end(None)]);
    assert_eq!(gone(), ["sibling", "without an api"]);
}

fn amend(rotating: bool, expires_at: Option<Timestamp>, jkt: Option<Thumbprint>) -> Change {
    Change::AmendFamily { id: "family".into(), rotating, expires_at, jkt }
}

fn key(number: u8) -> Thumbprint {
    PublicKey::P256 { x: [number; 32], y: [0; 32] }.thumbprint()
}

/// A family and its first token.
fn with_token(family: RefreshFamily, idle_expires_at: Option<Timestamp>) -> [Change; 2] {
    let name = format!("token of {}", family.id);
    let token = RefreshToken { idle_expires_at, ..refresh_token(&name, family.id.as_str()) };
    [Change::InsertFamily(family), Change::InsertRefreshToken(token)]
}

fn cap(keep: u32) -> Change {
    Change::CapFamilies { user: "user".into(), client: "client".into(), keep, at: at(9) }
}

fn ended(storage: &dyn Storage, id: &str) -> bool {
    read(storage.refresh_family(&id.into())).expect("the family").ended_at.is_some()
}
