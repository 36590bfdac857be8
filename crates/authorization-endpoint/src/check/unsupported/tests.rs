use super::*;
use crate::tests::parameters;

#[test]
fn what_would_change_the_request_is_refused_and_not_ignored() {
    let cases = [
        ("request", "a.b.c", "authorize.request_not_supported", "request_not_supported"),
        ("organization", "org_1", "authorize.organization_not_allowed", "invalid_request"),
        ("authorization_details", "[]", "authorize.authorization_details_not_supported", "invalid_request"),
    ];
    for (name, value, rule, code) in cases {
        let error = check(&parameters(&[(name, value)])).unwrap_err();
        assert_eq!((error.rule, error.code.as_str()), (rule, code));
        assert_eq!(check(&parameters(&[(name, "")])), Ok(()));
    }
}

#[test]
fn core_067_an_organization_is_not_allowed_in_the_contracts_words() {
    let error = check(&parameters(&[("organization", "org_1")])).unwrap_err();
    assert_eq!(error.describe(), "parameter organization is not allowed for this client");
}

#[test]
fn core_087_sp_080_sp_086_a_request_uri_is_unknown_whatever_it_looks_like() {
    for uri in
        ["urn:ietf:params:oauth:request_uri:x", "https://evil.example.com/r", "file:///etc/passwd", "x"]
    {
        let error = check_request_uri(&parameters(&[("request_uri", uri)])).unwrap_err();
        assert_eq!((error.rule, error.code), ("authorize.unknown_request_uri", ErrorCode::InvalidRequest));
    }
    assert_eq!(check_request_uri(&parameters(&[])), Ok(()));
}

#[test]
fn what_changes_nothing_is_ignored() {
    let harmless =
        [("display", "popup"), ("claims", "{}"), ("auth0Client", "x"), ("ext-x", "1"), ("device", "x")];
    assert_eq!(check(&parameters(&harmless)), Ok(()));
}
