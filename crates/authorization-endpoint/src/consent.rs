use countersign_oauth::{Audience, Scope};
use countersign_storage::Consent;
use countersign_users::is_claim_scope;

use crate::validate::Valid;

/// The API's id in a consent; empty where only OpenID scopes are meant.
pub(crate) fn audience(request: &Valid) -> Audience {
    request.api.as_ref().map_or_else(|| Audience::new(""), |api| api.server.identifier.clone())
}

/// Whether the user has to be asked, given the consent that stands.
///
/// Third parties are always asked once; a first party only for API scopes, and not where the API lets
/// first parties skip it. Whether the callback can be verified is the confirmation's business.
pub(crate) fn is_missing(request: &Valid, standing: Option<&Consent>) -> bool {
    let covered = |needed: &Scope| standing.is_some_and(|consent| consent.scope.covers(needed));
    if !request.client.settings.is_first_party {
        return !covered(&request.scope);
    }
    let Some(api) = &request.api else { return false };
    if api.server.settings.skip_consent_for_verifiable_first_party_clients {
        return false;
    }
    let of_the_api = request.scope.filtered(|scope| !is_claim_scope(scope) && scope != "offline_access");
    !of_the_api.is_empty() && !covered(&of_the_api)
}

/// Whether the user must confirm that this application was meant: its callback could be anybody's.
///
/// A third party was confirmed by the consent it cannot do without (RFC 8252 §8.6).
pub(crate) fn needs_confirmation(request: &Valid) -> bool {
    let client = &request.client.settings;
    let skipped = client
        .skip_non_verifiable_callback_uri_confirmation_prompt
        .unwrap_or(request.settings.skip_non_verifiable_callback_uri_confirmation_prompt);
    !skipped && request.target.redirect_uri.is_non_verifiable()
}

#[cfg(test)]
mod tests;
