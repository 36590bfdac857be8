use countersign_oauth::{SecureRandom, Timestamp};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKeyRef, Private};
use openssl::x509::{X509Builder, X509Name, X509NameBuilder};

/// What every certificate of ours begins with: version 3, a random serial number (RFC 5280 §4.1.2.2), its
/// validity and its public key.
pub(crate) fn builder(
    key: &PKeyRef<Private>,
    not_before: Timestamp,
    not_after: Timestamp,
    random: &dyn SecureRandom,
) -> Result<X509Builder, ErrorStack> {
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial_number(random)?)?;
    builder.set_not_before(&*Asn1Time::from_unix(not_before.seconds())?)?;
    builder.set_not_after(&*Asn1Time::from_unix(not_after.seconds())?)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

/// A name of one common name.
pub(crate) fn common_name(name: &str) -> Result<X509Name, ErrorStack> {
    let mut builder = X509NameBuilder::new()?;
    builder.append_entry_by_nid(Nid::COMMONNAME, name)?;
    Ok(builder.build())
}

/// Positive, never zero, 127 random bits.
fn serial_number(random: &dyn SecureRandom) -> Result<Asn1Integer, ErrorStack> {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) >> 1 | 1;
    BigNum::from_slice(&number.to_be_bytes())?.to_asn1_integer()
}
