//! To add a grant is one line; to add it twice fails at start.

use countersign_oauth::GrantType;
use countersign_token_endpoint::Grants;

use crate::fakes::{GREETING, Greeting, Scripted, issue_plainly, willing_world};
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
    assert_eq!(error.0, GrantType::new(GREETING));
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
