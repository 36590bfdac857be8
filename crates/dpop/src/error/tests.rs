use countersign_jose::JoseError;
use countersign_oauth::{ErrorCode, OAuthError};

use super::DpopError;

fn every_error() -> Vec<DpopError> {
    let [expected, actual] = ["GET", "POST"].map(str::to_owned);
    vec![
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
        DpopError::HtmMismatch { expected: expected.clone(), actual: actual.clone() },
        DpopError::HtuMissing,
        DpopError::HtuMismatch { expected, actual },
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
    ]
}

#[test]
fn every_rule_has_an_id_of_its_own() {
    let errors = every_error();
    let rules: std::collections::HashSet<_> = errors.iter().map(DpopError::rule).collect();
    assert_eq!(rules.len(), errors.len());
    assert!(rules.iter().all(|rule| rule.starts_with("dpop.")));
}

/// RFC 9449 §5, §8.
#[test]
fn only_what_another_nonce_would_mend_asks_for_one() {
    for error in every_error() {
        let about_nonces =
            matches!(error, DpopError::NonceMissing | DpopError::NonceStale | DpopError::NonceForeign);
        let expected = if about_nonces { ErrorCode::UseDpopNonce } else { ErrorCode::InvalidDpopProof };
        assert_eq!(OAuthError::from(error.clone()).code, expected, "{error:?}");
    }
}

#[test]
fn compared_values_are_shown_without_what_could_do_harm() {
    let error = DpopError::HtuMismatch {
        expected: "https://login.example.com/oauth/token".to_owned(),
        actual: "https://a.example/<b>\r\n{expected}?code=secret".to_owned(),
    };
    assert_eq!(
        OAuthError::from(error).describe(),
        "The DPoP proof is for the URL https://a.example/bexpected, not https://login.example.com/oauth/token"
    );
    let long = DpopError::HtmMismatch { expected: "POST".to_owned(), actual: "X".repeat(5000) };
    assert_eq!(OAuthError::from(long).value("actual").map(str::len), Some(200));
}
