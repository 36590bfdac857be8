use countersign_oauth::{GrantType, Scope};
use countersign_storage::{Client, ResourceServer};
use countersign_users::is_claim_scope;

use crate::Allowed;

/// Whether a refresh token may be had: the client has the grant, and the API, if any, allows it.
#[must_use]
pub fn offline_access_is_allowed(client: &Client, api: Option<&ResourceServer>) -> bool {
    client.settings.allows_grant(&GrantType::REFRESH_TOKEN)
        && api.is_none_or(|api| api.settings.allow_offline_access)
}

/// The scopes that a user flow grants: OpenID Connect's own, the API's that are allowed, and
/// `offline_access` where it is. The rest is dropped (RFC 6749 §3.3).
///
/// A strict third-party client gets no OpenID Connect scopes.
#[must_use]
pub fn scope_for_user(requested: &Scope, client: &Client, api: Option<(&ResourceServer, &Allowed)>) -> Scope {
    let openid = !client.settings.is_strict_third_party();
    let offline = offline_access_is_allowed(client, api.map(|(api, _)| api));
    requested.filtered(|scope| match scope {
        "offline_access" => offline,
        scope if is_claim_scope(scope) => openid,
        scope => api.is_some_and(|(_, allowed)| allowed.scopes.contains(scope)),
    })
}

#[cfg(test)]
mod tests;
