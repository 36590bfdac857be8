//! What the unit tests of this crate share: a tenant in memory, and requests to it.

use countersign_oauth::{OAuthError, Parameters, RequestContext};
use countersign_storage::*;
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{
    CALLBACK, CLIENT_ID, api, block_on, client, connection, request_context, session, user,
};

use crate::Target;
use crate::validate::{Rejection, Valid, validate};

/// A tenant with `client()`, `api()`, `connection()`, `user()` and `session()`.
pub(crate) fn store() -> MemoryStorage {
    let storage = MemoryStorage::new();
    put(&storage, Change::UpsertClient(new(client())));
    put(&storage, Change::UpsertResourceServer(new(api())));
    put(&storage, Change::UpsertConnection(new(connection())));
    put(&storage, Change::UpsertUser(new(user())));
    put(&storage, Change::InsertSession(session()));
    storage
}

/// The same with another client of that id.
pub(crate) fn store_with(edit: impl FnOnce(&mut Client)) -> MemoryStorage {
    let storage = store();
    edit_client(&storage, edit);
    storage
}

pub(crate) fn new<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: None, raise_epoch: false }
}

#[track_caller]
pub(crate) fn put(storage: &MemoryStorage, change: Change) {
    block_on(storage.commit(Changes::none().with(change))).unwrap();
}

pub(crate) fn edit_client(storage: &MemoryStorage, edit: impl FnOnce(&mut Client)) {
    let mut record = block_on(storage.client(&CLIENT_ID.into())).unwrap().unwrap();
    edit(&mut record);
    let expected_version = Some(record.version);
    put(storage, Change::UpsertClient(Upsert { record, expected_version, raise_epoch: true }));
}

pub(crate) fn edit_api(storage: &MemoryStorage, edit: impl FnOnce(&mut ResourceServer)) {
    let mut record =
        block_on(storage.resource_server(&countersign_testkit::AUDIENCE.into())).unwrap().unwrap();
    edit(&mut record);
    let expected_version = Some(record.version);
    put(storage, Change::UpsertResourceServer(Upsert { record, expected_version, raise_epoch: true }));
}

pub(crate) fn edit_settings(storage: &MemoryStorage, edit: impl FnOnce(&mut TenantSettings)) {
    let Keyed { mut record, version } = block_on(storage.settings()).unwrap();
    edit(&mut record);
    let upsert = Upsert { record, expected_version: Some(version), raise_epoch: false };
    put(storage, Change::SetSettings(upsert));
}

/// Parameters by name and value.
pub(crate) fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    Parameters::from_pairs(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()).unwrap()
}

/// A right request of `client()` with `more` added.
pub(crate) fn request(more: &[(&str, &str)]) -> Parameters {
    let right =
        [("client_id", CLIENT_ID), ("redirect_uri", CALLBACK), ("response_type", "code"), ("state", "s1")];
    parameters(
        &right
            .into_iter()
            .filter(|(n, _)| !more.iter().any(|(m, _)| m == n))
            .chain(more.iter().copied())
            .collect::<Vec<_>>(),
    )
}

pub(crate) fn check(storage: &MemoryStorage, parameters: &Parameters) -> Result<Valid, Rejection> {
    check_at(storage, parameters, &request_context())
}

pub(crate) fn check_at(
    storage: &MemoryStorage,
    parameters: &Parameters,
    context: &RequestContext,
) -> Result<Valid, Rejection> {
    block_on(validate(parameters, context, storage))
}

/// The request that broke no rule.
#[track_caller]
pub(crate) fn valid(storage: &MemoryStorage, more: &[(&str, &str)]) -> Valid {
    match check(storage, &request(more)) {
        Ok(valid) => valid,
        Err(rejection) => panic!("{rejection:?}"),
    }
}

/// The refusal that goes back to the client, with its target.
#[track_caller]
pub(crate) fn sent_back(storage: &MemoryStorage, parameters: &Parameters) -> (Target, OAuthError) {
    match check(storage, parameters) {
        Err(Rejection::Back(target, error)) => (target, error),
        other => panic!("{other:?}"),
    }
}

/// The refusal that is shown on our page.
#[track_caller]
pub(crate) fn on_page(storage: &MemoryStorage, parameters: &Parameters) -> OAuthError {
    match check(storage, parameters) {
        Err(Rejection::Page(countersign_oauth::Error::Refused(error), _)) => error,
        other => panic!("{other:?}"),
    }
}
