use countersign_oauth::{
    Audience, Domain, Error, ErrorCode, Fault, OAuthError, Parameters, Scope, SessionId, UserId,
};
use countersign_storage::{
    Change, Changes, Connection, LogEvent, RefreshFamily, RefreshToken, Session, User,
};
use countersign_token::{CustomClaims, TokenPlan};
use countersign_users::{HttpRequest, LoginEvent, LoginTransaction, Method, Verdict};

use crate::{Context, PrepareContext, Refusal};

/// What a grant is about to issue, and for whom: what the tenant's own code is told beside the request.
#[derive(Debug, Clone)]
pub struct Issuance {
    /// The user, as stored or as a first login will make them.
    pub user: User,
    /// Where the user came from.
    pub connection: Connection,
    /// The API, if any.
    pub audience: Option<Audience>,
    /// The session, where one is.
    pub session: Option<SessionId>,
    /// The refresh token that is exchanged, with its family.
    pub refresh_token: Option<(RefreshToken, RefreshFamily)>,
    /// How the user proved who they are.
    pub methods: Vec<Method>,
    /// The flow, and what was asked for.
    pub transaction: LoginTransaction,
    /// What would be granted.
    pub scope: Scope,
}

/// Asks the tenant's own code about an issuance, where any is bound: call it from `prepare` alone, once, and
/// only for a request that would succeed.
///
/// The verdict's scopes, claims and writes are the grant's to apply: [`Verdict::scope`], [`add_custom_claims`],
/// [`verdict_changes`]. A refusal carries what is written all the same.
///
/// # Errors
/// A fault when the code could not be run.
pub async fn ask_post_login(
    issuance: Issuance,
    cx: &PrepareContext<'_>,
) -> Result<Result<Verdict, Refusal>, Fault> {
    let reads = cx.context.reads;
    if !cx.hook.is_bound(reads).await? {
        return Ok(Ok(Verdict::default()));
    }
    let (session, session_clients) = match &issuance.session {
        None => (None, Vec::new()),
        Some(id) => (reads.session(id).await?, reads.session_clients(id).await?),
    };
    let Issuance { user, connection, audience, refresh_token, methods, transaction, scope, .. } = issuance;
    let event = LoginEvent {
        user,
        client: cx.context.client.client().clone(),
        connection,
        audience,
        session,
        session_clients,
        refresh_token,
        methods,
        request: HttpRequest::of(cx.context.request, "POST", &Parameters::default(), cx.parameters),
        transaction,
        scope,
        continued: None,
        now: cx.context.request.now,
    };
    match cx.hook.run(&event, reads).await {
        Err(Error::Fault(fault)) => Err(fault),
        Err(Error::Refused(error)) => Ok(Err(error.into())),
        Ok(verdict) => Ok(judge(verdict, &event, &cx.context)),
    }
}

fn judge(verdict: Verdict, event: &LoginEvent, cx: &Context<'_>) -> Result<Verdict, Refusal> {
    let refusal = verdict.refusal().or_else(|| verdict.redirect.as_ref().map(|_| cannot_redirect()));
    let Some(error) = refusal else { return Ok(verdict) };
    let now = event.now;
    let mut changes = Changes::none();
    changes.writes.extend(verdict.metadata(&event.user.id, now));
    if let Some(session) = &event.session {
        changes.writes.extend(verdict.session.changes(session, now));
    }
    if let Some((_, family)) = &event.refresh_token {
        let goes_with_session = verdict.session.ends_refresh_tokens();
        if verdict.revoke_refresh_token.is_some() || goes_with_session {
            let log = revocation_event(cx, &error, &event.user.id);
            let end = Change::EndFamily { id: family.id.clone(), at: now };
            changes = changes.with(end).with(Change::Log(log));
        }
    }
    Err(Refusal { error, changes })
}

/// What a verdict writes where tokens are issued.
#[must_use]
pub fn verdict_changes(
    verdict: &Verdict,
    user: &UserId,
    session: Option<&Session>,
    cx: &Context<'_>,
) -> Changes {
    let now = cx.request.now;
    let mut changes = Changes::none();
    changes.writes.extend(verdict.metadata(user, now));
    if let Some(session) = session {
        changes.writes.extend(verdict.session.changes(session, now));
    }
    changes
}

/// Adds a verdict's claims to the tokens, by the rules of [`CustomClaims`]. The ID token may tell of other
/// scopes than the access token: those of the whole authorization.
pub fn add_custom_claims(plan: &mut TokenPlan, verdict: &Verdict, id_token_scope: &Scope, domain: &Domain) {
    let access = &mut plan.access_token;
    let api = access.api.as_ref();
    if !verdict.access_token_claims.is_empty() {
        access.custom_claims =
            CustomClaims::of_access_token(&verdict.access_token_claims, &access.scope, api, domain);
    }
    if let Some(id_token) = plan.id_token.as_mut().filter(|_| !verdict.id_token_claims.is_empty()) {
        id_token.custom_claims =
            CustomClaims::of_id_token(&verdict.id_token_claims, id_token_scope, api, domain);
    }
}

fn cannot_redirect() -> OAuthError {
    OAuthError::new(
        ErrorCode::AccessDenied,
        "hook.redirect_impossible",
        "This flow cannot send the user elsewhere",
    )
}

/// The row of a refresh token that the tenant's own code ended.
fn revocation_event(cx: &Context<'_>, error: &OAuthError, user: &UserId) -> LogEvent {
    LogEvent { user_id: Some(user.clone()), ..crate::endpoint::row(error, "srrt", cx) }
}
