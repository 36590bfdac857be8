//! Consents: one row per (user, client, audience, organization), scopes united.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::OrganizationId;
use countersign_storage::{Change, Conflict, Consent, Storage};

use crate::race;
use crate::run::{attempt, read, write};
use crate::samples::{at, authorization, consent, family, scope};

const WHO: (&str, &str, &str) = ("user", "client", "api");

pub fn a_second_consent_unites_its_scopes_with_the_first(storage: &dyn Storage) {
    let second = Consent { scope: scope("write read"), created_at: at(5), ..consent("second", WHO) };
    write(storage, [Change::GrantConsent(consent("first", WHO)), Change::GrantConsent(second)]);
    let united = Consent { scope: scope("read write"), ..consent("first", WHO) };
    assert_eq!(standing(storage, WHO), Some(united));
}

pub fn concurrent_consents_lose_no_scope(storage: &dyn Storage) {
    let outcomes = race(&[storage], 16, |storage, racer| {
        let one = Consent { scope: scope(&format!("scope{racer}")), ..consent(&format!("{racer}"), WHO) };
        attempt(storage, Change::GrantConsent(one))
    });
    assert!(outcomes.iter().all(Result::is_ok));
    let united = standing(storage, WHO).expect("the consent").scope;
    assert_eq!(united.iter().count(), 16);
    assert!((0..16).all(|racer| united.contains(&format!("scope{racer}"))));
}

pub fn consents_of_other_users_clients_and_audiences_stand_apart(storage: &dyn Storage) {
    let all = [
        WHO,
        ("User", "client", "api"),
        ("user", "Client", "api"),
        ("user", "client", "Api"),
        ("user", "client", ""),
    ];
    for (place, who) in all.into_iter().enumerate() {
        assert_eq!(standing(storage, who), None);
        write(storage, [Change::GrantConsent(consent(&format!("{place}"), who))]);
    }
    for (place, who) in all.into_iter().enumerate() {
        assert_eq!(standing(storage, who), Some(consent(&format!("{place}"), who)));
    }
}

pub fn a_consent_within_an_organization_stands_apart(storage: &dyn Storage) {
    let organization_id = Some(OrganizationId::new("org_1"));
    let within = Consent { organization_id, scope: scope("admin"), ..consent("within", WHO) };
    write(storage, [Change::GrantConsent(within.clone())]);
    assert_eq!(standing(storage, WHO), None);
    write(storage, [Change::GrantConsent(consent("outside", WHO)), Change::GrantConsent(within)]);
    assert_eq!(standing(storage, WHO), Some(consent("outside", WHO)));
}

pub fn a_deleted_consent_ends_its_families(storage: &dyn Storage) {
    let others = [("user", "client", "other"), ("user", "other", "api"), ("other", "client", "api")];
    write(storage, [Change::GrantConsent(consent("consent", WHO))]);
    write(storage, [Change::GrantConsent(consent("of none", ("user", "client", "")))]);
    write(storage, [Change::InsertFamily(family("its own", WHO))]);
    write(storage, [Change::InsertFamily(family("of none", ("user", "client", "")))]);
    for (place, who) in others.into_iter().chain([("user", "client", "")]).enumerate() {
        let name = format!("{place}");
        write(storage, [Change::InsertFamily(family(&name, who))]);
        write(storage, [Change::InsertAuthorization(authorization(&name, who))]);
    }
    write(storage, [Change::DeleteConsent { id: "consent".into(), at: at(1) }]);
    assert_eq!(standing(storage, WHO), None);
    let ended = |id: &str| read(storage.refresh_family(&id.into())).expect("the family").ended_at;
    assert_eq!((ended("its own"), ended("of none")), (Some(at(1)), None));
    assert!((0..=others.len()).all(|place| ended(&format!("{place}")).is_none()));
    let stored = |place: usize| read(storage.authorization(&format!("{place}").as_str().into()));
    let living = |place| stored(place).expect("the authorization").ended_at.is_none();
    assert!((0..=others.len()).all(living), "authorizations for something else stay");
    write(storage, [Change::DeleteConsent { id: "of none".into(), at: at(2) }]);
    assert_eq!((ended("its own"), ended("of none")), (Some(at(1)), Some(at(2))));
    assert!((0..others.len()).all(living) && !living(others.len()));
}

pub fn an_id_of_a_consent_is_taken_once(storage: &dyn Storage) {
    write(storage, [Change::GrantConsent(consent("consent", WHO))]);
    let other = consent("consent", ("other", "client", "api"));
    assert_eq!(attempt(storage, Change::GrantConsent(other)), Err(Conflict::Exists));
    assert_eq!(standing(storage, WHO), Some(consent("consent", WHO)));
}

fn standing(storage: &dyn Storage, (user, client, audience): (&str, &str, &str)) -> Option<Consent> {
    read(storage.consent(&user.into(), &client.into(), &audience.into()))
}
