//! What the issuer does when its keys are not there.

use countersign_jose::{Algorithm, Compact, KeyRing};
use countersign_oauth::{FaultKind, Sealer};
use countersign_storage::TokenDialect;
use countersign_testkit::{NOW, TestKeyRing, TestSealer, domain};
use countersign_token::MintContext;

use crate::world::{access_token, api_of, for_user, issuer_with, try_mint};

#[test]
fn an_algorithm_without_a_key_is_a_fault_and_never_another_algorithm() {
    let issuer = issuer_with(&[Algorithm::RS256]);
    let domain = domain();
    for algorithm in [Algorithm::ES256, Algorithm::PS256, Algorithm::RS512] {
        let plan = for_user(Some(api_of(TokenDialect::AccessToken, algorithm)), "read:things");
        let fault = issuer.mint(&plan, MintContext { domain: &domain, now: NOW }).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Internal);
        assert_eq!(fault.context, format!("no current {algorithm} key"));
    }
}

#[test]
fn an_hs256_api_signs_with_its_own_secret() {
    let token = access_token(&for_user(Some(api_of(TokenDialect::AccessToken, Algorithm::HS256)), ""));
    let compact = Compact::parse(&token).unwrap();
    let sign = |secret: &[u8]| {
        let signer = TestKeyRing::new().symmetric_signer(secret);
        signer.sign(compact.signing_input.as_bytes()).unwrap()
    };
    assert_eq!(compact.signature, sign(b"api secret"));
    assert_ne!(compact.signature, sign(b"test-client-secret"));
}

#[test]
fn an_hs256_api_without_a_secret_that_opens_is_a_fault() {
    let mut without = api_of(TokenDialect::AccessToken, Algorithm::HS256);
    without.signing_secret = None;
    let mut purpose = without.clone();
    purpose.signing_secret = Some(TestSealer::default().seal("client_secret", b"secret"));
    for api in [without, purpose] {
        let fault = try_mint(&for_user(Some(api), "read:things")).unwrap_err();
        assert!(fault.context.contains("HS256 secret of https://api.example.com/"), "{fault}");
    }
}
