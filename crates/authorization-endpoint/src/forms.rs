//! From a request on its way to the values of a page.

use countersign_oauth::Sealer;
use countersign_storage::{Drawn, User};
use countersign_users::display_name;

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
    problem: Option<(LoginProblem, Option<Drawn>)>,
    sealer: &dyn Sealer,
) -> Interaction {
    Interaction::Login(LoginForm {
        frame: frame(journey, LOGIN_PATH, sealer),
        identifier: identifier.to_owned(),
        problem: problem.map(|(problem, _)| problem),
        limit: problem.and_then(|(_, limit)| limit),
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
        user_name: display_name(user),
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
        user_name: display_name(user),
        target: target.split('?').next().unwrap_or(target).to_owned(),
    })
}

#[cfg(test)]
mod tests;
