use countersign_testkit::{CLIENT_SECRET, TestSealer, client, public_client};

use super::*;

fn is_secret(client: &Client, presented: &str) -> bool {
    matches(client, &Secret::from(presented), &TestSealer::default()).unwrap()
}

#[test]
fn only_the_whole_secret_matches() {
    assert!(is_secret(&client(), CLIENT_SECRET));
    let cut = &CLIENT_SECRET[1..];
    let longer = format!("{CLIENT_SECRET} ");
    let upper = CLIENT_SECRET.to_uppercase();
    for other in ["", cut, &longer, &upper] {
        assert!(!is_secret(&client(), other), "{other}");
    }
}

#[test]
fn nothing_matches_where_there_is_no_secret() {
    for presented in ["", CLIENT_SECRET] {
        assert!(!is_secret(&public_client(), presented));
    }
}

#[test]
fn a_secret_that_does_not_open_is_a_fault_that_names_its_place() {
    let fault =
        matches(&client(), &Secret::from(CLIENT_SECRET), &TestSealer::new("another key")).unwrap_err();
    assert!(fault.to_string().starts_with("clients.secret of test-client: "), "{fault}");

    let mut moved = client();
    moved.secret = Some(TestSealer::default().seal("another purpose", CLIENT_SECRET.as_bytes()));
    assert!(matches(&moved, &Secret::from(CLIENT_SECRET), &TestSealer::default()).is_err());
}
