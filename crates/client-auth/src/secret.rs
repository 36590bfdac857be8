use countersign_oauth::{Fault, Sealer, Secret};
use countersign_storage::Client;

/// The purpose under which client secrets are sealed.
pub const PURPOSE: &str = "client_secret";

/// The client's secret in clear; `None` where it has none.
///
/// # Errors
/// A fault when the stored secret does not open: no check can be done, so nothing passes (rule G6).
pub fn open(client: &Client, sealer: &dyn Sealer) -> Result<Option<Secret<Vec<u8>>>, Fault> {
    let Some(sealed) = &client.secret else { return Ok(None) };
    let stored = sealer
        .open(PURPOSE, sealed)
        .map_err(|error| Fault::internal(format!("clients.secret of {}", client.id)).caused_by(error))?;
    Ok(Some(Secret::new(stored)))
}

/// Whether `presented` is the client's secret, in constant time.
///
/// # Errors
/// A fault when the stored secret does not open.
pub(crate) fn matches(
    client: &Client,
    presented: &Secret<String>,
    sealer: &dyn Sealer,
) -> Result<bool, Fault> {
    let stored = open(client, sealer)?;
    Ok(stored.is_some_and(|stored| Secret::new(presented.expose().as_bytes().to_vec()) == stored))
}

#[cfg(test)]
mod tests;
