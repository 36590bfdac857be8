use countersign_storage::Change;
use countersign_testkit::{CLIENT_ID, block_on, connection};

use super::*;
use crate::tests::{new, parameters, put, store};

fn ask(storage: &countersign_storage_memory::MemoryStorage, name: &str) -> Result<Vec<String>, &'static str> {
    let sent = if name.is_empty() { parameters(&[]) } else { parameters(&[("connection", name)]) };
    match block_on(find(&sent, &CLIENT_ID.into(), storage)) {
        Ok(found) => Ok(found.into_iter().map(|connection| connection.name).collect()),
        Err(Error::Refused(error)) => {
            assert_eq!(error.code, ErrorCode::InvalidRequest);
            Err(error.rule)
        }
        Err(Error::Fault(fault)) => panic!("{fault}"),
    }
}

fn with(name: &str, strategy: &str, enabled: bool) -> Connection {
    let mut one = connection();
    one.id = countersign_oauth::ConnectionId::new(format!("con_{name}"));
    one.name = name.to_owned();
    one.strategy = strategy.to_owned();
    if !enabled {
        one.settings.enabled_clients.clear();
    }
    one
}

#[test]
fn core_053_only_databases_that_are_enabled_for_the_client_count() {
    let storage = store();
    put(&storage, Change::UpsertConnection(new(with("second", "auth0", true))));
    put(&storage, Change::UpsertConnection(new(with("foreign", "auth0", false))));
    put(&storage, Change::UpsertConnection(new(with("social", "google-oauth2", true))));
    let usual = "Username-Password-Authentication";
    assert_eq!(ask(&storage, ""), Ok(vec![usual.to_owned(), "second".to_owned()]));
    assert_eq!(ask(&storage, "second"), Ok(vec!["second".to_owned()]));
    assert_eq!(ask(&storage, "foreign"), Err("authorize.connection_not_enabled"));
    assert_eq!(ask(&storage, "social"), Err("authorize.connection_not_enabled"));
    for unknown in ["nothing", "Second", "second "] {
        assert_eq!(ask(&storage, unknown), Err("authorize.unknown_connection"));
    }
}

#[test]
fn core_053_the_texts_are_the_contracts() {
    let storage = store();
    let text = |name: &str| match block_on(find(&parameters(&[("connection", name)]), &"x".into(), &storage))
    {
        Err(Error::Refused(error)) => error.describe(),
        other => panic!("{other:?}"),
    };
    assert_eq!(text("nothing"), "the connection was not found");
    assert_eq!(text("Username-Password-Authentication"), "the connection is not enabled");
}
