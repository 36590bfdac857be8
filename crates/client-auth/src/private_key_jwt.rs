//! `private_key_jwt` (OpenID Connect Core §9, RFC 7523 §2.2): an assertion under a key that the client registered.

use countersign_jose::{Algorithm, PublicKey};
use countersign_oauth::{Compliance, Error, Fault, OAuthError};
use countersign_storage::{Client, ClientCredential};

use crate::assertion::{Assertion, assertion_algorithms};
use crate::{AssertionError, MethodContext};

/// Verifies that a key of the client's signed the assertion, by the key's own algorithm and no other
/// (RFC 8725 §3.1), and accepts it once.
///
/// # Errors
/// The rule broken, or a fault when the check cannot be done.
pub(crate) async fn verify(
    assertion: &Assertion<'_>,
    client: &Client,
    compliance: Compliance,
    cx: &MethodContext<'_>,
) -> Result<(), Error> {
    let algorithm = assertion.algorithm(assertion_algorithms(compliance)).map_err(OAuthError::from)?;
    check_signature(assertion, client, algorithm, cx)?;
    assertion.accept(client, cx).await
}

fn check_signature(
    assertion: &Assertion<'_>,
    client: &Client,
    algorithm: Algorithm,
    cx: &MethodContext<'_>,
) -> Result<(), Error> {
    let kid = assertion.jws.header.kid.as_deref();
    let named = |key: &&ClientCredential| kid.is_none_or(|kid| key.kid == kid) && key.is_live(cx.request.now);
    let named: Vec<_> = client.settings.credentials().iter().filter(named).collect();
    let fitting: Vec<_> = named.iter().filter(|key| key.alg == algorithm).collect();
    if fitting.is_empty() {
        let rule = if named.is_empty() { AssertionError::Key } else { AssertionError::Algorithm };
        return Err(OAuthError::from(rule).into());
    }
    let message = assertion.jws.signing_input.as_bytes();
    for key in fitting {
        let public = public_key(client, key)?;
        if cx.verifier.verify(algorithm, &public, message, &assertion.jws.signature).is_ok() {
            return Ok(());
        }
    }
    Err(OAuthError::from(AssertionError::Signature).into())
}

fn public_key(client: &Client, key: &ClientCredential) -> Result<PublicKey, Fault> {
    let broken = |error| {
        Fault::internal(format!("clients.settings of {}: key {}", client.id, key.kid)).caused_by(error)
    };
    key.jwk.public_key().map_err(broken)
}

#[cfg(test)]
mod tests;
