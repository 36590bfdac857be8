mod read;

use countersign_jose::{Signer, sign_compact};
use countersign_oauth::{Domain, Fault, Timestamp};
use countersign_storage::Client;
use serde_json::Value;

use crate::IdTokenPlan;

pub use read::{IdTokenHint, IdTokenReader};

/// Mints an ID token (OpenID Connect Core §2); protocol claims win over profile and custom claims.
pub(crate) fn mint(
    plan: &IdTokenPlan,
    client: &Client,
    signer: &dyn Signer,
    at: (&Domain, Timestamp),
) -> Result<String, Fault> {
    let (domain, now) = at;
    let mut claims = plan.claims.clone();
    claims.extend(plan.custom_claims.as_map().clone());
    let mut set = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    set("iss", domain.issuer.as_str().into());
    set("sub", plan.user_id.as_str().into());
    set("aud", client.id.as_str().into());
    set("iat", now.seconds().into());
    set("exp", now.plus(client.settings.jwt_configuration.lifetime_in_seconds).seconds().into());
    if let Some(session_id) = &plan.session_id {
        set("sid", session_id.as_str().into());
    }
    if let Some(nonce) = &plan.nonce {
        set("nonce", nonce.as_str().into());
    }
    if let Some(auth_time) = plan.auth_time {
        set("auth_time", auth_time.seconds().into());
    }
    sign_compact(signer, "JWT", &claims).map_err(|error| Fault::internal("ID token").caused_by(error))
}
