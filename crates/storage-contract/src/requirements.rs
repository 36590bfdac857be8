//! What a decision saw is compared inside the commit (rule G1).
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_storage::{Change, Changes, Conflict, RecordKind, Requirement, Storage, Upsert};

use crate::run::{attempt, commit, read, write};
use crate::samples::{
    api, at, authorization, client, client_grant, code, connection, consent, hash, insert, narrow, session,
    user,
};

const WHO: (&str, &str, &str) = ("user", "client", "api");

pub fn a_requirement_that_holds_lets_the_commit_through(storage: &dyn Storage) {
    write(storage, records());
    let seen = requirements(storage);
    assert_eq!(seen.len(), records().len());
    let changes = Changes { requires: seen, writes: vec![Change::InsertSingleUse(code("code"))] };
    assert_eq!(commit(storage, changes), Ok(()));
}

pub fn an_epoch_raised_between_read_and_commit_stops_the_commit(storage: &dyn Storage) {
    write(storage, records());
    for (seen, raise) in requirements(storage).into_iter().zip(raises()) {
        write(storage, [raise]);
        let changes = Changes::none().requiring(seen.clone()).with(Change::InsertSingleUse(code("code")));
        assert_eq!(commit(storage, changes), Err(Conflict::Required(seen)));
        assert_eq!(read(storage.single_use(code("code").kind, &hash("code"))), None);
    }
    let changes = Changes { requires: requirements(storage), writes: Vec::new() };
    assert_eq!(commit(storage, changes), Ok(()), "what is read again holds again");
}

pub fn a_vanished_record_stops_the_commit(storage: &dyn Storage) {
    for absent in kinds().map(|record| Requirement { record, id: "absent".to_owned(), epoch: 1 }) {
        let changes = Changes::none().requiring(absent.clone()).with(Change::InsertSingleUse(code("code")));
        assert_eq!(commit(storage, changes), Err(Conflict::Required(absent)));
    }
    write(storage, records());
    let seen = requirements(storage);
    let delete = [
        Change::DeleteConsent { id: "consent".into(), at: at(1) },
        Change::DeleteClientGrant { id: client_grant("client", "api").id },
        Change::DeleteResourceServer { id: api("api").id, at: at(1) },
        Change::DeleteClient { id: "client".into(), at: at(1) },
        Change::DeleteUser { id: "user".into(), at: at(1) },
        Change::DeleteConnection { id: "con_1".into(), at: at(1) },
    ];
    write(storage, delete);
    for requirement in seen {
        let changes = Changes::none().requiring(requirement.clone());
        assert_eq!(commit(storage, changes), Err(Conflict::Required(requirement)));
    }
}

pub fn a_requirement_is_checked_without_any_write(storage: &dyn Storage) {
    write(storage, [Change::UpsertClient(insert(client("client")))]);
    let seen = read(storage.client(&"client".into())).expect("the client").requirement();
    assert_eq!(commit(storage, Changes::none().requiring(seen.clone())), Ok(()));
    write(storage, [Change::UpsertClient(narrow(client("client"), 1))]);
    let refused = commit(storage, Changes::none().requiring(seen.clone()));
    assert_eq!(refused, Err(Conflict::Required(seen)));
}

pub fn requirements_see_what_was_before_the_writes(storage: &dyn Storage) {
    write(storage, [Change::InsertSession(session("old", "user"))]);
    let end = Change::EndSession { id: "old".into(), at: at(1) };
    let changes = Changes::none().with(end).requiring(session("old", "user").requirement());
    assert_eq!(commit(storage, changes), Ok(()));
}

pub fn a_record_made_anew_does_not_meet_an_old_requirement(storage: &dyn Storage) {
    for kind in VERSIONED {
        kind.early_and_late(storage);
    }
}

pub fn every_raise_makes_the_epoch_higher_and_stale_versions_are_refused(storage: &dyn Storage) {
    for kind in VERSIONED {
        let epoch = || (kind.seen)(storage, "name").expect("the record").epoch;
        write(storage, [(kind.put)("name", None)]);
        let first = epoch();
        for change in 0..3 {
            let old = epoch();
            write(storage, [(kind.put)("name", Some(first + change))]);
            assert!(epoch() > old);
        }
        let last = epoch();
        for stale in [first - 1, first, first + 1, first + 2, first + 9] {
            assert_eq!(attempt(storage, (kind.put)("name", Some(stale))), Err(Conflict::Version));
        }
        assert_eq!(epoch(), last);
    }
}

pub fn a_requirement_is_met_by_its_own_kind_alone(storage: &dyn Storage) {
    write(storage, [Change::UpsertClient(insert(client("same")))]);
    let seen = read(storage.client(&"same".into())).expect("the client").requirement();
    for record in kinds().filter(|record| *record != RecordKind::Client) {
        let other = Requirement { record, ..seen.clone() };
        let refused = commit(storage, Changes::none().requiring(other.clone()));
        assert_eq!(refused, Err(Conflict::Required(other)));
    }
    let folded = Requirement { id: "SAME".to_owned(), ..seen };
    let refused = commit(storage, Changes::none().requiring(folded.clone()));
    assert_eq!(refused, Err(Conflict::Required(folded)));
}

pub fn rp_14_nothing_commits_on_an_epoch_after_it_was_raised(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("user")))]);
    let seen = read(storage.user(&"user".into())).expect("the user").requirement();
    let acknowledged = std::sync::atomic::AtomicBool::new(false);
    let late_winners = crate::race(&[storage], 8, |storage, racer| {
        if racer == 0 {
            write(storage, [Change::UpsertUser(narrow(user("user"), 1))]);
            acknowledged.store(true, std::sync::atomic::Ordering::SeqCst);
            return 0;
        }
        let mut late_winners = 0;
        for round in 0..20 {
            let was_raised = acknowledged.load(std::sync::atomic::Ordering::SeqCst);
            let issued = Change::InsertSingleUse(code(&format!("code {racer} {round}")));
            let done = commit(storage, Changes::none().requiring(seen.clone()).with(issued));
            late_winners += usize::from(was_raised && done.is_ok());
        }
        late_winners
    });
    assert_eq!(late_winners.into_iter().sum::<usize>(), 0);
    let refused = commit(storage, Changes::none().requiring(seen.clone()));
    assert_eq!(refused, Err(Conflict::Required(seen)));
}

fn kinds() -> impl Iterator<Item = RecordKind> {
    [
        RecordKind::User,
        RecordKind::Client,
        RecordKind::ClientGrant,
        RecordKind::ResourceServer,
        RecordKind::Consent,
        RecordKind::Session,
        RecordKind::Authorization,
        RecordKind::Connection,
    ]
    .into_iter()
}

/// One record of each kind that has an epoch.
fn records() -> Vec<Change> {
    vec![
        Change::UpsertConnection(insert(connection("con_1"))),
        Change::UpsertUser(insert(user("user"))),
        Change::UpsertClient(insert(client("client"))),
        Change::UpsertResourceServer(insert(api("api"))),
        Change::UpsertClientGrant(insert(client_grant("client", "api"))),
        Change::GrantConsent(consent("consent", WHO)),
        Change::InsertSession(session("session", "user")),
        Change::InsertAuthorization(authorization("authorization", WHO)),
    ]
}

/// What raises the epoch of each of [`records`].
fn raises() -> Vec<Change> {
    vec![
        Change::UpsertConnection(narrow(connection("con_1"), 1)),
        Change::UpsertUser(narrow(user("user"), 1)),
        Change::UpsertClient(narrow(client("client"), 1)),
        Change::UpsertResourceServer(narrow(api("api"), 1)),
        Change::UpsertClientGrant(narrow(client_grant("client", "api"), 1)),
        Change::DeleteConsent { id: "consent".into(), at: at(1) },
        Change::EndSession { id: "session".into(), at: at(1) },
        Change::EndAuthorization { id: "authorization".into(), at: at(1), deny_access_tokens: false },
    ]
}

/// What a decision sees of [`records`]; a deleted consent is left out.
fn requirements(storage: &dyn Storage) -> Vec<Requirement> {
    let mut seen = vec![
        read(storage.connection(&"con_1".into())).expect("the connection").requirement(),
        read(storage.user(&"user".into())).expect("the user").requirement(),
        read(storage.client(&"client".into())).expect("the client").requirement(),
        read(storage.resource_server(&"api".into())).expect("the API").requirement(),
        grant(storage),
    ];
    let consent = read(storage.consent(&"user".into(), &"client".into(), &"api".into()));
    seen.extend(consent.map(|consent| consent.requirement()));
    seen.push(read(storage.session(&"session".into())).expect("the session").requirement());
    let authorization = read(storage.authorization(&"authorization".into()));
    seen.push(authorization.expect("the authorization").requirement());
    seen
}

fn grant(storage: &dyn Storage) -> Requirement {
    let subject = client_grant("client", "api").subject_type;
    let grant = read(storage.client_grant(&"client".into(), &"api".into(), subject));
    grant.expect("the client grant").requirement()
}

/// A kind of record that can be deleted and made anew under its old id.
struct Versioned {
    /// Adds the record of a name, or raises the epoch of the version given.
    put: fn(name: &str, version: Option<i64>) -> Change,
    delete: fn(name: &str) -> Change,
    seen: fn(storage: &dyn Storage, name: &str) -> Option<Requirement>,
}

const VERSIONED: [Versioned; 5] = [
    Versioned {
        put: |name, version| Change::UpsertConnection(upsert(connection(name), version)),
        delete: |name| Change::DeleteConnection { id: name.into(), at: at(1) },
        seen: |storage, name| read(storage.connection(&name.into())).map(|record| record.requirement()),
    },
    Versioned {
        put: |name, version| Change::UpsertUser(upsert(user(name), version)),
        delete: |name| Change::DeleteUser { id: name.into(), at: at(1) },
        seen: |storage, name| read(storage.user(&name.into())).map(|record| record.requirement()),
    },
    Versioned {
        put: |name, version| Change::UpsertClient(upsert(client(name), version)),
        delete: |name| Change::DeleteClient { id: name.into(), at: at(1) },
        seen: |storage, name| read(storage.client(&name.into())).map(|record| record.requirement()),
    },
    Versioned {
        put: |name, version| Change::UpsertResourceServer(upsert(api(name), version)),
        delete: |name| Change::DeleteResourceServer { id: api(name).id, at: at(1) },
        seen: |storage, name| read(storage.resource_server(&name.into())).map(|record| record.requirement()),
    },
    Versioned {
        put: |name, version| Change::UpsertClientGrant(upsert(client_grant(name, "api"), version)),
        delete: |name| Change::DeleteClientGrant { id: client_grant(name, "api").id },
        seen: |storage, name| {
            let subject = client_grant(name, "api").subject_type;
            let grant = read(storage.client_grant(&name.into(), &"api".into(), subject));
            grant.map(|record| record.requirement())
        },
    },
];

fn upsert<T>(record: T, version: Option<i64>) -> Upsert<T> {
    Upsert { record, expected_version: version, raise_epoch: true }
}

impl Versioned {
    /// Deletes one that was changed often, then one that was not, and makes the first anew.
    fn early_and_late(&self, storage: &dyn Storage) {
        write(storage, [(self.put)("early", None), (self.put)("often", None)]);
        let first = (self.seen)(storage, "often").expect("the record").epoch;
        write(storage, (0..5).map(|change| (self.put)("often", Some(first + change))));
        let old = (self.seen)(storage, "often").expect("the record");
        assert_eq!(old.epoch, first + 5);
        write(storage, [(self.delete)("often"), (self.delete)("early")]);
        assert_eq!((self.seen)(storage, "often"), None);
        write(storage, [(self.put)("often", None)]);
        let new = (self.seen)(storage, "often").expect("the record made anew");
        assert_eq!(commit(storage, Changes::none().requiring(old.clone())), Err(Conflict::Required(old)));
        assert_eq!(commit(storage, Changes::none().requiring(new)), Ok(()));
        let stale = (self.put)("often", Some(first + 5));
        assert_eq!(attempt(storage, stale), Err(Conflict::Version), "nor is its version an old one");
    }
}
