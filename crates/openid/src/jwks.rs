use countersign_jose::{Algorithm, JwkSet, KeyRing};
use countersign_oauth::Fault;
use countersign_storage::{Listing, Settings};

/// The algorithms whose keys are published: RSA always, ES256 once an API or a client uses it.
///
/// # Errors
/// A fault when storage fails.
pub async fn published_algorithms(listing: &dyn Listing) -> Result<Vec<Algorithm>, Fault> {
    let apis = listing.resource_servers().await?;
    let clients = listing.clients().await?;
    let uses_es256 = apis.iter().any(|api| api.settings.signing_alg == Algorithm::ES256)
        || clients.iter().any(|client| client.settings.jwt_configuration.alg == Algorithm::ES256);
    Ok(if uses_es256 { vec![Algorithm::RS256, Algorithm::ES256] } else { vec![Algorithm::RS256] })
}

/// The JWK Set to publish (RFC 7517 §5); without `alg` where the tenant says so.
///
/// # Errors
/// A fault when storage fails.
pub async fn published_keys(
    keys: &dyn KeyRing,
    listing: &dyn Listing,
    settings: &dyn Settings,
) -> Result<JwkSet, Fault> {
    let published = published_algorithms(listing).await?;
    let mut set = keys.jwk_set(&published);
    if settings.settings().await?.record.flags.remove_alg_from_jwks {
        set.keys.iter_mut().for_each(|key| key.alg = None);
    }
    Ok(set)
}
