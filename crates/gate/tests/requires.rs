//! What the gate saw must still be true at commit: each record of a case is changed behind its back.
#![cfg(test)]

use countersign_gate::{Case, Pass, Session, Subject};
use countersign_oauth::GrantType;
use countersign_storage::{Change, Changes, Commit, CommitError, Conflict, RecordKind, Upsert, UserPolicy};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{
    NOW, api, authorization, block_on, client, connection, consent, session, settings, user,
    user_client_grant,
};
use countersign_users::SessionLimits;

fn insert<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: None, raise_epoch: false }
}

fn narrow<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: Some(1), raise_epoch: true }
}

fn commit(storage: &MemoryStorage, change: Change) {
    block_on(storage.commit(Changes::none().with(change))).unwrap();
}

fn guarded_api() -> countersign_storage::ResourceServer {
    let mut api = api();
    api.settings.subject_type_authorization.user = UserPolicy::RequireClientGrant;
    api
}

/// A store with every record of a case, and the gate's yes to it.
fn world() -> (MemoryStorage, Pass) {
    let storage = MemoryStorage::new();
    for change in [
        Change::UpsertClient(insert(client())),
        Change::UpsertResourceServer(insert(guarded_api())),
        Change::UpsertClientGrant(insert(user_client_grant())),
        Change::UpsertConnection(insert(connection())),
        Change::UpsertUser(insert(user())),
        Change::InsertSession(session()),
        Change::InsertAuthorization(authorization()),
        Change::GrantConsent(consent()),
    ] {
        commit(&storage, change);
    }
    let (client, user, api, grant) = (client(), user(), guarded_api(), user_client_grant());
    let (session, connection, authorization, consent) = (session(), connection(), authorization(), consent());
    let case = Case {
        now: NOW,
        client: &client,
        grant_type: &GrantType::AUTHORIZATION_CODE,
        subject: Subject::User(Some(&user)),
        api: Some(&api),
        client_grant: Some(&grant),
        session: Session::Required(Some(&session), SessionLimits::of(&settings())),
        connection: Some(&connection),
        authorization: Some(&authorization),
        consent: Some(Some(&consent)),
    };
    (storage, case.pass().unwrap())
}

fn issue(storage: &MemoryStorage, pass: &Pass) -> Result<(), CommitError> {
    let requires = pass.requires().iter().cloned();
    block_on(storage.commit(requires.fold(Changes::none(), Changes::requiring)))
}

#[test]
fn an_issuance_commits_while_nothing_has_changed() {
    let (storage, pass) = world();
    issue(&storage, &pass).unwrap();
}

#[test]
fn an_issuance_fails_when_a_record_was_narrowed_ended_or_deleted_since() {
    let mut blocked = user();
    blocked.blocked = true;
    let (user_id, client_id, at) = (user().id, client().id, NOW);
    let table = [
        (RecordKind::User, Change::UpsertUser(narrow(blocked))),
        (RecordKind::User, Change::DeleteUser { id: user_id.clone(), at }),
        (RecordKind::Client, Change::UpsertClient(narrow(client()))),
        (RecordKind::Client, Change::DeleteClient { id: client_id, at }),
        (RecordKind::Session, Change::EndSession { id: session().id, at }),
        (RecordKind::Session, Change::EndSessionsOfUser { user: user_id, at }),
        (RecordKind::Connection, Change::UpsertConnection(narrow(connection()))),
        (
            RecordKind::Authorization,
            Change::EndAuthorization { id: authorization().id, at, deny_access_tokens: false },
        ),
        (RecordKind::ResourceServer, Change::UpsertResourceServer(narrow(guarded_api()))),
        (RecordKind::ResourceServer, Change::DeleteResourceServer { id: api().id, at }),
        (RecordKind::ClientGrant, Change::UpsertClientGrant(narrow(user_client_grant()))),
        (RecordKind::ClientGrant, Change::DeleteClientGrant { id: user_client_grant().id }),
        (RecordKind::Consent, Change::DeleteConsent { id: consent().id, at }),
    ];
    for (record, change) in table {
        let (storage, pass) = world();
        let label = format!("{change:?}");
        commit(&storage, change);
        match issue(&storage, &pass) {
            Err(CommitError::Conflict(Conflict::Required(required))) => {
                // Deleting a client takes its grants along, and so on; the record itself is one of them.
                assert!(pass.requires().contains(&required), "{label}");
                let own = pass.requires().iter().find(|required| required.record == record).cloned().unwrap();
                let alone = Changes::none().requiring(own);
                assert!(block_on(storage.commit(alone)).is_err(), "{label}");
            }
            other => panic!("{label}: {other:?}"),
        }
    }
}
