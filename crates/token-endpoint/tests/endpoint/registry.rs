//! To add a grant is one line; to add it twice fails at start.

use countersign_oauth::GrantType;
use countersign_token_endpoint::Grants;

use crate::fakes::{Exchange, GREETING, Greeting, Scripted, issue_plainly, willing_world};
use crate::world::{Call, World, granted};

#[test]
fn a_foreign_grant_is_registered_in_one_line_and_works() {
    let world = willing_world();
    let answer = world.issues(&Call::new(&[("grant_type", GREETING), ("name", "jane")]));
    assert_eq!(granted(&answer.response), "hello:jane");
    assert_eq!(answer.response.token_type, "Bearer");
    assert_eq!(answer.response.expires_in.0, 600);
}

#[test]
fn a_foreign_grant_reads_its_own_parameters() {
    let world = willing_world();
    let error = world.refuses(&Call::new(&[("grant_type", GREETING)]), "parameters.missing");
    assert_eq!(error.value("name"), Some("name"));
}

#[test]
fn the_same_grant_twice_fails_at_start_and_names_itself() {
    let twice = Grants::new().with(Greeting).unwrap().with(Greeting);
    let error = twice.err().unwrap();
    assert_eq!(error.grant_type, GrantType::new(GREETING));
    assert_eq!(error.to_string(), "the grant type urn:example:greeting is registered twice");
}

#[test]
fn the_registry_tells_its_grant_types() {
    let scripted = Scripted::new(|_, cx| Ok(issue_plainly(cx)));
    let grants = Grants::new().with(Greeting).unwrap().with(scripted).unwrap();
    let mut names: Vec<_> = grants.grant_types().map(GrantType::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["urn:example:greeting", "urn:example:scripted"]);
    assert_eq!(Grants::new().grant_types().count(), 0);
}

#[test]
fn core_094_a_grant_that_is_not_registered_is_unsupported_though_the_client_has_it() {
    let world = World::new(Grants::new());
    let error =
        world.refuses(&Call::new(&[("grant_type", "client_credentials")]), "token.unsupported_grant_type");
    assert_eq!(error.code.as_str(), "unsupported_grant_type");
    assert_eq!(error.value("grant"), Some("client_credentials"));
}

const EXCHANGE: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");

fn world_of_exchanges() -> World {
    let grants = Grants::new().with(Exchange::of("urn:example:ticket")).unwrap();
    let world = World::new(grants.with(Exchange::of("urn:example:badge")).unwrap());
    world.edit_client(|client| client.settings.grant_types.push(GrantType::TOKEN_EXCHANGE));
    world
}

#[test]
fn an_exchange_is_found_by_the_type_of_its_subject_token() {
    let world = world_of_exchanges();
    for name in ["urn:example:ticket", "urn:example:badge"] {
        let answer = world.issues(&Call::new(&[EXCHANGE, ("subject_token_type", name)]));
        assert_eq!(granted(&answer.response), name);
    }
    assert_eq!(world.token.grants.grant_types().count(), 1);
}

/// RFC 8693 §2.1: the type of the subject token picks the grant.
#[test]
fn ext_135_a_subject_token_type_that_nobody_takes_is_an_invalid_request() {
    let call = Call::new(&[EXCHANGE, ("subject_token_type", "urn:example:other")]);
    let error = world_of_exchanges().refuses(&call, "token.unsupported_subject_token_type");
    assert_eq!(error.code.as_str(), "invalid_request");
    assert_eq!(error.value("type"), Some("urn:example:other"));
}

#[test]
fn core_158_an_exchange_without_the_type_of_its_subject_token_is_an_invalid_request() {
    let error = world_of_exchanges().refuses(&Call::new(&[EXCHANGE]), "parameters.missing");
    assert_eq!((error.code.as_str(), error.value("name")), ("invalid_request", Some("subject_token_type")));
}

#[test]
fn two_exchanges_of_one_subject_token_type_fail_at_start_and_name_it() {
    let twice = Grants::new().with(Exchange::of("urn:example:ticket")).unwrap();
    let error = twice.with(Exchange::of("urn:example:ticket")).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the grant type urn:ietf:params:oauth:grant-type:token-exchange with subject tokens of the type \
         urn:example:ticket is registered twice"
    );
}
