use countersign_oauth::{Fault, Seconds, Secret, SecureRandom, Timestamp};
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509Extension, X509StoreContext};

use crate::fault::fault;
use crate::{verifier, x509};

const AUTHORITY_LIFETIME: Seconds = Seconds(10 * 365 * 86_400);
/// Browsers take at most 397 days.
const SERVER_LIFETIME: Seconds = Seconds(396 * 86_400);
/// Certificates begin a little before they are made, for clocks that are behind.
const BACKDATED: Seconds = Seconds(3600);

/// A certificate authority for this machine alone. Its certificate allows it nothing but localhost,
/// 127.0.0.1, ::1 and the hosts that it was made for (RFC 5280 §4.2.1.10), so whoever steals the key of a
/// trusted one gains no more than that.
pub struct DevAuthority {
    key: PKey<Private>,
    certificate: X509,
}

/// A server's certificate and key, for localhost, 127.0.0.1, ::1 and the hosts asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// The certificate, PEM.
    pub certificate: String,
    /// Its private key, PKCS#8 PEM.
    pub private_key: Secret<String>,
}

impl DevAuthority {
    /// Makes an authority for localhost, 127.0.0.1, ::1 and further `hosts`, each a DNS name.
    ///
    /// # Errors
    /// A fault when OpenSSL fails.
    pub fn generate(hosts: &[String], random: &dyn SecureRandom, now: Timestamp) -> Result<Self, Fault> {
        Self::build(hosts, random, now).map_err(fault("making the development authority"))
    }

    /// Reads an authority from its two PEM texts.
    ///
    /// # Errors
    /// A fault when a text is malformed, or the key is not the certificate's.
    pub fn from_pem(certificate: &str, private_key: &Secret<String>) -> Result<Self, Fault> {
        let certificate = X509::from_pem(certificate.as_bytes())
            .map_err(fault("parsing the development authority's certificate"))?;
        let key = PKey::private_key_from_pem(private_key.expose().as_bytes())
            .map_err(fault("parsing the development authority's key"))?;
        let public =
            certificate.public_key().map_err(fault("parsing the development authority's public key"))?;
        if !public.public_eq(&key) {
            return Err(Fault::internal("the development authority's key is not its certificate's"));
        }
        Ok(Self { key, certificate })
    }

    /// The certificate, PEM: what browsers and clients are told to trust.
    ///
    /// # Errors
    /// A fault when OpenSSL fails.
    pub fn certificate_pem(&self) -> Result<String, Fault> {
        pem(self.certificate.to_pem())
    }

    /// The private key, PKCS#8 PEM.
    ///
    /// # Errors
    /// A fault when OpenSSL fails.
    pub fn private_key_pem(&self) -> Result<Secret<String>, Fault> {
        pem(self.key.private_key_to_pem_pkcs8()).map(Secret::new)
    }

    /// Issues a certificate with a new key for exactly localhost, 127.0.0.1, ::1 and `hosts`, good for 396
    /// days. Clients refuse it where the authority was not made for one of them.
    ///
    /// # Errors
    /// A fault when OpenSSL fails.
    pub fn issue_server_certificate(
        &self,
        hosts: &[String],
        random: &dyn SecureRandom,
        now: Timestamp,
    ) -> Result<ServerCertificate, Fault> {
        let (certificate, key) =
            self.issue(hosts, random, now).map_err(fault("issuing a development certificate"))?;
        Ok(ServerCertificate {
            certificate: pem(certificate.to_pem())?,
            private_key: pem(key.private_key_to_pem_pkcs8()).map(Secret::new)?,
        })
    }

    /// Whether a certificate (PEM) is one of this authority for exactly localhost, 127.0.0.1, ::1 and
    /// `hosts`, and clients that trust the authority take it at `now`.
    ///
    /// # Errors
    /// A fault when the text is no certificate, or OpenSSL fails.
    pub fn vouches_for(&self, certificate: &str, hosts: &[String], now: Timestamp) -> Result<bool, Fault> {
        let check = || -> Result<bool, ErrorStack> {
            let certificate = X509::from_pem(certificate.as_bytes())?;
            Ok(names_exactly(&certificate, hosts) && self.chains_to(&certificate, now)?)
        };
        check().map_err(fault("checking a development certificate"))
    }

    fn chains_to(&self, certificate: &X509, now: Timestamp) -> Result<bool, ErrorStack> {
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_time(now.seconds());
        let mut store = X509StoreBuilder::new()?;
        store.add_cert(self.certificate.clone())?;
        store.set_param(&parameters)?;
        let (store, no_chain) = (store.build(), Stack::new()?);
        X509StoreContext::new()?.init(&store, certificate, &no_chain, |context| context.verify_cert())
    }

    fn build(hosts: &[String], random: &dyn SecureRandom, now: Timestamp) -> Result<Self, ErrorStack> {
        let key = p256_key()?;
        let mut mark = [0_u8; 4];
        random.fill(&mut mark);
        let name = x509::common_name(&format!(
            "Countersign development authority {:08x} (this machine only)",
            u32::from_be_bytes(mark)
        ))?;
        let mut builder = x509::builder(&key, now.minus(BACKDATED), now.plus(AUTHORITY_LIFETIME), random)?;
        builder.set_subject_name(&name)?;
        builder.set_issuer_name(&name)?;
        builder.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        builder.append_extension(name_constraints(hosts)?)?;
        let identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension(identifier)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Self { certificate: builder.build(), key })
    }

    fn issue(
        &self,
        hosts: &[String],
        random: &dyn SecureRandom,
        now: Timestamp,
    ) -> Result<(X509, PKey<Private>), ErrorStack> {
        let key = p256_key()?;
        let mut builder = x509::builder(&key, now.minus(BACKDATED), now.plus(SERVER_LIFETIME), random)?;
        builder.set_subject_name(&*x509::common_name("localhost")?)?;
        builder.set_issuer_name(self.certificate.subject_name())?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let mut names = SubjectAlternativeName::new();
        hosts.iter().fold(names.dns("localhost").ip("127.0.0.1").ip("::1"), |names, host| names.dns(host));
        let names = names.build(&context)?;
        let subject = SubjectKeyIdentifier::new().build(&context)?;
        let authority = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
        for extension in [names, subject, authority] {
            builder.append_extension(extension)?;
        }
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok((builder.build(), key))
    }
}

impl std::fmt::Debug for DevAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DevAuthority({:?})", self.certificate.subject_name())
    }
}

/// Whether a PEM certificate ends within `span` of `now`: then it is time for another.
///
/// # Errors
/// A fault when the text is no certificate.
pub fn certificate_expires_within(certificate: &str, span: Seconds, now: Timestamp) -> Result<bool, Fault> {
    let compare = || -> Result<bool, ErrorStack> {
        let certificate = X509::from_pem(certificate.as_bytes())?;
        let limit = Asn1Time::from_unix(now.plus(span).seconds())?;
        Ok(certificate.not_after().compare(&limit)?.is_le())
    };
    compare().map_err(fault("reading when a certificate expires"))
}

/// The SHA-256 fingerprint of a PEM certificate, in lower-case hexadecimal.
///
/// # Errors
/// A fault when the text is no certificate.
pub fn certificate_fingerprint(certificate: &str) -> Result<String, Fault> {
    let digest =
        X509::from_pem(certificate.as_bytes()).and_then(|found| found.digest(MessageDigest::sha256()));
    let digest = digest.map_err(fault("reading a certificate"))?;
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether a certificate names localhost, the loopback addresses and these hosts, and nothing else.
fn names_exactly(certificate: &X509, hosts: &[String]) -> bool {
    let Some(found) = certificate.subject_alt_names() else { return false };
    let mut dns: Vec<&str> = found.iter().filter_map(|name| name.dnsname()).collect();
    let mut wanted: Vec<&str> =
        std::iter::once("localhost").chain(hosts.iter().map(String::as_str)).collect();
    dns.sort_unstable();
    wanted.sort_unstable();
    dns == wanted && found.len() == wanted.len() + 2
}

fn p256_key() -> Result<PKey<Private>, ErrorStack> {
    PKey::from_ec_key(EcKey::generate(&*verifier::p256()?)?)
}

/// `NameConstraints` (RFC 5280 §4.2.1.10), critical, in DER, since OpenSSL's own text form is a language that
/// can read files: permitted are the DNS name localhost, those of the hosts, and the two loopback addresses
/// with full masks.
fn name_constraints(hosts: &[String]) -> Result<X509Extension, ErrorStack> {
    const DNS_NAME: u8 = 0x82;
    const IP_ADDRESS: u8 = 0x87;
    const PERMITTED: u8 = 0xa0;
    const SEQUENCE: u8 = 0x30;
    let v6 = std::net::Ipv6Addr::LOCALHOST.octets();
    let mut subtrees = vec![
        tagged(DNS_NAME, b"localhost"),
        tagged(IP_ADDRESS, &[127, 0, 0, 1, 255, 255, 255, 255]),
        tagged(IP_ADDRESS, &[v6, [255; 16]].concat()),
    ];
    subtrees.extend(hosts.iter().map(|host| tagged(DNS_NAME, host.as_bytes())));
    let subtrees: Vec<u8> = subtrees.iter().flat_map(|name| tagged(SEQUENCE, name)).collect();
    let der = tagged(SEQUENCE, &tagged(PERMITTED, &subtrees));
    let oid = Asn1Object::from_str("2.5.29.30")?;
    X509Extension::new_from_der(&oid, true, &*Asn1OctetString::new_from_bytes(&der)?)
}

/// A DER element: its length in one byte, or in as many as the first says (X.690 §8.1.3).
fn tagged(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(contents.len()) {
        Ok(short) if short < 128 => vec![short],
        _ => {
            let bytes = contents.len().to_be_bytes();
            let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            let count = u8::try_from(bytes.len()).unwrap_or_default();
            [vec![0x80 | count], bytes].concat()
        }
    };
    [&[tag], length.as_slice(), contents].concat()
}

fn pem(pem: Result<Vec<u8>, ErrorStack>) -> Result<String, Fault> {
    let pem = pem.map_err(fault("encoding PEM"))?;
    String::from_utf8(pem).map_err(fault("encoding PEM"))
}

#[cfg(test)]
mod tests;
