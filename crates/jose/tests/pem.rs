//! RFC 7468: public keys as the texts that their owners keep.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use countersign_jose::{Algorithm, JoseError, Jwk, PemKey, PublicKey};
use countersign_oauth::Timestamp;
use countersign_testkit::{pem, vectors};

fn key(pem: &str) -> PublicKey {
    let read = PemKey::parse(pem).unwrap();
    assert_eq!(read.not_after, None);
    read.key
}

/// RFC 5280 §4.1.2.7, RFC 8017 appendix A.1.1, RFC 8410 §4.
#[test]
fn each_kind_of_key_is_read_as_the_jwk_that_it_is() {
    let rsa = key(pem::RSA);
    assert_eq!(key(pem::RSA_PKCS1), rsa);
    let PublicKey::Rsa { n, e } = &rsa else { panic!("not RSA") };
    assert_eq!((n.len(), n[0] >> 7, e.as_slice()), (256, 1, &[1, 0, 1][..]));
    let p256 = key(pem::P256);
    assert!(matches!(&p256, PublicKey::P256 { x, .. } if x[..2] == [0x69, 0xc3]));
    let ed25519 = key(pem::ED25519);
    assert!(matches!(&ed25519, PublicKey::Ed25519 { x } if x[..2] == [0xe5, 0xa1]));
    for (key, algorithm) in [(rsa, Algorithm::RS256), (p256, Algorithm::ES256), (ed25519, Algorithm::EdDSA)] {
        let jwk = Jwk::new("k", algorithm, &key);
        assert_eq!(jwk.public_key(), Ok(key));
    }
}

/// RFC 8037 appendix A.3.
#[test]
fn the_thumbprint_of_rfc_8037_appendix_a_3_comes_out() {
    let jwk = serde_json::from_str(vectors::RFC8037_A2_JWK).unwrap();
    let thumbprint = PublicKey::from_jwk(&jwk).unwrap().thumbprint();
    assert_eq!(thumbprint.as_str(), vectors::RFC8037_A3_THUMBPRINT);
}

/// RFC 5280 §4.1.2.5.
#[test]
fn a_certificate_gives_its_key_and_its_end() {
    let read = PemKey::parse(pem::P256_CERTIFICATE).unwrap();
    assert_eq!(read.key, key(pem::P256));
    assert_eq!(read.not_after, Some(Timestamp::from_seconds(pem::P256_CERTIFICATE_UNTIL)));
}

#[test]
fn white_space_and_line_ends_do_not_matter() {
    let crlf = format!("\r\n{}\r\n", pem::P256.replace('\n', "\r\n"));
    assert_eq!(key(&crlf), key(pem::P256));
    let lines: Vec<&str> = pem::P256.trim().lines().collect();
    let one_line =
        format!("{}\n{}\n{}", lines[0], lines[1..lines.len() - 1].concat(), lines[lines.len() - 1]);
    assert_eq!(key(&one_line), key(pem::P256));
}

#[test]
fn what_is_no_public_key_is_refused() {
    let relabelled = |label: &str| pem::P256.replace("PUBLIC KEY", label);
    let body = pem::P256.lines().nth(1).unwrap();
    for (text, error) in [
        (String::new(), JoseError::Form),
        (pem::P256.replace("-----END", "----END"), JoseError::Form),
        (format!("{}x", pem::P256), JoseError::Form),
        (format!("{}{}", pem::P256, pem::RSA), JoseError::Encoding),
        (relabelled("NONSENSE"), JoseError::Form),
        (relabelled("PRIVATE KEY"), JoseError::Private),
        (relabelled("EC PRIVATE KEY"), JoseError::Private),
        (relabelled("ENCRYPTED PRIVATE KEY"), JoseError::Private),
        (relabelled("CERTIFICATE"), JoseError::Encoding),
        (relabelled("RSA PUBLIC KEY"), JoseError::Encoding),
        (pem::P256.replace(body, &body[4..]), JoseError::Encoding),
        (pem::P256.replace(body, &format!("*{}", &body[1..])), JoseError::Encoding),
        (pem::P384.to_owned(), JoseError::Key),
        (
            format!("-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----", "A".repeat(17_000)),
            JoseError::Form,
        ),
    ] {
        assert_eq!(PemKey::parse(&text).err(), Some(error), "{text:.80}");
    }
}

/// RFC 8725 §3.2, RFC 7518 §3.3.
#[test]
fn sp_064_a_key_fits_the_algorithms_of_its_kind_and_a_weak_one_none() {
    use Algorithm::{ES256, EdDSA, HS256, PS256, RS256, RS384, RS512};
    let all = [RS256, RS384, RS512, PS256, ES256, EdDSA, HS256];
    let fits = |key: &PublicKey| all.into_iter().filter(|alg| key.is_fit_for(*alg)).collect::<Vec<_>>();
    let rsa = key(pem::RSA);
    assert_eq!(fits(&rsa), [RS256, RS384, RS512, PS256]);
    assert_eq!(fits(&key(pem::P256)), [ES256]);
    assert_eq!(fits(&key(pem::ED25519)), [EdDSA]);
    assert_eq!(fits(&key(pem::WEAK_RSA)), []);
    let PublicKey::Rsa { n, e } = rsa else { panic!("not RSA") };
    let mut even = n.clone();
    even[255] &= 0xfe;
    let mut short = n.clone();
    short[0] = 0x7f;
    let long = [n.clone(), vec![1; 769]].concat();
    let padded = [vec![0; 2], n.clone()].concat();
    for n in [even, short, long, vec![], vec![0; 256]] {
        assert_eq!(fits(&PublicKey::Rsa { n, e: e.clone() }), []);
    }
    for e in [vec![], vec![1], vec![0, 1], vec![2], vec![1; 9]] {
        assert_eq!(fits(&PublicKey::Rsa { n: n.clone(), e }), []);
    }
    assert_eq!(fits(&PublicKey::Rsa { n: padded, e: vec![3] }).len(), 4);
}
