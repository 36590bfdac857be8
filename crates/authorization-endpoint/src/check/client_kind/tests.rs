use countersign_storage::ThirdPartySecurityMode;
use countersign_testkit::client;

use super::*;
use crate::tests::parameters;

fn third_party(mode: Option<ThirdPartySecurityMode>) -> ClientSettings {
    ClientSettings { is_first_party: false, third_party_security_mode: mode, ..client().settings }
}

#[test]
fn core_073_a_strict_third_party_sends_the_listed_parameters_alone() {
    // Core §2.8, word by word.
    let listed = "acr_values audience authorization_details client_id code_challenge code_challenge_method \
        connection correlation_id display dpop_jkt ext-anything login_hint max_age nonce prompt redirect_uri \
        resource response_type scope state ui_locales organization auth0Client";
    for name in listed.split_whitespace() {
        for mode in [None, Some(ThirdPartySecurityMode::Strict)] {
            assert_eq!(check(&parameters(&[(name, "x")]), &third_party(mode)), Ok(()), "{name}");
        }
    }
    let foreign = [
        "screen_hint",
        "claims",
        "id_token_hint",
        "invitation",
        "login_ticket",
        "request",
        "request_uri",
        "response_mode",
        "device",
        "unknown",
        "State",
        "ext",
        "connection_scope",
    ];
    for name in foreign {
        let error = check(&parameters(&[("state", "x"), (name, "x")]), &third_party(None)).unwrap_err();
        assert_eq!((error.rule, error.value("name")), ("authorize.parameter_not_allowed", Some(name)));
        assert_eq!(error.code, ErrorCode::InvalidRequest);
    }
}

#[test]
fn others_may_send_anything() {
    let permissive = third_party(Some(ThirdPartySecurityMode::Permissive));
    for client in [client().settings, permissive] {
        assert_eq!(check(&parameters(&[("screen_hint", "signup"), ("x", "y")]), &client), Ok(()));
    }
}

#[test]
fn a_foreign_name_is_shown_within_bounds() {
    let name = "x".repeat(500);
    let error = check(&parameters(&[(&name, "x")]), &third_party(None)).unwrap_err();
    assert_eq!(error.value("name").unwrap().len(), 64);
}
