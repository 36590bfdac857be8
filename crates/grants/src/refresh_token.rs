mod ask;
mod exchange;

use countersign_gate::{
    Case, Session, Subject, allowed_scopes, bind, offline_access_is_allowed, scope_for_user,
};
use countersign_oauth::{
    ErrorCode, Fault, FromParameters, GrantType, HandleHash, OAuthError, Parameters, Scope, Secret,
};
use countersign_storage::{RefreshFamily, RefreshToken as TokenRow, SubjectType};
use countersign_token::{
    AccessTokenPlan, CustomClaims, Subject as TokenSubject, TokenPlan, parse_refresh_token,
};
use countersign_token_endpoint::{
    ClientPolicy, Context, Decision, Grant, Issue, PrepareContext, Refusal, add_custom_claims,
    verdict_changes,
};
use countersign_users::Verdict;

use exchange::Exchange;

use crate::user_tokens::{Api, access_token_lifetime, id_token, parse_scope, read_api};

/// The refresh token grant (RFC 6749 §6) with rotation and reuse detection (RFC 9700 §4.14).
#[derive(Debug, Clone, Copy, Default)]
pub struct RefreshToken;

/// Its parameters.
#[derive(Debug)]
pub struct Request {
    refresh_token: Secret<String>,
    scope: Option<Scope>,
    /// `audience` and every `resource`.
    audiences: Vec<String>,
}

impl FromParameters for Request {
    const NAMES: &'static [&'static str] = &["refresh_token", "scope", "audience", "resource"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self {
            refresh_token: parameters.require("refresh_token")?.into(),
            scope: parse_scope(parameters)?,
            audiences: parameters
                .all("audience")
                .chain(parameters.all("resource"))
                .map(str::to_owned)
                .collect(),
        })
    }
}

impl Grant for RefreshToken {
    type Request = Request;
    type Prepared = Verdict;

    fn grant_type(&self) -> GrantType {
        GrantType::REFRESH_TOKEN
    }

    fn client_policy(&self) -> ClientPolicy {
        ClientPolicy::Any
    }

    fn failure_event(&self) -> &'static str {
        "fertft"
    }

    async fn prepare(
        &self,
        request: &Request,
        cx: &PrepareContext<'_>,
    ) -> Result<Result<Verdict, Refusal>, Fault> {
        ask::ask(request, cx).await
    }

    async fn decide(
        &self,
        request: &Request,
        verdict: &Verdict,
        cx: &Context<'_>,
    ) -> Result<Decision, Fault> {
        let presented = request.refresh_token.expose();
        if parse_refresh_token(presented, cx.sealer).is_none() {
            return Ok(Decision::Refuse(invalid("refresh.unknown").into()));
        }
        let found = cx.reads.refresh_token(&HandleHash::of(presented)).await?;
        let Some((token, family)) = found else {
            return Ok(Decision::Refuse(invalid("refresh.unknown").into()));
        };
        if let Err(error) = check_owner(&family, cx) {
            return Ok(Decision::Refuse(error.into()));
        }
        if cx.reads.user(&family.user_id).await?.is_none() {
            return Ok(Decision::Refuse(user_missing().into()));
        }
        if let Err(error) = check_life_and_key(&token, &family, cx) {
            return Ok(Decision::Refuse(error.into()));
        }
        let exchange = match exchange::plan(&token, &family, cx).await? {
            Ok(exchange) => exchange,
            Err(refusal) => return Ok(Decision::Refuse(refusal)),
        };
        issue((request, verdict), &family, exchange, cx).await
    }
}

/// Whose token it is. No check here or below has an effect, so a stolen token that fails one harms nobody.
fn check_owner(family: &RefreshFamily, cx: &Context<'_>) -> Result<(), OAuthError> {
    if family.client_id != cx.client.client().id {
        // RFC 6749 §6: bound to the client it was issued to.
        return Err(invalid("refresh.other_client"));
    }
    if family.issuer != cx.request.domain.issuer {
        return Err(invalid("refresh.other_domain"));
    }
    Ok(())
}

/// Whether the token is alive and its sender holds its key.
fn check_life_and_key(token: &TokenRow, family: &RefreshFamily, cx: &Context<'_>) -> Result<(), OAuthError> {
    let now = cx.request.now;
    if family.ended_at.is_some() {
        return Err(invalid("refresh.revoked"));
    }
    // A spent token is looked at for reuse first, however old it is.
    let idle_over = token.spent_at.is_none() && token.idle_expires_at.is_some_and(|end| end <= now);
    if family.expires_at.is_some_and(|end| end <= now) || idle_over {
        return Err(invalid("refresh.expired"));
    }
    // RFC 9449 §5: a public client's token needs a proof with the same key.
    match (&family.jkt, cx.proved.jkt()) {
        (Some(bound), Some(proved)) if bound == proved => Ok(()),
        (None, _) => Ok(()),
        (Some(_), proved) => Err(OAuthError::new(
            ErrorCode::InvalidDpopProof,
            if proved.is_some() { "refresh.other_key" } else { "refresh.proof_missing" },
            "The refresh token is bound to another DPoP key",
        )),
    }
}

/// Asks the gate with everything as it is now, and plans the tokens.
async fn issue(
    (request, verdict): (&Request, &Verdict),
    family: &RefreshFamily,
    exchange: Exchange,
    cx: &Context<'_>,
) -> Result<Decision, Fault> {
    let client = cx.client.client();
    let user = cx.reads.user(&family.user_id).await?;
    let Some(authorization) = cx.reads.authorization(&family.authorization_id).await? else {
        return Ok(Decision::Refuse(invalid("refresh.authorization_missing").into()));
    };
    let api = match read_api(cx.reads, family.audience.as_ref(), &client.id).await? {
        Some(None) => return Ok(Decision::Refuse(invalid("refresh.api_missing").into())),
        Some(api) => api,
        None => None,
    };
    let case = Case {
        now: cx.request.now,
        client,
        grant_type: &GrantType::REFRESH_TOKEN,
        subject: Subject::User(user.as_ref()),
        api: api.as_ref().map(|api| &api.server),
        client_grant: api.as_ref().and_then(|api| api.grant.as_ref()),
        session: Session::Independent,
        connection: None,
        authorization: Some(&authorization),
        consent: None,
    };
    let (pass, user) = match (case.pass(), &user) {
        (Ok(pass), Some(user)) => (pass, user),
        (Ok(_), None) => return Err(Fault::internal("the gate passed a missing user")),
        (Err(refusal), _) => return Ok(Decision::Refuse(refuse_by_gate(refusal.into()).into())),
    };
    if !offline_access_is_allowed(client, api.as_ref().map(|api| &api.server)) {
        return Ok(Decision::Refuse(invalid("refresh.offline_access_withdrawn").into()));
    }
    let constraint = match bind(client, api.as_ref().map(|api| &api.server), cx.proved) {
        Ok(constraint) => constraint,
        Err(refusal) => return Ok(Decision::Refuse(refusal.into())),
    };
    let granted = match granted_now(request, family, api.as_ref(), cx) {
        Ok(granted) => granted,
        Err(error) => return Ok(Decision::Refuse(error.into())),
    };
    // What the tenant's own code adds is added for this exchange alone: the family keeps its scopes.
    let granted_here = verdict.scope(&granted);
    let id_token = id_token(user, &granted_here, family.session_id.clone(), cx.compliance());
    let scope = verdict.scope(&match &request.scope {
        None => granted,
        Some(asked) => granted.filtered(|scope| asked.contains(scope)),
    });
    let access_token = AccessTokenPlan {
        lifetime: access_token_lifetime(api.as_ref()),
        api: api.map(|api| api.server),
        subject: TokenSubject::User(user.id.clone()),
        scope,
        constraint,
        authorization_id: Some(family.authorization_id.clone()),
        gty: None,
        custom_claims: CustomClaims::default(),
    };
    let mut plan =
        TokenPlan { client: client.clone(), access_token, id_token, refresh_token: exchange.refresh_token };
    add_custom_claims(&mut plan, verdict, &granted_here, &cx.request.domain);
    let session = match (&family.session_id, verdict.session.is_empty()) {
        (Some(id), false) => cx.reads.session(id).await?,
        _ => None,
    };
    let changes = exchange.changes.and(verdict_changes(verdict, &user.id, session.as_ref(), cx));
    Ok(Decision::Issue(Issue { pass, plan, changes }))
}

/// The original scopes, never wider than what is allowed now.
fn granted_now(
    request: &Request,
    family: &RefreshFamily,
    api: Option<&Api>,
    cx: &Context<'_>,
) -> Result<Scope, OAuthError> {
    let client = cx.client.client();
    if cx.compliance().is_rfc() {
        if request.scope.as_ref().is_some_and(|asked| !family.scope.covers(asked)) {
            return Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "refresh.excess_scope",
                "The requested scope exceeds what was granted",
            )
            .with_each("scope", request.scope.as_ref().map(Scope::to_string))
            .with("granted", family.scope.to_string()));
        }
        let userinfo = cx.request.domain.userinfo_audience();
        let original = family.audience.as_ref().map_or(userinfo.as_str(), |audience| audience.as_str());
        if request.audiences.iter().any(|audience| audience != original) {
            return Err(OAuthError::new(
                ErrorCode::InvalidTarget,
                "refresh.foreign_audience",
                "The token was not granted for this audience",
            )
            .with_each("audience", &request.audiences)
            .with("granted", original));
        }
    }
    let allowed = api
        .map(|api| allowed_scopes(client, &api.server, api.grant.as_ref(), SubjectType::User))
        .transpose()?;
    let api = api.map(|api| &api.server).zip(allowed.as_ref());
    Ok(scope_for_user(&family.scope, client, api))
}

/// A user who is gone has a text of his own; everything else is one text, which tells nothing.
fn refuse_by_gate(error: OAuthError) -> OAuthError {
    match error.rule {
        "gate.user_missing" => user_missing(),
        "gate.grant_not_allowed" => error,
        cause => invalid("refresh.not_allowed_now").with("cause", cause),
    }
}

fn user_missing() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidGrant,
        "refresh.user_missing",
        "The user of the refresh token does not exist any more",
    )
}

fn invalid(rule: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, rule, "The refresh token is not valid")
}
