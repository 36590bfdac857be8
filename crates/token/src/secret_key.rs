use std::sync::Arc;

use countersign_jose::{Algorithm, Audiences, Compact, KeyRing, Signer, parse_json};
use countersign_oauth::{Fault, Sealed, Sealer};
use serde::Deserialize;

/// The algorithms of the tenant's own key pairs.
pub(crate) const ASYMMETRIC: &[Algorithm] =
    &[Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256];

/// The signer over a sealed secret of an API or a client.
pub(crate) fn signer(
    keys: &dyn KeyRing,
    sealer: &dyn Sealer,
    secret: Option<&Sealed>,
    (purpose, of): (&str, &str),
) -> Result<Arc<dyn Signer>, Fault> {
    let sealed = secret.ok_or_else(|| Fault::internal(format!("no HS256 secret of {of}")))?;
    let secret = sealer
        .open(purpose, sealed)
        .map_err(|error| Fault::internal(format!("HS256 secret of {of}")).caused_by(error))?;
    Ok(keys.symmetric_signer(&secret))
}

/// Whose secret a token must be under, if it claims to be under one: its only audience. It says which
/// record to look at and nothing else, since nothing is verified yet.
pub(crate) fn claimed_owner(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        aud: Audiences,
    }
    let compact = Compact::parse(token).ok()?;
    compact.algorithm(&[Algorithm::HS256]).ok()?;
    match parse_json(&compact.payload).ok()? {
        Claimed { aud: Audiences::One(owner) } => Some(owner),
        Claimed { aud: Audiences::Many(_) } => None,
    }
}
