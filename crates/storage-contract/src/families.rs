//! Refresh families: they end once, together with what they come from.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_storage::{Change, Conflict, RefreshFamily, Storage};

use crate::race;
use crate::run::{attempt, read, write};
use crate::samples::{at, family};

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
        write(storage, [Change::InsertFamily(made_then)]);
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
    write(storage, [Change::InsertFamily(expired)]);
    let families = [
        ("ended", WHO, 5),
        ("own", WHO, 1),
        ("own for another api", ("user", "client", "other"), 2),
        ("of another user", ("other", "client", "api"), 0),
        ("of another client", ("user", "other", "api"), 0),
    ];
    for (id, who, made) in families {
        let made_then = RefreshFamily { created_at: at(made), ..family(id, who) };
        write(storage, [Change::InsertFamily(made_then)]);
    }
    write(storage, [Change::EndFamily { id: "ended".into(), at: at(6) }, cap(2)]);
    assert!(!ended(storage, "own"), "families that ended or expired take no place");
    write(storage, [cap(1)]);
    assert!(!ended(storage, "expired"));
    let gone: Vec<_> = families.iter().filter(|(id, ..)| ended(storage, id)).map(|(id, ..)| *id).collect();
    assert_eq!(gone, ["ended", "own"]);
}

fn cap(keep: u32) -> Change {
    Change::CapFamilies { user: "user".into(), client: "client".into(), keep, at: at(9) }
}

fn ended(storage: &dyn Storage, id: &str) -> bool {
    read(storage.refresh_family(&id.into())).expect("the family").ended_at.is_some()
}
