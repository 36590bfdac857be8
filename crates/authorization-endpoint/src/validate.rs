use countersign_jose::Thumbprint;
use countersign_oauth::{Compliance, Error, OAuthError, Parameters, RedirectUri, RequestContext, Scope};
use countersign_pkce::CodeChallenge;
use countersign_storage::{Client, Connection, Reads, TenantSettings};

use crate::check::{
    api::{self, Api},
    client, client_kind, connection, pkce,
    prompt::{self, Prompt},
    redirect_uri, response_mode, response_type, scope, size, unsupported,
};
use crate::{ResponseMode, Target};

/// An authorization request that broke no rule.
#[derive(Debug, Clone)]
pub(crate) struct Valid {
    pub(crate) client: Client,
    pub(crate) target: Target,
    pub(crate) redirect_uri_was_sent: bool,
    /// What is granted of what was asked: the rest was dropped.
    pub(crate) scope: Scope,
    pub(crate) api: Option<Api>,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) dpop_jkt: Option<Thumbprint>,
    pub(crate) nonce: Option<String>,
    pub(crate) prompt: Prompt,
    pub(crate) connections: Vec<Connection>,
    pub(crate) login_hint: Option<String>,
    pub(crate) ui_locales: Option<String>,
    pub(crate) id_token_hint: Option<String>,
    pub(crate) settings: TenantSettings,
    /// Whether the tenant's own code has a say in how it ends.
    pub(crate) asks_hook: bool,
}

/// How a request that broke a rule is answered.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// On our own page: no redirect target was proved.
    Page(Error, Compliance),
    /// To the validated target.
    Back(Target, OAuthError),
}

/// Runs every check, in order. What comes before the redirect target is proved is shown on our page.
pub(crate) async fn validate(
    parameters: &Parameters,
    context: &RequestContext,
    reads: &dyn Reads,
) -> Result<Valid, Rejection> {
    let settings = match reads.settings().await {
        Ok(settings) => settings.record,
        Err(fault) => return Err(Rejection::Page(fault.into(), Compliance::Auth0)),
    };
    let page = |error: Error| Rejection::Page(error, settings.compliance);
    let client = client::find(parameters, reads).await.map_err(page)?;
    let compliance = client.settings.compliance.unwrap_or(settings.compliance);
    let page = |error: OAuthError| Rejection::Page(error.into(), compliance);
    let (redirect_uri, redirect_uri_was_sent) =
        redirect_uri::pick(parameters, &client.settings, compliance).map_err(page)?;
    unsupported::check_request_uri(parameters).map_err(page)?;
    let (response_mode, unfit_mode) = response_mode::pick(parameters);
    response_mode::check_web_message(response_mode, &redirect_uri, &client.settings).map_err(page)?;
    let iss = context.domain.issuer.as_str();
    let target = Target {
        iss: iss_is_due(&client, &settings).then(|| iss.to_owned()),
        ..target(parameters, &client, compliance, redirect_uri, response_mode)
    };
    let back = |error: OAuthError| Rejection::Back(target.clone(), error);
    let fail = |error: Error| match error {
        Error::Refused(error) => Rejection::Back(target.clone(), error),
        fault @ Error::Fault(_) => Rejection::Page(fault, compliance),
    };

    if let Some(name) = parameters.find_duplicate(&["resource"]) {
        return Err(back(OAuthError::repeated_parameter(name)));
    }
    if let Some(error) = unfit_mode {
        return Err(back(error));
    }
    size::check(parameters).map_err(back)?;
    response_mode::check_state(response_mode, parameters).map_err(back)?;
    response_type::check(parameters, &client.settings).map_err(back)?;
    client_kind::check(parameters, &client.settings).map_err(back)?;
    unsupported::check(parameters).map_err(back)?;
    let asked = scope::parse(parameters).map_err(back)?;
    let prompt = prompt::parse(parameters).map_err(back)?;
    prompt::check_acr_values(parameters, &settings.acr_values_supported).map_err(back)?;
    let code_challenge = pkce::check(parameters, &client.settings, compliance).map_err(back)?;
    let dpop_jkt = pkce::dpop_jkt(parameters).map_err(back)?;
    let api = api::find(parameters, &client, &settings, &context.domain, reads).await.map_err(fail)?;
    let connections = connection::find(parameters, &client.id, reads).await.map_err(fail)?;

    let granted_by = api.as_ref().map(|api| (&api.server, &api.allowed));
    let scope = countersign_gate::scope_for_user(&asked, &client, granted_by);
    let owned = |name: &str| parameters.find(name).map(str::to_owned);
    Ok(Valid {
        scope,
        target,
        redirect_uri_was_sent,
        api,
        code_challenge,
        dpop_jkt,
        nonce: owned("nonce"),
        prompt,
        connections,
        login_hint: owned("login_hint"),
        ui_locales: owned("ui_locales"),
        id_token_hint: owned("id_token_hint"),
        settings: settings.clone(),
        asks_hook: false,
        client,
    })
}

/// The target with all that an answer to it carries. A `state` that is repeated, overlong, or would come back
/// changed is not echoed.
fn target(
    parameters: &Parameters,
    client: &Client,
    compliance: Compliance,
    redirect_uri: RedirectUri,
    response_mode: ResponseMode,
) -> Target {
    let once = !parameters.is_repeated("state");
    Target {
        redirect_uri,
        response_mode,
        state: parameters
            .find("state")
            .filter(|state| once && state.len() <= size::MAX_BYTES)
            .filter(|state| response_mode::can_carry(response_mode, state))
            .map(str::to_owned),
        iss: None,
        keeps_errors: client.settings.has_open_redirect_protection(),
        compliance,
    }
}

/// Whether answers name their issuer (RFC 9207 §2).
fn iss_is_due(client: &Client, settings: &TenantSettings) -> bool {
    settings.authorization_response_iss_parameter_supported
        || client.settings.compliance.unwrap_or(settings.compliance).is_rfc()
}

#[cfg(test)]
mod tests;
