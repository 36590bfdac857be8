use countersign_storage::{ThirdPartySecurityMode, TokenEndpointAuthMethod};
use countersign_testkit::client;
use countersign_testkit::vectors::{RFC7636_CHALLENGE, RFC7636_VERIFIER, RFC9449_THUMBPRINT};

use super::*;
use crate::tests::parameters;

const S256: [(&str, &str); 2] = [("code_challenge", RFC7636_CHALLENGE), ("code_challenge_method", "S256")];
const PLAIN: [(&str, &str); 2] = [("code_challenge", RFC7636_VERIFIER), ("code_challenge_method", "plain")];
const NO_METHOD: [(&str, &str); 1] = [("code_challenge", RFC7636_VERIFIER)];

/// Whom S256 is asked of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Confidential,
    Public,
    StrictThirdParty,
    PermissiveThirdParty,
}

fn client_of(kind: Kind) -> ClientSettings {
    let mut settings = client().settings;
    match kind {
        Kind::Confidential => {}
        Kind::Public => settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None,
        Kind::StrictThirdParty => settings.is_first_party = false,
        Kind::PermissiveThirdParty => {
            settings.is_first_party = false;
            settings.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
        }
    }
    settings
}

fn ask(
    pairs: &[(&str, &str)],
    kind: Kind,
    compliance: Compliance,
) -> Result<Option<&'static str>, &'static str> {
    let found = check(&parameters(pairs), &client_of(kind), compliance);
    found.map(|challenge| challenge.map(|challenge| challenge.method().as_str())).map_err(|error| {
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        error.rule
    })
}

#[test]
fn sp_029_core_074_the_table_of_kinds_and_profiles() {
    use Compliance::{Auth0, Rfc};
    use Kind::{Confidential, PermissiveThirdParty, Public, StrictThirdParty};
    let missing = Err("pkce.challenge_missing");
    let no_plain = Err("pkce.plain_not_allowed");
    // (profile, kind) -> without, plain; S256 passes everywhere, a missing method is plain (RFC 7636 §4.3).
    let table = [
        (Auth0, Confidential, Ok(None), Ok(Some("plain"))),
        (Auth0, Public, Ok(None), Ok(Some("plain"))),
        (Auth0, PermissiveThirdParty, Ok(None), Ok(Some("plain"))),
        (Auth0, StrictThirdParty, missing, no_plain),
        (Rfc, Confidential, Ok(None), no_plain),
        (Rfc, PermissiveThirdParty, Ok(None), no_plain),
        (Rfc, Public, missing, no_plain),
        (Rfc, StrictThirdParty, missing, no_plain),
    ];
    for (compliance, kind, without, plain) in table {
        let row = format!("{compliance:?} {kind:?}");
        assert_eq!(ask(&[], kind, compliance), without, "{row}");
        assert_eq!(ask(&[("code_challenge", "")], kind, compliance), without, "{row}");
        assert_eq!(ask(&PLAIN, kind, compliance), plain, "{row}");
        assert_eq!(ask(&NO_METHOD, kind, compliance), plain, "{row}");
        assert_eq!(ask(&S256, kind, compliance), Ok(Some("S256")), "{row}");
    }
}

#[test]
fn sp_029_unknown_methods_and_malformed_challenges_are_refused_everywhere() {
    for compliance in [Compliance::Auth0, Compliance::Rfc] {
        for kind in [Kind::Confidential, Kind::Public, Kind::StrictThirdParty] {
            for method in ["s256", "S512", "PLAIN", "none", "S256 "] {
                let pairs = [("code_challenge", RFC7636_CHALLENGE), ("code_challenge_method", method)];
                assert_eq!(ask(&pairs, kind, compliance), Err("pkce.unknown_method"));
            }
            for challenge in ["short", &RFC7636_CHALLENGE[1..], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"]
            {
                let pairs = [("code_challenge", challenge), ("code_challenge_method", "S256")];
                assert_eq!(ask(&pairs, kind, compliance), Err("pkce.malformed_s256_challenge"));
            }
        }
    }
    let plain = [("code_challenge", "short"), ("code_challenge_method", "plain")];
    assert_eq!(ask(&plain, Kind::Confidential, Compliance::Auth0), Err("pkce.malformed_plain_challenge"));
}

#[test]
fn sp_029_a_method_without_a_challenge_is_a_challenge_left_out() {
    for method in ["S256", "plain"] {
        let found = ask(&[("code_challenge_method", method)], Kind::Confidential, Compliance::Auth0);
        assert_eq!(found, Err("pkce.challenge_missing"));
    }
}

#[test]
fn core_081_dpop_jkt_is_a_thumbprint() {
    let ask = |sent: &str| dpop_jkt(&parameters(&[("dpop_jkt", sent)])).map_err(|error| error.rule);
    assert_eq!(ask(""), Ok(None));
    assert_eq!(ask(RFC9449_THUMBPRINT), Ok(Thumbprint::parse(RFC9449_THUMBPRINT)));
    for sent in ["x", &RFC9449_THUMBPRINT[1..], "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4IA", "é"] {
        assert_eq!(ask(sent), Err("authorize.malformed_dpop_jkt"), "{sent}");
    }
}
