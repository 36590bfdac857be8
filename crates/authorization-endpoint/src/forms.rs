//! From a request on its way to the values of a page.

use countersign_jose::{Algorithm, Expected, Jwt, KeyRing};
use countersign_oauth::{ClientId, RequestContext, Sealer};
use countersign_storage::User;
use serde::Deserialize;

use crate::{
    ConfirmationForm, ConsentForm, FormFrame, Interaction, LoginForm, LoginProblem, ScopeLine,
    journey::Journey,
};

/// Where the login form posts to.
const LOGIN_PATH: &str = "/u/login";
/// Where the consent form posts to.
const CONSENT_PATH: &str = "/u/consent";
/// Where the confirmation form posts to.
const CONFIRMATION_PATH: &str = "/u/confirmation";

fn frame(journey: &Journey<'_>, action: &str, sealer: &dyn Sealer) -> FormFrame {
    FormFrame {
        action: action.to_owned(),
        transaction: journey.transaction.seal(sealer),
        client_name: journey.request.client.settings.name.clone(),
        tenant_name: journey.request.settings.friendly_name.clone(),
        redirect_uri: journey.request.target.redirect_uri.clone(),
        locale: journey.request.ui_locales.clone(),
    }
}

pub(crate) fn login(
    journey: &Journey<'_>,
    identifier: &str,
    problem: Option<LoginProblem>,
    sealer: &dyn Sealer,
) -> Interaction {
    Interaction::Login(LoginForm {
        frame: frame(journey, LOGIN_PATH, sealer),
        identifier: identifier.to_owned(),
        problem,
    })
}

pub(crate) fn consent(journey: &Journey<'_>, user: &User, sealer: &dyn Sealer) -> Interaction {
    let request = &journey.request;
    let api = request.api.as_ref().map(|api| &api.server.settings);
    let describe = |scope: &str| {
        api.filter(|_| request.settings.flags.use_scope_descriptions_for_consent)
            .and_then(|api| api.scopes.iter().find(|known| known.value == scope))
            .and_then(|known| known.description.clone())
    };
    Interaction::Consent(ConsentForm {
        frame: frame(journey, CONSENT_PATH, sealer),
        user_name: name_of(user),
        api_name: api.map(|api| api.name.clone()),
        scopes: request
            .scope
            .iter()
            .map(|scope| ScopeLine { value: scope.to_owned(), description: describe(scope) })
            .collect(),
        scope: request.scope.clone(),
    })
}

pub(crate) fn confirmation(journey: &Journey<'_>, user: &User, sealer: &dyn Sealer) -> Interaction {
    let target = journey.request.target.redirect_uri.as_str();
    Interaction::Confirmation(ConfirmationForm {
        frame: frame(journey, CONFIRMATION_PATH, sealer),
        user_name: name_of(user),
        target: target.split('?').next().unwrap_or(target).to_owned(),
    })
}

fn name_of(user: &User) -> String {
    let name = user.profile.claims.get("name").and_then(serde_json::Value::as_str);
    let named = user.email.as_deref().or(user.username.as_deref()).or(name);
    named.unwrap_or(user.id.as_str()).to_owned()
}

/// The subject of an ID token that we issued to this client; an expired one still names its subject. Access
/// tokens are typed alike and signed with the same keys: `aud` tells them apart (RFC 8725 §3.12, SP-063).
pub(crate) fn hint_subject(
    hint: &str,
    client: &ClientId,
    keys: &dyn KeyRing,
    context: &RequestContext,
) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    let expected = Expected {
        typ: &["JWT"],
        issuer: context.domain.issuer.as_str(),
        audience: Some(client.as_str()),
        algorithms: &[Algorithm::RS256, Algorithm::PS256, Algorithm::ES256],
        now: None,
    };
    let subject: Subject = Jwt::verify(hint, keys, &expected).ok()?.claims().ok()?;
    Some(subject.sub)
}

#[cfg(test)]
mod tests;
