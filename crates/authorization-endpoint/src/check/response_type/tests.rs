use countersign_storage::ThirdPartySecurityMode;
use countersign_testkit::client;

use super::*;
use crate::tests::parameters;

/// Every order of every subset of the known values.
fn arrangements() -> Vec<Vec<&'static str>> {
    let mut all: Vec<Vec<&str>> = vec![Vec::new()];
    for _ in 0..KNOWN.len() {
        let longer: Vec<Vec<&str>> = all
            .iter()
            .flat_map(|some| {
                KNOWN
                    .iter()
                    .filter(|value| !some.contains(value))
                    .map(|value| [some.clone(), vec![value]].concat())
            })
            .collect();
        all.extend(longer);
    }
    all.retain(|some| !some.is_empty());
    all.sort();
    all.dedup();
    all
}

fn client_with(grants: &[GrantType]) -> ClientSettings {
    ClientSettings { grant_types: grants.to_vec(), ..client().settings }
}

fn ask(asked: &str, client: &ClientSettings) -> Result<(), OAuthError> {
    check(&parameters(&[("response_type", asked)]), client)
}

#[test]
fn there_are_fifteen_arrangements() {
    assert_eq!(arrangements().len(), 15);
}

#[test]
fn sp_011_core_029_every_order_and_subset_is_served_unsupported_or_unauthorized() {
    let code = GrantType::AUTHORIZATION_CODE;
    let implicit = GrantType::IMPLICIT;
    for grants in [vec![], vec![code.clone()], vec![implicit.clone()], vec![code.clone(), implicit.clone()]] {
        let client = client_with(&grants);
        for values in arrangements() {
            let asked = values.join(" ");
            let front = values.iter().any(|value| *value != "code");
            let found =
                ask(&asked, &client).map_err(|error| (error.rule, error.value("grant").map(str::to_owned)));
            let lacks = |grant: &GrantType| Err(("gate.grant_not_allowed", Some(grant.as_str().to_owned())));
            let expected = if front && !grants.contains(&implicit) {
                lacks(&implicit)
            } else if values.contains(&"code") && !grants.contains(&code) {
                lacks(&code)
            } else if front {
                Err(("authorize.unsupported_response_type", None))
            } else {
                Ok(())
            };
            assert_eq!(found, expected, "{asked:?} with {grants:?}");
        }
    }
}

#[test]
fn sp_011_the_codes_are_unauthorized_client_and_unsupported_response_type() {
    let code_alone = client_with(&[GrantType::AUTHORIZATION_CODE]);
    assert_eq!(ask("token", &code_alone).unwrap_err().code, ErrorCode::UnauthorizedClient);
    let both = client_with(&[GrantType::AUTHORIZATION_CODE, GrantType::IMPLICIT]);
    assert_eq!(ask("token", &both).unwrap_err().code, ErrorCode::UnsupportedResponseType);
    assert_eq!(ask("code", &both), Ok(()));
}

#[test]
fn sp_011_unknown_and_repeated_values_are_unsupported() {
    let client = client_with(&[GrantType::AUTHORIZATION_CODE, GrantType::IMPLICIT]);
    for asked in [
        "none",
        "Code",
        "CODE",
        "codes",
        "code,token",
        "code\ttoken",
        "code none",
        "code code",
        "token token",
        "code token code",
        "id_token  id_token",
        " ",
        "implicit",
        "authorization_code",
        "code\0",
    ] {
        let error = ask(asked, &client).unwrap_err();
        assert_eq!(error.rule, "authorize.unsupported_response_type", "{asked:?}");
        assert_eq!(error.code, ErrorCode::UnsupportedResponseType);
    }
    let long = "x".repeat(5000);
    assert_eq!(ask(&long, &client).unwrap_err().value("response_type").unwrap().len(), 64);
}

#[test]
fn superfluous_spaces_do_not_matter() {
    let client = client_with(&[GrantType::AUTHORIZATION_CODE]);
    assert_eq!(ask(" code ", &client), Ok(()));
}

#[test]
fn core_024_sp_011_a_missing_or_empty_type_is_an_invalid_request() {
    let client = client_with(&[GrantType::AUTHORIZATION_CODE]);
    for sent in [parameters(&[]), parameters(&[("response_type", "")])] {
        let error = check(&sent, &client).unwrap_err();
        assert_eq!((error.rule, error.value("name")), ("parameters.missing", Some("response_type")));
        assert_eq!(error.describe(), "Missing required parameter: response_type");
    }
}

#[test]
fn core_075_a_strict_third_party_has_code_alone() {
    let mut client = client_with(&[GrantType::AUTHORIZATION_CODE, GrantType::IMPLICIT]);
    client.is_first_party = false;
    for values in arrangements() {
        let found = ask(&values.join(" "), &client).map_err(|error| error.code);
        let expected = if values == ["code"] { Ok(()) } else { Err(ErrorCode::UnsupportedResponseType) };
        assert_eq!(found, expected, "{values:?}");
    }
    // Without the implicit grant it is unsupported all the same, not unauthorized.
    client.grant_types = vec![GrantType::AUTHORIZATION_CODE];
    assert_eq!(ask("token", &client).unwrap_err().code, ErrorCode::UnsupportedResponseType);
    client.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
    assert_eq!(ask("token", &client).unwrap_err().code, ErrorCode::UnauthorizedClient);
}
