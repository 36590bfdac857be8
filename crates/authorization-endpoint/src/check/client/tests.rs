use countersign_testkit::{CLIENT_ID, block_on};

use super::*;
use crate::tests::{parameters, store};

fn ask(pairs: &[(&str, &str)]) -> Result<Client, OAuthError> {
    block_on(find(&parameters(pairs), &store())).map_err(|error| match error {
        Error::Refused(error) => error,
        Error::Fault(fault) => panic!("{fault}"),
    })
}

#[test]
fn a_client_is_found_by_its_exact_id() {
    assert_eq!(ask(&[("client_id", CLIENT_ID)]).unwrap().id.as_str(), CLIENT_ID);
}

#[test]
fn core_008_a_missing_or_empty_client_id_is_named() {
    for pairs in [&[][..], &[("client_id", "")]] {
        let error = ask(pairs).unwrap_err();
        assert_eq!((error.rule, error.value("name")), ("parameters.missing", Some("client_id")));
    }
}

#[test]
fn core_009_sp_007_an_unknown_client_is_named_within_bounds() {
    for id in ["nobody", "Test-Client", "test-client ", "test-client\0"] {
        let error = ask(&[("client_id", id)]).unwrap_err();
        assert_eq!((error.rule, error.value("client_id")), ("authorize.unknown_client", Some(id)));
        assert_eq!(error.describe(), format!("Unknown client: {id}"));
    }
    let long = "é".repeat(500);
    assert_eq!(ask(&[("client_id", &long)]).unwrap_err().value("client_id").unwrap().chars().count(), 128);
}

#[test]
fn sp_009_a_repeated_client_id_is_refused_though_both_are_right() {
    let error = ask(&[("client_id", CLIENT_ID), ("client_id", CLIENT_ID)]).unwrap_err();
    assert_eq!(error.rule, "parameters.repeated");
}
