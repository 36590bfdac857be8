//! The codes of the table are those that the crates really give.

use countersign_client_auth::{AssertionError, ClientAuthError};
use countersign_dpop::DpopError;
use countersign_gate::GateRefusal;
use countersign_jose::JoseError;
use countersign_oauth::{GrantType, OAuthError, ParameterError};
use countersign_pkce::PkceError;

use crate::table::{AUTHORIZE, LOGOUT, TOKEN};

#[track_caller]
fn is_in_the_table(error: &OAuthError) {
    let mut rows = TOKEN.iter().chain(AUTHORIZE).chain(LOGOUT).filter(|row| row.0 == error.rule).peekable();
    assert!(rows.peek().is_some(), "{} is in no row", error.rule);
    assert!(rows.all(|row| row.1 == error.code), "{} is {:?}", error.rule, error.code);
}

#[test]
fn what_client_authentication_says() {
    for error in [
        ClientAuthError::NoClientId,
        ClientAuthError::TwoMethods,
        ClientAuthError::Contradiction,
        ClientAuthError::MalformedBasic,
        ClientAuthError::UnknownClient("x".into()),
        ClientAuthError::MissingSecret,
        ClientAuthError::WrongSecret,
        ClientAuthError::WrongMethod,
        ClientAuthError::AssertionType,
        ClientAuthError::NoAssertion,
        AssertionError::Malformed.into(),
        AssertionError::Subject.into(),
        AssertionError::UnknownClient.into(),
        AssertionError::NotRegistered.into(),
        AssertionError::Required.into(),
        AssertionError::Algorithm.into(),
        AssertionError::Key.into(),
        AssertionError::Signature.into(),
        AssertionError::Audience.into(),
        AssertionError::Expired.into(),
        AssertionError::Lifetime.into(),
        AssertionError::NotYetValid.into(),
        AssertionError::Jti.into(),
        AssertionError::Replayed.into(),
    ] {
        is_in_the_table(&error.into());
    }
}

#[test]
fn what_the_gate_says() {
    let denied = |for_user, grant_would_help, third_party| GateRefusal::ApiDenied {
        client_id: "c".into(),
        audience: "a".into(),
        grant_would_help,
        for_user,
        third_party,
    };
    for refusal in [
        GateRefusal::GrantNotAllowed(GrantType::IMPLICIT),
        GateRefusal::UserMissing,
        GateRefusal::UserBlocked,
        denied(true, true, false),
        denied(true, false, true),
        denied(false, true, false),
        denied(false, true, true),
        denied(false, false, false),
        GateRefusal::SessionEnded,
        GateRefusal::ConnectionNotEnabled,
        GateRefusal::AuthorizationEnded,
        GateRefusal::ConsentMissing,
        GateRefusal::ProofRequired,
    ] {
        is_in_the_table(&refusal.into());
    }
}

#[test]
fn what_dpop_says() {
    let url = || ("https://a/".to_owned(), "https://b/".to_owned());
    let (expected, actual) = url();
    let htm = DpopError::HtmMismatch { expected, actual };
    let (expected, actual) = url();
    let htu = DpopError::HtuMismatch { expected, actual };
    for error in [
        DpopError::SeveralHeaders,
        DpopError::Malformed(JoseError::Form),
        DpopError::TypMismatch,
        DpopError::AlgorithmNotAllowed,
        DpopError::KeyMissing,
        DpopError::KeyPrivate,
        DpopError::KeyInvalid,
        DpopError::SignatureInvalid,
        DpopError::JtiMissing,
        DpopError::JtiTooLong,
        DpopError::HtmMissing,
        htm,
        DpopError::HtuMissing,
        htu,
        DpopError::IatMissing,
        DpopError::TooOld,
        DpopError::NotYetValid,
        DpopError::AthMissing,
        DpopError::AthMismatch,
        DpopError::NonceMalformed,
        DpopError::NonceMissing,
        DpopError::NonceStale,
        DpopError::NonceForeign,
        DpopError::Replayed,
    ] {
        is_in_the_table(&error.into());
    }
}

#[test]
fn what_pkce_and_parameters_say() {
    for error in [
        PkceError::UnknownMethod,
        PkceError::MalformedS256Challenge,
        PkceError::MalformedPlainChallenge,
        PkceError::MalformedVerifier,
    ] {
        is_in_the_table(&error.into());
    }
    for error in [ParameterError::MalformedForm, ParameterError::MalformedJson, ParameterError::TooMany] {
        is_in_the_table(&error.into());
    }
    is_in_the_table(&OAuthError::missing_parameter("x"));
    is_in_the_table(&OAuthError::repeated_parameter("x"));
}
