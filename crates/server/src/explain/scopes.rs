use std::fmt::Write as _;

use countersign_gate::{Allowed, allowed_scopes, offline_access_is_allowed};
use countersign_oauth::{OAuthError, Scope};
use countersign_storage::{Authorization, SubjectType, UserPolicy};
use countersign_users::is_claim_scope;

use super::{Case, original};

/// One line for each scope of the token, and for each that it could have had.
pub(super) fn describe(scope: &Scope, login: Option<&Authorization>, case: &Case, text: &mut String) {
    let allowed = case.api.as_ref().map(|api| {
        allowed_scopes(&case.client, api, case.grant.as_ref(), case.subject).map_err(OAuthError::from)
    });
    if scope.is_empty() {
        text.push_str("scopes: none\n");
    }
    for granted in scope.iter() {
        let _ = writeln!(text, "scope {granted}: {}", why_granted(granted, case, allowed.as_ref()));
    }
    if let Some(original) = original(login) {
        for lost in original.iter().filter(|one| !scope.contains(one)) {
            let _ = writeln!(
                text,
                "without {lost}: the login had it; {}",
                why_lost(lost, case, allowed.as_ref())
            );
        }
    }
    let Some(api) = &case.api else { return };
    let had =
        |value: &str| scope.contains(value) || original(login).is_some_and(|scope| scope.contains(value));
    for other in api.settings.scopes.iter().map(|scope| scope.value.as_str()).filter(|value| !had(value)) {
        let _ = writeln!(text, "without {other}: {}", why_never(other, case, allowed.as_ref()));
    }
    if let Some(Err(refusal)) = &allowed {
        let _ = writeln!(text, "today the client would get no token for this API ({})", refusal.rule);
    }
}

type Judged = Result<Allowed, OAuthError>;

fn why_granted(scope: &str, case: &Case, allowed: Option<&Judged>) -> String {
    if scope == "offline_access" {
        return "asked for; the client has the refresh_token grant, and the API allows offline access"
            .to_owned();
    }
    if is_claim_scope(scope) && case.subject == SubjectType::User {
        return "asked for; OpenID Connect's own, open to every client that is not a strict third party"
            .to_owned();
    }
    match allowed {
        Some(Ok(allowed)) if allowed.scopes.contains(scope) => {
            format!("asked for or given by default; a permission of the API, {}", opened_by(case, allowed))
        }
        _ => "granted then; today the client would not get it".to_owned(),
    }
}

/// What opens an API's permissions to the client.
fn opened_by(case: &Case, allowed: &Allowed) -> String {
    match &case.grant {
        Some(grant) if allowed.by_client_grant && grant.allow_all_scopes => {
            format!("open by the client grant {}, which allows all", grant.id)
        }
        Some(grant) if allowed.by_client_grant => format!("named by the client grant {}", grant.id),
        _ => "open to every first-party client (the API's policy for users is allow_all)".to_owned(),
    }
}

/// Why a scope of the login is not in this token.
fn why_lost(scope: &str, case: &Case, allowed: Option<&Judged>) -> String {
    let still = match scope {
        "offline_access" => offline_access_is_allowed(&case.client, case.api.as_ref()),
        scope if is_claim_scope(scope) => !case.client.settings.is_strict_third_party(),
        scope => matches!(allowed, Some(Ok(allowed)) if allowed.scopes.contains(scope)),
    };
    if still {
        "the refresh that made this token asked for fewer".to_owned()
    } else {
        format!("the client may not have it any more: {}", why_closed(scope, case, allowed))
    }
}

/// Why a permission of the API was in no request's answer.
fn why_never(scope: &str, case: &Case, allowed: Option<&Judged>) -> String {
    match allowed {
        Some(Ok(allowed)) if allowed.scopes.contains(scope) => {
            format!("it was not asked for; {}", opened_by(case, allowed))
        }
        _ => format!("it is closed to the client: {}", why_closed(scope, case, allowed)),
    }
}

fn why_closed(scope: &str, case: &Case, allowed: Option<&Judged>) -> String {
    if scope == "offline_access" {
        return "the client lacks the refresh_token grant, or the API forbids offline access".to_owned();
    }
    match (&case.api, &case.grant, allowed) {
        (None, ..) => "the API was deleted".to_owned(),
        (Some(api), ..) if !api.settings.has_scope(scope) => "the API has no such permission".to_owned(),
        (Some(_), Some(grant), Some(Ok(_))) => format!("the client grant {} does not name it", grant.id),
        (Some(api), None, _) if api.settings.subject_type_authorization.user != UserPolicy::DenyAll => {
            "there is no client grant".to_owned()
        }
        (Some(_), ..) => "the API's policy denies it".to_owned(),
    }
}
