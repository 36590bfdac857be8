use countersign_jose::{Algorithm, PublicKey, SecretKeys, Verifier};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;

use crate::{OpenSslSecretKeys, OpenSslVerifier};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_macs_are_those_of_the_rfcs() {
    // RFC 2202 §3 case 2 and RFC 4231 §4.3; HMAC-SHA1 is for RFC 5849 §3.4.2.
    let (key, message) = (b"Jefe", b"what do ya want for nothing?");
    let sha1 = OpenSslSecretKeys.hmac_sha1(key, message).unwrap();
    assert_eq!(hex(&sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    let sha256 = OpenSslSecretKeys.hmac_sha256(key, message);
    assert_eq!(hex(&sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

fn pem_of(curve: Nid) -> (EcKey<openssl::pkey::Private>, String) {
    let key = EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap();
    let pem = PKey::from_ec_key(key.clone()).unwrap().private_key_to_pem_pkcs8().unwrap();
    (key, String::from_utf8(pem).unwrap())
}

#[test]
fn a_key_on_p256_signs_as_its_public_half_verifies() {
    let (key, pem) = pem_of(Nid::X9_62_PRIME256V1);
    let signer = OpenSslSecretKeys.es256_signer("ABC123", &pem).unwrap();
    assert_eq!((signer.algorithm(), signer.kid()), (Algorithm::ES256, Some("ABC123")));
    let signature = signer.sign(b"message").unwrap();
    let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
    let mut context = BigNumContext::new().unwrap();
    key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).unwrap();
    let half = |number: &BigNum| number.to_vec_padded(32).unwrap().try_into().unwrap();
    let public = PublicKey::P256 { x: half(&x), y: half(&y) };
    OpenSslVerifier::new().unwrap().verify(Algorithm::ES256, &public, b"message", &signature).unwrap();
}

#[test]
fn what_is_no_key_on_p256_is_refused_and_not_repeated() {
    let (_, other_curve) = pem_of(Nid::SECP384R1);
    let rsa = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let rsa = String::from_utf8(rsa.private_key_to_pem_pkcs8().unwrap()).unwrap();
    for pem in
        [other_curve.as_str(), &rsa, "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----", ""]
    {
        let error = OpenSslSecretKeys.es256_signer("kid", pem).map(drop).unwrap_err();
        assert_eq!(error.0, "no private key on P-256 in PKCS#8 PEM");
    }
}
