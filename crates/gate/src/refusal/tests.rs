use super::*;

fn denied(grant_would_help: bool, for_user: bool, third_party: bool) -> GateRefusal {
    GateRefusal::ApiDenied {
        client_id: "test-client".into(),
        audience: "https://api.example.com/".into(),
        grant_would_help,
        for_user,
        third_party,
    }
}

/// RFC 6749 §5.2.
#[test]
fn each_broken_rule_has_its_code_and_rule_id() {
    use ErrorCode::*;
    let table = [
        (GateRefusal::GrantNotAllowed(GrantType::IMPLICIT), UnauthorizedClient, "gate.grant_not_allowed"),
        (GateRefusal::UserMissing, InvalidGrant, "gate.user_missing"),
        (GateRefusal::UserBlocked, InvalidGrant, "gate.user_blocked"),
        (GateRefusal::SessionEnded, InvalidGrant, "gate.session_ended"),
        (GateRefusal::ConnectionNotEnabled, InvalidGrant, "gate.connection_not_enabled"),
        (GateRefusal::AuthorizationEnded, InvalidGrant, "gate.authorization_ended"),
        (GateRefusal::ConsentMissing, ConsentRequired, "gate.consent_missing"),
        (GateRefusal::ProofRequired, InvalidRequest, "gate.proof_required"),
        (denied(true, true, false), AccessDenied, "gate.user_access_denied"),
        (denied(true, true, true), AccessDenied, "gate.user_access_denied"),
        (denied(false, true, false), AccessDenied, "gate.user_access_denied"),
        (denied(false, true, true), AccessDenied, "gate.user_access_denied"),
        (denied(true, false, false), AccessDenied, "gate.client_grant_missing"),
        (denied(true, false, true), UnauthorizedClient, "gate.third_party_grant_missing"),
        (denied(false, false, false), AccessDenied, "gate.client_access_denied"),
        (denied(false, false, true), AccessDenied, "gate.client_access_denied"),
    ];
    for (refusal, code, rule) in table {
        let error = OAuthError::from(refusal.clone());
        assert_eq!((error.code, error.rule), (code, rule), "{refusal:?}");
    }
}

#[test]
fn the_values_of_a_refusal_stand_in_its_text() {
    let error = OAuthError::from(GateRefusal::GrantNotAllowed(GrantType::CLIENT_CREDENTIALS));
    assert_eq!(error.describe(), "Grant type 'client_credentials' not allowed for the client.");
    for for_user in [true, false] {
        let text = OAuthError::from(denied(true, for_user, false)).describe();
        let expected = "Client \"test-client\" is not authorized to access resource server \
                        \"https://api.example.com/\".";
        assert_eq!(text, expected);
    }
}
