//! Which updates take something away: those raise the security epoch, so that what was decided on the
//! record as it was before does not commit.

use countersign_storage::{
    ClientGrant, ClientPolicy, ClientSettings, ConnectionSettings, PopMechanism, ProofOfPossession,
    RequiredFor, ResourceServerSettings, UserPolicy,
};

/// Whether something of `before` is missing in `after`.
fn lost<T: PartialEq>(before: &[T], after: &[T]) -> bool {
    before.iter().any(|item| !after.contains(item))
}

/// Whether a switch that allows was turned off.
fn turned_off(before: bool, after: bool) -> bool {
    before && !after
}

pub(crate) fn client(before: &ClientSettings, after: &ClientSettings) -> bool {
    lost(&before.grant_types, &after.grant_types)
        || lost(&before.callbacks, &after.callbacks)
        || lost(&before.web_origins, &after.web_origins)
        || lost(&before.allowed_origins, &after.allowed_origins)
        || before.token_endpoint_auth_method != after.token_endpoint_auth_method
        || lost(before.credentials(), after.credentials())
        || before.compliance != after.compliance
        || before.app_type != after.app_type
        || narrowed_exchange(before, after)
        || turned_off(!before.oidc_conformant, !after.oidc_conformant)
        || turned_off(before.is_first_party, after.is_first_party)
        || turned_off(!before.require_proof_of_possession, !after.require_proof_of_possession)
        || turned_off(!before.is_strict_third_party(), !after.is_strict_third_party())
}

/// Whether a platform's artefacts are not exchanged any more, or the app that they are for is another.
fn narrowed_exchange(before: &ClientSettings, after: &ClientSettings) -> bool {
    let (was, is) = (&before.native_social_login, &after.native_social_login);
    [(was.apple, is.apple), (was.facebook, is.facebook), (was.google, is.google)]
        .iter()
        .any(|(was, is)| turned_off(was.enabled, is.enabled))
        || turned_off(!was.single_use_id_tokens, !is.single_use_id_tokens)
        || before.other.get("mobile") != after.other.get("mobile")
}

pub(super) fn api(before: &ResourceServerSettings, after: &ResourceServerSettings) -> bool {
    before.scopes.iter().any(|scope| !after.has_scope(&scope.value))
        || before.signing_alg != after.signing_alg
        || turned_off(before.allow_offline_access, after.allow_offline_access)
        || turned_off(
            before.skip_consent_for_verifiable_first_party_clients,
            after.skip_consent_for_verifiable_first_party_clients,
        )
        || turned_off(!before.enforce_policies, !after.enforce_policies)
        || user_rank(before) < user_rank(after)
        || client_rank(before) < client_rank(after)
        || proof_rank(before.proof_of_possession.as_ref()) != proof_rank(after.proof_of_possession.as_ref())
}

fn user_rank(settings: &ResourceServerSettings) -> u8 {
    match settings.subject_type_authorization.user {
        UserPolicy::AllowAll => 0,
        UserPolicy::RequireClientGrant => 1,
        UserPolicy::DenyAll => 2,
    }
}

fn client_rank(settings: &ResourceServerSettings) -> u8 {
    match settings.subject_type_authorization.client {
        ClientPolicy::RequireClientGrant => 0,
        ClientPolicy::DenyAll => 1,
    }
}

/// What is demanded of whom; any change of it counts, since another mechanism is another demand.
fn proof_rank(proof: Option<&ProofOfPossession>) -> Option<(PopMechanism, RequiredFor)> {
    proof.filter(|proof| proof.required).map(|proof| (proof.mechanism, proof.required_for))
}

pub(super) fn client_grant(before: &ClientGrant, after: &ClientGrant) -> bool {
    turned_off(before.allow_all_scopes, after.allow_all_scopes)
        || (!after.allow_all_scopes && !after.scope.covers(&before.scope))
}

pub(super) fn connection(before: &ConnectionSettings, after: &ConnectionSettings) -> bool {
    let allowed = |settings: &ConnectionSettings| -> Vec<String> {
        let list = settings.options.get("allowed_audiences").and_then(serde_json::Value::as_array);
        list.into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    lost(&before.enabled_clients, &after.enabled_clients)
        || lost(&allowed(before), &allowed(after))
        || before.options.get("client_id") != after.options.get("client_id")
}

#[cfg(test)]
mod tests;
