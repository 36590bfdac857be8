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
}

/// Makes, at the first start, an authority, a server certificate and the bundle; later renews what ends soon.
///
/// # Errors
/// [`Failure`] naming the file.
pub(crate) fn prepare(
    folder: &DataDir,
    environment: &Environment,
    random: &dyn SecureRandom,
    clock: &dyn Clock,
) -> Result<LocalTls, Failure> {
    let made = authority(folder, random, clock)?;
    let certificate = server_certificate(folder, &made, random, clock)?;
    let ca_pem = made.authority.certificate_pem()?;
    let (ca_file, bundle_file) = (absolute(&folder.file("ca.pem"))?, absolute(&folder.file("bundle.pem"))?);
    let bundle = [system_roots(environment, &bundle_file), ca_pem.clone().into_bytes()].concat();
    if files::read(&bundle_file)?.as_ref() != Some(&bundle) {
        files::replace(&bundle_file, &bundle)?;
    }
    let tls = TlsFiles {
        certificate_chain_pem: (certificate.certificate + &ca_pem).into_bytes(),
        private_key_pem: Secret::new(certificate.private_key.expose().clone().into_bytes()),
    };
    Ok(LocalTls { ca_file, bundle_file, tls })
}

struct Made {
    authority: DevAuthority,
    is_new: bool,
}

fn authority(folder: &DataDir, random: &dyn SecureRandom, clock: &dyn Clock) -> Result<Made, Failure> {
    let (certificate_file, key_file) = (folder.file("ca.pem"), folder.file("ca-key.pem"));
    if let (Some(certificate), Some(key)) = (read_text(&certificate_file)?, read_text(&key_file)?)
        && !certificate_expires_within(&certificate, AUTHORITY_MARGIN, clock.now())?
    {
        let authority = DevAuthority::from_pem(&certificate, &Secret::new(key))?;
        return Ok(Made { authority, is_new: false });
    }
    let authority = DevAuthority::generate(random, clock.now())?;
    files::replace(&key_file, authority.private_key_pem()?.expose().as_bytes())?;
    files::replace(&certificate_file, authority.certificate_pem()?.as_bytes())?;
    Ok(Made { authority, is_new: true })
}

fn server_certificate(
    folder: &DataDir,
    made: &Made,
    random: &dyn SecureRandom,
    clock: &dyn Clock,
) -> Result<ServerCertificate, Failure> {
    let (certificate_file, key_file) = (folder.file("server.pem"), folder.file("server-key.pem"));
    if let (Some(certificate), Some(key)) = (read_text(&certificate_file)?, read_text(&key_file)?)
        && !made.is_new
        && !certificate_expires_within(&certificate, SERVER_MARGIN, clock.now())?
    {
        return Ok(ServerCertificate { certificate, private_key: Secret::new(key) });
    }
    let certificate = made.authority.issue_server_certificate(random, clock.now())?;
    files::replace(&key_file, certificate.private_key.expose().as_bytes())?;
    files::replace(&certificate_file, certificate.certificate.as_bytes())?;
    Ok(certificate)
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
