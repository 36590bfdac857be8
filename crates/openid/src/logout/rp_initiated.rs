use countersign_authorization_endpoint::Browser;
use countersign_oauth::{
    ClientId, Compliance, Error, ErrorCode, Fault, OAuthError, Parameters, RequestContext, SessionId,
};
use countersign_storage::{Client, Session, TenantSettings};
use countersign_token::{IdTokenHint, IdTokenReader};
use countersign_users::{SessionLimits, is_alive};

use super::target::{self, LogoutTarget};
use super::{LogoutEndpoint, RpLogoutOutcome};

/// `state` travels back in a URL.
const MAX_STATE_BYTES: usize = 8 * 1024;

/// A request at `/oidc/logout`, by GET or POST (OpenID Connect RP-Initiated Logout §2).
#[derive(Debug)]
pub struct RpLogoutRequest {
    /// Query or form parameters.
    pub parameters: Parameters,
    /// Cookies: every session that the browser shows, under either name.
    pub browser: Browser,
    /// Time, domain and address.
    pub context: RequestContext,
}

/// A request that broke no rule.
pub(super) struct Asked {
    settings: TenantSettings,
    client: Option<ClientId>,
    /// The session that the request names: the hint's, else `logout_hint`.
    session: Option<SessionId>,
    target: Option<LogoutTarget>,
    state: Option<String>,
}

impl LogoutEndpoint {
    /// Ends the session if the request proves that it knows it, and asks the user if it does not
    /// (core contract §7.2, SP-153).
    ///
    /// `federated` asks for the identity provider's logout too. No connection that exists here has one, so
    /// it changes nothing (core §7.3).
    ///
    /// # Errors
    /// A fault that is ours; the session may then still be alive.
    pub async fn rp_initiated(&self, request: &RpLogoutRequest) -> Result<RpLogoutOutcome, Fault> {
        let context = &request.context;
        let shown = self.sessions(&request.browser.session, context).await?;
        let asked = match self.resolve(&request.parameters, context).await {
            Ok(asked) => asked,
            Err(Error::Refused(error)) => {
                self.log_refusal(error.rule, &shown, context).await?;
                return Ok(RpLogoutOutcome::Refused(error));
            }
            Err(Error::Fault(fault)) => return Err(fault),
        };
        if asked.settings.confirms_rp_initiated_logout() && !asked.names(&shown, context) {
            return self.ask(&asked, &shown, request).await;
        }
        self.log_out(&asked, &shown, context).await
    }

    /// Ends what the browser showed and says where to go.
    pub(super) async fn log_out(
        &self,
        asked: &Asked,
        shown: &[Session],
        context: &RequestContext,
    ) -> Result<RpLogoutOutcome, Fault> {
        self.end(shown, asked.client.clone(), context).await?;
        Ok(match &asked.target {
            Some(target) => RpLogoutOutcome::Redirect(target.location(asked.state.as_deref())),
            None => RpLogoutOutcome::SignedOut,
        })
    }

    /// Runs every check of a request, in order. Nothing is redirected before all of them hold.
    pub(super) async fn resolve(
        &self,
        parameters: &Parameters,
        context: &RequestContext,
    ) -> Result<Asked, Error> {
        if let Some(name) = parameters.find_duplicate(&[]) {
            return Err(OAuthError::repeated_parameter(name).into());
        }
        let settings = self.storage.settings().await?.record;
        let hinted = self.hinted(parameters, context).await?;
        let client = self.client_of(parameters, hinted.as_ref().map(|(client, _)| client)).await?;
        let of_hint = hinted.and_then(|(_, hint)| hint.session_id);
        let session = session_of(parameters, of_hint)?;
        let target = target_of(parameters, client.as_ref(), &settings)?;
        let state = parameters.find("state");
        if state.is_some_and(|state| state.len() > MAX_STATE_BYTES) {
            return Err(refuse("logout.state_too_large", "state has more than 8 KiB").into());
        }
        let state = state.map(str::to_owned);
        Ok(Asked { settings, client: client.map(|client| client.id), session, target, state })
    }

    /// The hint and the client that it was issued to. One that does not verify refuses the request: what it
    /// would have told cannot be had from anywhere else (SP-059).
    async fn hinted(
        &self,
        parameters: &Parameters,
        context: &RequestContext,
    ) -> Result<Option<(Client, IdTokenHint)>, Error> {
        let Some(token) = parameters.find("id_token_hint") else { return Ok(None) };
        let refused = || refuse("logout.hint_refused", "The id_token_hint is not an ID token of this server");
        let claimed = IdTokenReader::claimed_client(token).ok_or_else(refused)?;
        let client = self.storage.client(&claimed).await?.ok_or_else(refused)?;
        let hint = self.hints.read(token, &client, &context.domain).map_err(|_| refused())?;
        Ok(Some((client, hint)))
    }

    /// The client that asks: the hint's, which `client_id` may not contradict.
    async fn client_of(
        &self,
        parameters: &Parameters,
        hinted: Option<&Client>,
    ) -> Result<Option<Client>, Error> {
        let named = parameters.find("client_id").map(ClientId::new);
        let client = match (named, hinted) {
            (Some(named), Some(hinted)) if named != hinted.id => {
                let text = "The client_id is not the audience of the id_token_hint";
                return Err(refuse("logout.client_mismatch", text).into());
            }
            (_, Some(hinted)) => Some(hinted.clone()),
            (Some(named), None) => {
                let found = self.storage.client(&named).await?;
                Some(found.ok_or_else(|| super::direct::unknown_client(named.as_str()))?)
            }
            (None, None) => None,
        };
        if client.as_ref().is_some_and(|client| client.settings.is_strict_third_party()) {
            return Err(super::direct::third_party().into());
        }
        Ok(client)
    }
}

impl Asked {
    /// Whether every living session that the browser shows is the one that the request names; where there is
    /// none, there is nothing to ask about.
    fn names(&self, shown: &[Session], context: &RequestContext) -> bool {
        let limits = SessionLimits::of(&self.settings);
        let mut living = shown.iter().filter(|session| is_alive(session, &limits, context.now));
        living.all(|session| Some(&session.id) == self.session.as_ref())
    }

    pub(super) fn settings(&self) -> &TenantSettings {
        &self.settings
    }

    pub(super) fn target(&self) -> Option<&LogoutTarget> {
        self.target.as_ref()
    }
}

/// `logout_hint` is a session id here; together with an ID token it must be the token's.
fn session_of(parameters: &Parameters, of_hint: Option<SessionId>) -> Result<Option<SessionId>, OAuthError> {
    match (parameters.find("logout_hint").map(SessionId::new), of_hint) {
        (Some(named), Some(hinted)) if named != hinted => {
            Err(refuse("logout.session_mismatch", "The logout_hint is not the session of the id_token_hint"))
        }
        (named, hinted) => Ok(hinted.or(named)),
    }
}

/// The URL of the request, which must be on the list of the client, or of the tenant where no client is
/// known; else the first one of a client that the request names.
fn target_of(
    parameters: &Parameters,
    client: Option<&Client>,
    settings: &TenantSettings,
) -> Result<Option<LogoutTarget>, OAuthError> {
    let allowed = client.map_or(&settings.allowed_logout_urls, |client| &client.settings.allowed_logout_urls);
    let Some(text) = parameters.find("post_logout_redirect_uri") else {
        let named = parameters.find("client_id").is_some();
        return Ok(if named { target::first(allowed) } else { None });
    };
    let compliance = client.map_or(settings.compliance, |client| compliance_of(client, settings));
    let target =
        LogoutTarget::parse(text).filter(|target| allowed.iter().any(|entry| target.is(entry, compliance)));
    target.map(Some).ok_or_else(|| {
        refuse(
            "logout.post_logout_redirect_uri_not_allowed",
            "The post_logout_redirect_uri is not among the allowed logout URLs",
        )
        .with("url", text.chars().take(512).collect::<String>())
        .with_each("allowed logout URL", allowed)
    })
}

fn compliance_of(client: &Client, settings: &TenantSettings) -> Compliance {
    client.settings.compliance.unwrap_or(settings.compliance)
}

fn refuse(rule: &'static str, text: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, rule, text)
}
