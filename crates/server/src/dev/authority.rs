//! The local certificate authority and what has to trust it.

use std::path::{Path, PathBuf};

use countersign_crypto::{DevAuthority, ServerCertificate, certificate_expires_within};
use countersign_http::TlsFiles;
use countersign_oauth::{Clock, Seconds, Secret, SecureRandom};

use super::DataDir;
use crate::config::Environment;
use crate::{Failure, files};

/// A certificate is made anew when it ends within a month.
const SERVER_MARGIN: Seconds = Seconds(30 * 86_400);
/// The authority ends later than any certificate that it issues.
const AUTHORITY_MARGIN: Seconds = Seconds(400 * 86_400);

/// The authority's certificate in the data folder.
pub(crate) const CA_FILE: &str = "ca.pem";
const CA_FILES: (&str, &str) = (CA_FILE, "ca-key.pem");
const SERVER_FILES: (&str, &str) = ("server.pem", "server-key.pem");

/// Where systems keep the roots that they trust.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What clients are told to trust, and what the server shows them.
pub(crate) struct LocalTls {
    /// Our authority's certificate.
    pub(crate) ca_file: PathBuf,
    /// The system's roots and ours, for tools that take one file instead of the system's.
    pub(crate) bundle_file: PathBuf,
    /// The server's certificate and key.
    pub(crate) tls: TlsFiles,
    /// Whether the authority was made anew, so that it has to be trusted again.
    pub(crate) replaced: bool,
}

/// Makes, at the first start, an authority, a server certificate for this machine and `hosts`, and the
/// bundle; later renews what ends soon or does not fit the hosts.
///
/// # Errors
/// [`Failure`] naming the file.
pub(crate) fn prepare(
    folder: &DataDir,
    hosts: &[String],
    environment: &Environment,
    random: &dyn SecureRandom,
    clock: &dyn Clock,
) -> Result<LocalTls, Failure> {
    let Made { authority, certificate, replaced } = make(folder, hosts, random, clock)?;
    let ca_pem = authority.certificate_pem()?;
    let (ca_file, bundle_file) = (absolute(&folder.file(CA_FILE))?, absolute(&folder.file("bundle.pem"))?);
    let bundle = [system_roots(environment, &bundle_file), ca_pem.clone().into_bytes()].concat();
    if files::read(&bundle_file)?.as_ref() != Some(&bundle) {
        files::replace(&bundle_file, &bundle)?;
    }
    let tls = TlsFiles {
        certificate_chain_pem: (certificate.certificate + &ca_pem).into_bytes(),
        private_key_pem: Secret::new(certificate.private_key.expose().clone().into_bytes()),
    };
    Ok(LocalTls { ca_file, bundle_file, tls, replaced })
}

struct Made {
    authority: DevAuthority,
    certificate: ServerCertificate,
    /// Whether another authority was there before.
    replaced: bool,
}

/// Keeps the authority as long as it may certify these hosts, so that it need not be trusted again.
fn make(
    folder: &DataDir,
    hosts: &[String],
    random: &dyn SecureRandom,
    clock: &dyn Clock,
) -> Result<Made, Failure> {
    let now = clock.now();
    let known = read_authority(folder, clock)?;
    if let Some(authority) = known {
        if let Some(certificate) = read_pair(folder, SERVER_FILES)?.map(server_certificate)
            && authority.vouches_for(&certificate.certificate, hosts, now)?
            && !certificate_expires_within(&certificate.certificate, SERVER_MARGIN, now)?
        {
            return Ok(Made { authority, certificate, replaced: false });
        }
        let certificate = authority.issue_server_certificate(hosts, random, now)?;
        if authority.vouches_for(&certificate.certificate, hosts, now)? {
            write_pair(folder, SERVER_FILES, &certificate.certificate, &certificate.private_key)?;
            return Ok(Made { authority, certificate, replaced: false });
        }
    }
    let replaced = folder.file(CA_FILE).is_file();
    let authority = DevAuthority::generate(hosts, random, now)?;
    write_pair(folder, CA_FILES, &authority.certificate_pem()?, &authority.private_key_pem()?)?;
    let certificate = authority.issue_server_certificate(hosts, random, now)?;
    write_pair(folder, SERVER_FILES, &certificate.certificate, &certificate.private_key)?;
    Ok(Made { authority, certificate, replaced })
}

fn read_authority(folder: &DataDir, clock: &dyn Clock) -> Result<Option<DevAuthority>, Failure> {
    let Some((certificate, key)) = read_pair(folder, CA_FILES)? else { return Ok(None) };
    if certificate_expires_within(&certificate, AUTHORITY_MARGIN, clock.now())? {
        return Ok(None);
    }
    Ok(Some(DevAuthority::from_pem(&certificate, &key)?))
}

fn server_certificate((certificate, private_key): (String, Secret<String>)) -> ServerCertificate {
    ServerCertificate { certificate, private_key }
}

fn read_pair(
    folder: &DataDir,
    (certificate, key): (&str, &str),
) -> Result<Option<(String, Secret<String>)>, Failure> {
    let certificate = read_text(&folder.file(certificate))?;
    Ok(certificate.zip(read_text(&folder.file(key))?.map(Secret::new)))
}

/// The key first, so that a certificate on the disk always has its key beside it.
fn write_pair(
    folder: &DataDir,
    (certificate_file, key_file): (&str, &str),
    certificate: &str,
    key: &Secret<String>,
) -> Result<(), Failure> {
    files::replace(&folder.file(key_file), key.expose().as_bytes())?;
    files::replace(&folder.file(certificate_file), certificate.as_bytes())
}

/// What the process trusts already. A bundle of ours, named as the banner says, is not taken again.
fn system_roots(environment: &Environment, bundle: &Path) -> Vec<u8> {
    let named = environment
        .roots()
        .map(Path::new)
        .filter(|path| path.canonicalize().ok() != bundle.canonicalize().ok() || !bundle.exists());
    let paths = named.into_iter().chain(SYSTEM_ROOTS.iter().map(Path::new));
    let mut roots =
        paths.filter_map(|path| std::fs::read(path).ok()).find(|roots| !roots.is_empty()).unwrap_or_default();
    if !roots.is_empty() && !roots.ends_with(b"\n") {
        roots.push(b'\n');
    }
    roots
}

fn read_text(path: &Path) -> Result<Option<String>, Failure> {
    let Some(bytes) = files::read(path)? else { return Ok(None) };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Failure::of("--data", format!("{} is no PEM file", path.display()))),
    }
}

/// An absolute path, so that what the banner prints can be pasted anywhere.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::of("--data", format!("{} has no absolute path: {error}", path.display())))
}
