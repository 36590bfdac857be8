use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_oauth::Timestamp;
use spki::der::asn1::{AnyRef, GeneralizedTime, UintRef, UtcTime};
use spki::der::{Decode, Reader, Tag, Tagged};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use crate::{JoseError, PublicKey};

/// `rsaEncryption` (RFC 8017 appendix C).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-ecPublicKey` (RFC 5480 §2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1` (RFC 5480 §2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// `id-Ed25519` (RFC 8410 §3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A public key as the PEM text (RFC 7468) that its owner keeps: `PUBLIC KEY`, `RSA PUBLIC KEY`, or the
/// `CERTIFICATE` that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PemKey {
    /// The key.
    pub key: PublicKey,
    /// When its certificate ends; `None` for a bare key. Nothing else of a certificate is read.
    pub not_after: Option<Timestamp>,
}

impl PemKey {
    /// The most bytes that are read.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Parses one PEM block with nothing around it.
    ///
    /// # Errors
    /// [`JoseError::Form`] for what is no such block or too long, [`JoseError::Private`] for a private key,
    /// [`JoseError::Encoding`] for broken base64 or DER, [`JoseError::Key`] for another kind of key.
    pub fn parse(pem: &str) -> Result<Self, JoseError> {
        let (label, der) = read_block(pem)?;
        let bare = |key| Self { key, not_after: None };
        match label {
            "PUBLIC KEY" => spki(SubjectPublicKeyInfoRef::from_der(&der)).map(bare),
            "RSA PUBLIC KEY" => rsa(&der).map(bare),
            "CERTIFICATE" => certified(&der),
            label if label.ends_with("PRIVATE KEY") => Err(JoseError::Private),
            _ => Err(JoseError::Form),
        }
    }
}

/// The label and the bytes of a block (RFC 7468 §3).
fn read_block(pem: &str) -> Result<(&str, Vec<u8>), JoseError> {
    if pem.len() > PemKey::MAX_BYTES {
        return Err(JoseError::Form);
    }
    let begun = pem.trim().strip_prefix("-----BEGIN ").ok_or(JoseError::Form)?;
    let (label, rest) = begun.split_once("-----").ok_or(JoseError::Form)?;
    let body = rest.strip_suffix(&format!("-----END {label}-----")).ok_or(JoseError::Form)?;
    let base64: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    Ok((label, STANDARD.decode(base64).map_err(|_| JoseError::Encoding)?))
}

/// Reads `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
fn spki(parsed: spki::der::Result<SubjectPublicKeyInfoRef<'_>>) -> Result<PublicKey, JoseError> {
    let parsed = parsed.map_err(|_| JoseError::Encoding)?;
    let bits = parsed.subject_public_key.as_bytes().ok_or(JoseError::Encoding)?;
    match parsed.algorithm.oid {
        RSA => rsa(bits),
        ED25519 => Ok(PublicKey::Ed25519 { x: bits.try_into().map_err(|_| JoseError::Key)? }),
        EC if parsed.algorithm.parameters_oid() == Ok(P256) => p256(bits),
        _ => Err(JoseError::Key),
    }
}

/// An uncompressed point (RFC 5480 §2.2).
fn p256(point: &[u8]) -> Result<PublicKey, JoseError> {
    let coordinates = point.strip_prefix(&[4]).and_then(|both| both.split_at_checked(32));
    let (x, y) = coordinates.ok_or(JoseError::Key)?;
    let whole = |half: &[u8]| half.try_into().map_err(|_| JoseError::Key);
    Ok(PublicKey::P256 { x: whole(x)?, y: whole(y)? })
}

/// Reads `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa(der: &[u8]) -> Result<PublicKey, JoseError> {
    let read = || -> spki::der::Result<PublicKey> {
        AnyRef::from_der(der)?.sequence(|members| {
            let (n, e) = (UintRef::decode(members)?, UintRef::decode(members)?);
            Ok(PublicKey::Rsa { n: n.as_bytes().to_vec(), e: e.as_bytes().to_vec() })
        })
    };
    read().map_err(|_| JoseError::Encoding)
}

/// Reads a certificate's key and end (RFC 5280 §4.1); nobody's signature is asked about.
fn certified(der: &[u8]) -> Result<PemKey, JoseError> {
    let read = || -> spki::der::Result<(Timestamp, Result<PublicKey, JoseError>)> {
        AnyRef::from_der(der)?.sequence(|certificate| {
            let found = AnyRef::decode(certificate)?.sequence(|signed| {
                let first = AnyRef::decode(signed)?;
                // The version is left out of certificates of the first one; the serial number follows it.
                let skipped = if first.tag() == Tag::Integer { 2 } else { 3 };
                for _ in 0..skipped {
                    AnyRef::decode(signed)?;
                }
                let end = AnyRef::decode(signed)?.sequence(|validity| {
                    AnyRef::decode(validity)?;
                    end_of(AnyRef::decode(validity)?)
                })?;
                AnyRef::decode(signed)?;
                let key = spki(SubjectPublicKeyInfoRef::decode(signed));
                skip_rest(signed)?;
                Ok::<_, spki::der::Error>((end, key))
            })?;
            skip_rest(certificate)?;
            Ok(found)
        })
    };
    let (end, key) = read().map_err(|_| JoseError::Encoding)?;
    Ok(PemKey { key: key?, not_after: Some(end) })
}

fn end_of(time: AnyRef<'_>) -> spki::der::Result<Timestamp> {
    let since = match time.tag() {
        Tag::UtcTime => time.decode_as::<UtcTime>()?.to_unix_duration(),
        _ => time.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    Ok(Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)))
}

fn skip_rest<'a, R: Reader<'a>>(reader: &mut R) -> spki::der::Result<()> {
    while !reader.is_finished() {
        AnyRef::decode(reader)?;
    }
    Ok(())
}
