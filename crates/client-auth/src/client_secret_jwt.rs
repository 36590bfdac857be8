//! `client_secret_jwt` (OpenID Connect Core §9): an assertion under the client's secret, which never travels.

use countersign_jose::Algorithm;
use countersign_oauth::{Error, OAuthError};
use countersign_storage::Client;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::assertion::Assertion;
use crate::{AssertionError, MethodContext, secret};

/// Verifies that the client's secret made the assertion's code (RFC 7518 §3.2), and accepts it once.
///
/// # Errors
/// The rule broken, or a fault when the secret does not open or the mark cannot be made.
pub(crate) async fn verify(
    assertion: &Assertion<'_>,
    client: &Client,
    cx: &MethodContext<'_>,
) -> Result<(), Error> {
    let refused = |error: AssertionError| Error::Refused(OAuthError::from(error));
    assertion.algorithm(&[Algorithm::HS256]).map_err(refused)?;
    let secret = secret::open(client, cx.sealer)?.ok_or_else(|| refused(AssertionError::Key))?;
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose()).map_err(|_| refused(AssertionError::Key))?;
    mac.update(assertion.jws.signing_input.as_bytes());
    // In constant time, wherever the codes differ.
    mac.verify_slice(&assertion.jws.signature).map_err(|_| refused(AssertionError::Signature))?;
    assertion.accept(client, cx).await
}

#[cfg(test)]
mod tests;
