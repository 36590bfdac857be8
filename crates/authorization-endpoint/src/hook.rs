use countersign_oauth::{Error, ErrorCode, Fault, OAuthError, Scope};
use countersign_storage::{Change, Changes, LogEvent};
use countersign_users::{
    Continued, HttpRequest, LoginEvent, LoginTransaction, Method, Protocol, Verdict, as_members,
};

use crate::{AuthorizationEndpoint, journey::Journey, signed_in::SignedIn};

/// What the tenant's own code made of a request that nothing else stands in the way of.
#[derive(Debug)]
pub(crate) enum Ruling {
    /// It may end.
    Allowed(Verdict),
    /// The user goes elsewhere first.
    Elsewhere(Verdict),
    /// It is refused. What the code wrote is written all the same.
    Denied(OAuthError, Verdict),
}

/// What came back from where the user was sent, beside what was decided before.
#[derive(Debug)]
pub(crate) struct Returned {
    pub(crate) continued: Continued,
    pub(crate) request: HttpRequest,
}

impl AuthorizationEndpoint {
    /// Asks the tenant's own code: once per request, however often the request is decided.
    pub(crate) async fn ask_hook(
        &self,
        journey: &Journey<'_>,
        signed_in: &SignedIn,
    ) -> Result<Ruling, Fault> {
        if !journey.request.asks_hook {
            return Ok(Ruling::Allowed(Verdict::default()));
        }
        let reads = self.configuration.view(&*self.storage).await?;
        let session_clients = match journey.new_login {
            Some(_) => Vec::new(),
            None => self.storage.session_clients(&signed_in.session.id).await?,
        };
        let event = LoginEvent { session_clients, ..event(journey, signed_in) };
        let verdict = match self.hook.run(&event, &reads).await {
            Ok(verdict) => verdict,
            Err(Error::Refused(error)) => return Ok(Ruling::Denied(error, Verdict::default())),
            Err(Error::Fault(fault)) => return Err(fault),
        };
        Ok(match verdict.refusal() {
            Some(error) => Ruling::Denied(error, verdict),
            None if verdict.redirect.is_none() => Ruling::Allowed(verdict),
            None if journey.request.prompt.none => {
                Ruling::Denied(external_interaction_required(), Verdict::default())
            }
            None => Ruling::Elsewhere(verdict),
        })
    }

    /// What a denial writes. The session of a login that is denied is none of it: it never began.
    pub(crate) async fn denial_changes(
        &self,
        journey: &Journey<'_>,
        signed_in: &SignedIn,
        (error, verdict): (&OAuthError, &Verdict),
    ) -> Result<Changes, Fault> {
        let (now, user) = (journey.context.now, &signed_in.user.id);
        let mut changes = Changes::none();
        changes.writes.extend(verdict.metadata(user, now));
        if journey.new_login.is_none() {
            let session = &signed_in.session;
            changes.writes.extend(verdict.session.changes(session, now));
            if verdict.session.ends_refresh_tokens() {
                // Storage ends families by user and client, so those of the user's other sessions end too.
                for client in self.storage.session_clients(&session.id).await? {
                    let user = user.clone();
                    let client = Some(client);
                    changes = changes.with(Change::EndFamilies { user, client, audience: None, at: now });
                }
            }
        }
        Ok(changes.with(Change::Log(log_event(journey, signed_in, error))))
    }
}

fn log_event(journey: &Journey<'_>, signed_in: &SignedIn, error: &OAuthError) -> LogEvent {
    let context = journey.context;
    LogEvent {
        at: context.now,
        event: if journey.request.prompt.none { "fsa" } else { "f" }.to_owned(),
        rule: Some(error.rule.to_owned()),
        description: error.describe(),
        client_id: Some(journey.request.client.id.clone()),
        user_id: Some(signed_in.user.id.clone()),
        ip: context.client_ip.to_string(),
        client_ip: None,
        request_id: context.request_id.clone(),
    }
}

fn event(journey: &Journey<'_>, signed_in: &SignedIn) -> LoginEvent {
    let (request, context) = (&journey.request, journey.context);
    let asked = journey.transaction.parameters().unwrap_or_default();
    let words = |name: &str| {
        let value = asked.find(name).unwrap_or_default();
        value.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let one = |name: &str| asked.find(name).map(str::to_owned);
    let http = match &journey.returned {
        Some(returned) => returned.request.clone(),
        None => HttpRequest::of(context, journey.method, &asked, &Default::default()),
    };
    LoginEvent {
        user: signed_in.user.clone(),
        client: request.client.clone(),
        connection: signed_in.connection.clone(),
        audience: request.api.as_ref().map(|api| api.server.identifier.clone()),
        session: Some(signed_in.session.clone()),
        session_clients: Vec::new(),
        refresh_token: None,
        methods: Method::of_session(&signed_in.session, &signed_in.connection),
        request: http,
        transaction: LoginTransaction {
            requested_scopes: Scope::parse(asked.find("scope").unwrap_or_default()).unwrap_or_default(),
            acr_values: words("acr_values"),
            login_hint: request.login_hint.clone(),
            prompt: words("prompt"),
            redirect_uri: Some(request.target.redirect_uri.as_str().to_owned()),
            response_mode: one("response_mode"),
            response_type: words("response_type"),
            state: request.target.state.clone(),
            ui_locales: words("ui_locales"),
            locale: locale(journey),
            can_redirect: !request.prompt.none,
            ..LoginTransaction::new(Protocol::OidcBasic)
        },
        scope: request.scope.clone(),
        continued: journey.returned.as_ref().map(|returned| returned.continued.clone()),
        now: context.now,
    }
}

/// The language of the tenant that the request asks for first.
fn locale(journey: &Journey<'_>) -> String {
    let enabled = &journey.request.settings.enabled_locales;
    let asked = journey.request.ui_locales.as_deref().unwrap_or_default();
    let known = |wanted: &&str| enabled.iter().any(|locale| locale == wanted);
    let found = asked.split(' ').find(known).or_else(|| enabled.first().map(String::as_str));
    found.unwrap_or("en").to_owned()
}

fn external_interaction_required() -> OAuthError {
    OAuthError::new(
        ErrorCode::InteractionRequired,
        "hook.interaction_required",
        "The user has to go elsewhere before the login can end",
    )
}

impl Returned {
    /// Everything that came back, the tokens in it included: the code that sent the user away looks at them.
    pub(crate) fn of(submission: &crate::Return, pending: countersign_users::Pending) -> Self {
        Self {
            continued: Continued {
                pending,
                query: as_members(&submission.query),
                body: as_members(&submission.body),
            },
            request: HttpRequest::of(
                &submission.context,
                submission.method,
                &submission.query,
                &submission.body,
            ),
        }
    }
}
