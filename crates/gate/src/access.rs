use countersign_oauth::Scope;
use countersign_storage::{Client, ClientGrant, ClientPolicy, ResourceServer, SubjectType, UserPolicy};

use crate::GateRefusal;

/// What a client may ask of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The API's scopes that are open to it.
    pub scopes: Scope,
    /// Whether the client grant decided; its epoch is then part of what must still be true.
    pub by_client_grant: bool,
}

/// Which of the API's scopes a client may have, for itself or for a user.
///
/// # Errors
/// [`GateRefusal::ApiDenied`].
pub fn allowed_scopes(
    client: &Client,
    api: &ResourceServer,
    grant: Option<&ClientGrant>,
    subject: SubjectType,
) -> Result<Allowed, GateRefusal> {
    let policy = &api.settings.subject_type_authorization;
    let (denied, grant_needed) = match subject {
        SubjectType::Client => (policy.client == ClientPolicy::DenyAll, true),
        SubjectType::User => (
            policy.user == UserPolicy::DenyAll,
            policy.user == UserPolicy::RequireClientGrant || !client.settings.is_first_party,
        ),
    };
    let refuse = |grant_would_help| {
        Err(GateRefusal::ApiDenied {
            client_id: client.id.clone(),
            audience: api.identifier.clone(),
            grant_would_help,
            for_user: subject == SubjectType::User,
            third_party: client.settings.is_strict_third_party(),
        })
    };
    let all: Scope = api.settings.scopes.iter().map(|scope| scope.value.as_str()).collect();
    if denied {
        return refuse(false);
    }
    match grant {
        _ if !grant_needed => Ok(Allowed { scopes: all, by_client_grant: false }),
        None => refuse(true),
        Some(grant) if grant.allow_all_scopes => Ok(Allowed { scopes: all, by_client_grant: true }),
        Some(grant) => {
            Ok(Allowed { scopes: grant.scope.filtered(|scope| all.contains(scope)), by_client_grant: true })
        }
    }
}

#[cfg(test)]
mod tests;
