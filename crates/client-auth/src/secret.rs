use countersign_oauth::{Fault, Sealer, Secret};
use countersign_storage::Client;

/// The purpose under which client secrets are sealed.
pub const PURPOSE: &str = "client_secret";

/// Whether `presented` is the client's secret, in constant time.
///
/// # Errors
/// A fault when the stored secret does not open: the check cannot be done, so nothing passes (rule G6).
pub(crate) fn matches(
    client: &Client,
    presented: &Secret<String>,
    sealer: &dyn Sealer,
) -> Result<bool, Fault> {
    let Some(sealed) = &client.secret else { return Ok(false) };
    let stored = sealer
        .open(PURPOSE, sealed)
        .map_err(|error| Fault::internal(format!("clients.secret of {}", client.id)).caused_by(error))?;
    let stored = Secret::new(stored);
    Ok(Secret::new(presented.expose().as_bytes().to_vec()) == stored)
}

#[cfg(test)]
mod tests;
