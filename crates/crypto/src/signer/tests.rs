use countersign_jose::{Algorithm, Compact, Signer, decode_base64url};
use countersign_testkit::vectors;

use super::{HmacSigner, RsaSigner};

/// RFC 7518 §3.2.
#[test]
fn the_example_of_rfc_7515_appendix_a_1_is_signed_alike() {
    let signer = HmacSigner::new(&decode_base64url(vectors::RFC7515_A1_KEY).unwrap());
    let jws = Compact::parse(vectors::RFC7515_A1_JWS).unwrap();
    assert_eq!(signer.sign(jws.signing_input.as_bytes()).unwrap(), jws.signature);
    assert_eq!((signer.algorithm(), signer.kid()), (Algorithm::HS256, None));
}

/// RFC 7518 §3.2.
#[test]
fn a_secret_of_15_bytes_does_not_sign_and_one_of_16_does() {
    assert!(HmacSigner::new(&[1; 15]).sign(b"m").is_err());
    assert!(HmacSigner::new(&[1; 16]).sign(b"m").is_ok());
    assert!(HmacSigner::new(b"").sign(b"m").is_err());
}

#[test]
fn rsa_signers_are_made_of_rsa_keys_for_rsa_algorithms() {
    let weak = openssl::rsa::Rsa::generate(1024).and_then(openssl::pkey::PKey::from_rsa).unwrap();
    let weak = weak.private_key_to_pkcs8().unwrap();
    for algorithm in [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256] {
        assert!(RsaSigner::new(algorithm, "kid", &weak).is_err(), "1024 bits as {algorithm}");
        assert!(RsaSigner::new(algorithm, "kid", b"no key").is_err());
    }
    assert!(RsaSigner::new(Algorithm::ES256, "kid", &weak).is_err());
    assert!(RsaSigner::new(Algorithm::HS256, "kid", &weak).is_err());
}
