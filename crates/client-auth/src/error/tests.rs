use super::*;

/// RFC 6749 §5.2: what cannot be understood is `invalid_request`, what does not convince `invalid_client`.
#[test]
fn each_broken_rule_has_its_code_and_rule_id() {
    use ClientAuthError::*;
    use ErrorCode::{InvalidClient, InvalidRequest};
    let table = [
        (NoClientId, InvalidRequest, "parameters.missing"),
        (TwoMethods, InvalidRequest, "client_auth.two_methods"),
        (Contradiction, InvalidRequest, "client_auth.contradiction"),
        (MalformedBasic, InvalidClient, "client_auth.malformed_basic"),
        (UnknownClient("nobody".into()), InvalidClient, "client_auth.unknown_client"),
        (MissingSecret, InvalidClient, "client_auth.missing_secret"),
        (WrongSecret, InvalidClient, "client_auth.wrong_secret"),
        (WrongMethod, InvalidClient, "client_auth.wrong_method"),
        (NoAssertion, InvalidRequest, "parameters.missing"),
        (AssertionType, InvalidRequest, "client_auth.assertion_type"),
        (AssertionError::Replayed.into(), InvalidClient, "client_auth.assertion_replayed"),
    ];
    for (broken, code, rule) in table {
        let error = OAuthError::from(broken);
        assert_eq!((&error.code, error.rule), (&code, rule));
    }
}

#[test]
fn whoever_guesses_learns_no_more_than_that_it_failed() {
    use ClientAuthError::*;
    for broken in [MissingSecret, WrongSecret, WrongMethod, AssertionError::Key.into()] {
        assert_eq!(OAuthError::from(broken).describe(), "Client authentication failed");
    }
}

#[test]
fn names_what_is_missing_and_who_is_unknown() {
    let error = OAuthError::from(ClientAuthError::NoClientId);
    assert_eq!(error.describe(), "Missing required parameter: client_id");
    let error = OAuthError::from(ClientAuthError::UnknownClient("nobody".into()));
    assert_eq!(error.describe(), "Unknown client: nobody");
}

#[test]
fn an_unknown_id_is_shown_in_part_when_it_is_long() {
    let error = OAuthError::from(ClientAuthError::UnknownClient("ä".repeat(1 << 20).as_str().into()));
    assert_eq!(error.value("client_id").map(|shown| shown.chars().count()), Some(128));
}
