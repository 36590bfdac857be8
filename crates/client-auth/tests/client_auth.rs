//! Client authentication against a store that changes beneath it.
#![cfg(test)]

use countersign_client_auth::{
    AuthenticatedClient, ClientAuthenticator, ClientMethods, Method, MethodContext, Presented, SECRET_PURPOSE,
};
use countersign_dpop::P256Verifier;
use countersign_oauth::{Compliance, Error, ErrorCode, Parameters, Sealer};
use countersign_storage::{Change, Changes, Client, Commit, Upsert};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{CLIENT_SECRET, NOW, TestSealer, block_on, client, public_client, request_context};

const BASIC: &str = "Basic dGVzdC1jbGllbnQ6dGVzdC1jbGllbnQtc2VjcmV0";

fn commit(storage: &MemoryStorage, change: Change) {
    block_on(storage.commit(Changes::none().with(change))).unwrap();
}

fn upsert(client: Client, expected_version: Option<i64>) -> Change {
    Change::UpsertClient(Upsert { record: client, expected_version, raise_epoch: true })
}

fn store(client: Client) -> MemoryStorage {
    let storage = MemoryStorage::new();
    commit(&storage, upsert(client, None));
    storage
}

fn authenticate(
    storage: &MemoryStorage,
    authorization: Option<&str>,
    pairs: &[(&str, &str)],
) -> Result<AuthenticatedClient, (Error, Compliance)> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let parameters = Parameters::from_pairs(pairs).unwrap();
    let (sealer, request, methods) = (TestSealer::default(), request_context(), ClientMethods::new());
    let context =
        MethodContext { request: &request, sealer: &sealer, replay: storage, verifier: &P256Verifier };
    let compliance = Compliance::Auth0;
    let authenticator = ClientAuthenticator { clients: storage, compliance, methods: &methods, context };
    block_on(authenticator.authenticate(Presented { authorization, parameters: &parameters }))
}

fn post(storage: &MemoryStorage, id: &str, secret: &str) -> Result<Method, ErrorCode> {
    match authenticate(storage, None, &[("client_id", id), ("client_secret", secret)]) {
        Ok(caller) => Ok(caller.method()),
        Err((Error::Refused(error), _)) => Err(error.code),
        Err((Error::Fault(fault), _)) => panic!("{fault}"),
    }
}

#[test]
fn core_097_basic_and_post_both_work() {
    let storage = store(client());
    assert_eq!(post(&storage, "test-client", CLIENT_SECRET), Ok(Method::ClientSecretPost));
    let caller = authenticate(&storage, Some(BASIC), &[]).unwrap();
    assert_eq!(caller.method(), Method::ClientSecretBasic);
    assert_eq!(caller.client().id, client().id);
}

#[test]
fn refuses_a_secret_of_another_client() {
    let storage = store(client());
    let mut other = client();
    other.id = "other-client".into();
    other.secret = Some(TestSealer::default().seal(SECRET_PURPOSE, b"other-secret"));
    commit(&storage, upsert(other, None));
    assert_eq!(post(&storage, "other-client", "other-secret"), Ok(Method::ClientSecretPost));
    for (id, secret) in [("test-client", "other-secret"), ("other-client", CLIENT_SECRET)] {
        assert_eq!(post(&storage, id, secret), Err(ErrorCode::InvalidClient), "{id}");
    }
}

#[test]
fn a_rotated_secret_ends_the_old_one_at_once() {
    let storage = store(client());
    let before = authenticate(&storage, Some(BASIC), &[]).unwrap();
    let mut rotated = client();
    rotated.secret = Some(TestSealer::default().seal(SECRET_PURPOSE, b"new-secret"));
    commit(&storage, upsert(rotated, Some(before.client().version)));
    assert_eq!(post(&storage, "test-client", CLIENT_SECRET), Err(ErrorCode::InvalidClient));
    assert_eq!(post(&storage, "test-client", "new-secret"), Ok(Method::ClientSecretPost));

    // Who authenticated just before does not commit any more.
    let late = Changes::none().requiring(before.client().requirement());
    assert!(block_on(storage.commit(late)).is_err());
}

#[test]
fn a_client_made_public_cannot_use_the_secret_it_had() {
    let storage = store(client());
    let mut public = public_client();
    public.secret = client().secret;
    commit(&storage, upsert(public, Some(1)));
    assert_eq!(post(&storage, "test-client", CLIENT_SECRET), Err(ErrorCode::InvalidClient));
    let caller = authenticate(&storage, None, &[("client_id", "test-client")]).unwrap();
    assert_eq!(caller.method(), Method::None);
}

#[test]
fn a_deleted_client_is_unknown() {
    let storage = store(client());
    commit(&storage, Change::DeleteClient { id: client().id, at: NOW });
    match authenticate(&storage, Some(BASIC), &[]) {
        Err((Error::Refused(error), _)) => {
            assert_eq!(error.rule, "client_auth.unknown_client");
            assert_eq!(error.value("client_id"), Some("test-client"));
        }
        other => panic!("{other:?}"),
    }
}
