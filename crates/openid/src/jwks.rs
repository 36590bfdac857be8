use countersign_jose::{Algorithm, JwkSet, KeyRing};
use countersign_oauth::Fault;
use countersign_storage::{Client, Listing, ResourceServer, Settings};

/// The algorithms whose keys are used: RSA always, ES256 where an API or a client uses it.
///
/// # Errors
/// A fault when storage fails.
pub async fn published_algorithms(listing: &dyn Listing) -> Result<Vec<Algorithm>, Fault> {
    Ok(used(&listing.resource_servers().await?, &listing.clients().await?))
}

/// The JWK Set to publish (RFC 7517 §5); without `alg` where the tenant says so. A key of an algorithm that was
/// used once stays.
///
/// # Errors
/// A fault when storage fails.
pub async fn published_keys(
    keys: &dyn KeyRing,
    listing: &dyn Listing,
    settings: &dyn Settings,
) -> Result<JwkSet, Fault> {
    let apis = listing.resource_servers().await?;
    let clients = listing.clients().await?;
    let mut set = keys.jwk_set(&used(&apis, &clients));
    let settings = settings.settings().await?.record;
    let several = settings.compliance.is_rfc()
        && uses(&apis, &clients, |algorithm| matches!(algorithm, Algorithm::RS512 | Algorithm::PS256));
    for key in &mut set.keys {
        // RFC 7517 §4.4: a key that names an algorithm is for that one, and an RSA key signs with several. Auth0
        // names RS256 all the same, until it is told to leave it out.
        if settings.flags.remove_alg_from_jwks || several && key.alg == Some(Algorithm::RS256) {
            key.alg = None;
        }
    }
    Ok(set)
}

fn used(apis: &[ResourceServer], clients: &[Client]) -> Vec<Algorithm> {
    let mut algorithms = vec![Algorithm::RS256];
    if uses(apis, clients, |algorithm| algorithm == Algorithm::ES256) {
        algorithms.push(Algorithm::ES256);
    }
    algorithms
}

fn uses(apis: &[ResourceServer], clients: &[Client], is_one: impl Fn(Algorithm) -> bool) -> bool {
    apis.iter().any(|api| is_one(api.settings.signing_alg))
        || clients.iter().any(|client| is_one(client.settings.jwt_configuration.alg))
}
