use countersign_authorization_endpoint::{CodePayload, is_registered};
use countersign_gate::{
    Case, Session, Subject, allowed_scopes, bind, offline_access_is_allowed, scope_for_user,
};
use countersign_oauth::{
    ErrorCode, Fault, FromParameters, GrantType, HandleHash, OAuthError, Parameters, Secret,
};
use countersign_pkce::CodeVerifier;
use countersign_storage::{Authorization, Change, Changes, SingleUse, SingleUseKind, SubjectType};
use countersign_token::{AccessTokenPlan, CustomClaims, IdTokenPlan, Subject as TokenSubject, TokenPlan};
use countersign_token_endpoint::{
    ClientPolicy, Context, Decision, Grant, Issue, PrepareContext, Refusal, add_custom_claims,
};
use countersign_users::SessionLimits;

use crate::first_family::{cap_families, first_refresh_token};
use crate::user_tokens::{Api, access_token_lifetime, id_token, read_api, refusal_event};

/// After so many wrong verifiers a code is dead.
const MAX_VERIFIER_ATTEMPTS: u32 = 5;

/// The authorization code grant (RFC 6749 §4.1.3) with PKCE (RFC 7636 §4.5).
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthorizationCode;

/// Its parameters.
#[derive(Debug)]
pub struct Request {
    code: Secret<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<Secret<String>>,
}

impl FromParameters for Request {
    const NAMES: &'static [&'static str] = &["code", "redirect_uri", "code_verifier"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self {
            code: parameters.require("code")?.into(),
            redirect_uri: parameters.find("redirect_uri").map(str::to_owned),
            code_verifier: parameters.find("code_verifier").map(Secret::from),
        })
    }
}

impl Grant for AuthorizationCode {
    type Request = Request;
    type Prepared = ();

    fn grant_type(&self) -> GrantType {
        GrantType::AUTHORIZATION_CODE
    }

    fn client_policy(&self) -> ClientPolicy {
        ClientPolicy::Any
    }

    fn failure_event(&self) -> &'static str {
        "feacft"
    }

    async fn prepare(&self, _: &Request, _: &PrepareContext<'_>) -> Result<Result<(), Refusal>, Fault> {
        Ok(Ok(()))
    }

    async fn decide(&self, request: &Request, (): &(), cx: &Context<'_>) -> Result<Decision, Fault> {
        let handle = HandleHash::of(request.code.expose());
        let Some(code) = cx.reads.single_use(SingleUseKind::AuthorizationCode, &handle).await? else {
            return Ok(Decision::Refuse(invalid_code("code.unknown").into()));
        };
        let payload = CodePayload::of(&code)?;
        if let Err(refusal) = check_code(request, &code, &payload, cx) {
            return Ok(Decision::Refuse(refusal));
        }
        let Some(id) = &code.authorization_id else {
            return Err(Fault::internal("single_uses.authorization_id of an authorization code"));
        };
        let Some(authorization) = cx.reads.authorization(id).await? else {
            return Ok(Decision::Refuse(invalid_code("code.authorization_missing").into()));
        };
        issue(&code, &payload, &authorization, cx).await
    }
}

/// The checks of the code itself, in the order that keeps it good for its owner.
fn check_code(
    request: &Request,
    code: &SingleUse,
    payload: &CodePayload,
    cx: &Context<'_>,
) -> Result<(), Refusal> {
    if code.client_id != cx.client.client().id {
        // RFC 6749 §5.2: bound to the client; nothing is spent, so the code stays good for its owner.
        return Err(invalid_code("code.other_client").with("issued to", code.client_id.as_str()).into());
    }
    if payload.issuer != cx.request.domain.issuer {
        return Err(invalid_code("code.other_domain").into());
    }
    // RFC 6749 §4.1.3: identical to what the authorization request named, if it named one.
    // In the default profile a fragment is dropped here as it was there.
    let redirect_uri_matches = match &request.redirect_uri {
        Some(sent) if cx.compliance().is_rfc() => *sent == payload.redirect_uri,
        Some(sent) => sent.split('#').next() == Some(payload.redirect_uri.as_str()),
        None => !payload.redirect_uri_was_sent,
    };
    if !redirect_uri_matches {
        return Err(invalid_code("code.redirect_uri_mismatch")
            .with_each("redirect_uri", &request.redirect_uri)
            .with("expected", payload.redirect_uri.as_str())
            .into());
    }
    check_verifier(request, code, payload, cx)?;
    if code.redeemed_at.is_some() {
        return Err(replayed(code, cx));
    }
    if code.expires_at <= cx.request.now {
        let expired = invalid_code("code.expired").with("expired at", code.expires_at.to_iso8601());
        return Err(expired.with("now", cx.request.now.to_iso8601()).into());
    }
    if !is_registered(&payload.redirect_uri, &cx.client.client().settings, cx.compliance()) {
        return Err(invalid_code("code.redirect_uri_unregistered")
            .with("redirect_uri", payload.redirect_uri.as_str())
            .with_each("allowed callback", &cx.client.client().settings.callbacks)
            .into());
    }
    check_key(payload, cx)
}

/// PKCE (RFC 7636 §4.6), in both directions: a verifier without a challenge is refused too.
fn check_verifier(
    request: &Request,
    code: &SingleUse,
    payload: &CodePayload,
    cx: &Context<'_>,
) -> Result<(), Refusal> {
    let (challenge, verifier) = match (&payload.code_challenge, &request.code_verifier) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err(wrong_verifier("code.verifier_without_challenge").into()),
        (Some(_), None) => {
            return Err(OAuthError::new(
                if cx.compliance().is_rfc() { ErrorCode::InvalidGrant } else { ErrorCode::InvalidRequest },
                "code.verifier_missing",
                "Parameter 'code_verifier' is required",
            )
            .into());
        }
        (Some(challenge), Some(verifier)) => (challenge, verifier),
    };
    match CodeVerifier::parse(verifier.expose()) {
        Ok(verifier) if challenge.verify(&verifier) => Ok(()),
        _ if code.redeemed_at.is_some() || code.expires_at <= cx.request.now => {
            Err(wrong_verifier("code.verifier_wrong").into())
        }
        _ => {
            let count = Change::CountSingleUseAttempt {
                kind: SingleUseKind::AuthorizationCode,
                handle: code.handle,
                now: cx.request.now,
                limit: MAX_VERIFIER_ATTEMPTS,
            };
            Err(Refusal {
                error: wrong_verifier("code.verifier_wrong"),
                changes: Changes::none().with(count),
            })
        }
    }
}

/// The DPoP key that the authorization request bound the code to (RFC 9449 §10).
fn check_key(payload: &CodePayload, cx: &Context<'_>) -> Result<(), Refusal> {
    match (&payload.dpop_jkt, cx.proved.jkt()) {
        (Some(_), None) => Err(invalid_code("code.proof_missing").into()),
        (Some(bound), Some(proved)) if bound != proved => Err(OAuthError::new(
            ErrorCode::InvalidDpopProof,
            "code.other_key",
            "The proof's key is not the one the code is bound to",
        )
        .into()),
        _ => Ok(()),
    }
}

/// A code that was used before: everything that came from it ends (RFC 6749 §4.1.2).
fn replayed(code: &SingleUse, cx: &Context<'_>) -> Refusal {
    let error = invalid_code("code.replayed");
    let event = refusal_event(cx, "feacft", &error, code.user_id.clone());
    let mut changes = Changes::none().with(Change::Log(event));
    if let Some(id) = &code.authorization_id {
        changes = changes.with(Change::EndAuthorization {
            id: id.clone(),
            at: cx.request.now,
            deny_access_tokens: true,
        });
    }
    Refusal { error, changes }
}

/// Asks the gate with everything as it is now, and plans the tokens.
async fn issue(
    code: &SingleUse,
    payload: &CodePayload,
    authorization: &Authorization,
    cx: &Context<'_>,
) -> Result<Decision, Fault> {
    let client = cx.client.client();
    let user = cx.reads.user(&authorization.user_id).await?;
    let session = match &authorization.session_id {
        Some(id) => cx.reads.session(id).await?,
        None => None,
    };
    let connection = match &session {
        Some(session) => cx.reads.connection(&session.connection_id).await?,
        None => None,
    };
    let Some(connection) = connection else {
        return Ok(Decision::Refuse(invalid_code("code.connection_missing").into()));
    };
    let api = match read_api(cx.reads, authorization.audience.as_ref(), &client.id).await? {
        Some(None) => return Ok(Decision::Refuse(invalid_code("code.api_missing").into())),
        Some(api) => api,
        None => None,
    };
    let case = Case {
        now: cx.request.now,
        client,
        grant_type: &GrantType::AUTHORIZATION_CODE,
        subject: Subject::User(user.as_ref()),
        api: api.as_ref().map(|api| &api.server),
        client_grant: api.as_ref().and_then(|api| api.grant.as_ref()),
        session: Session::Required(session.as_ref(), SessionLimits::of(cx.settings)),
        connection: Some(&connection),
        authorization: Some(authorization),
        consent: None,
    };
    let (pass, user) = match (case.pass(), &user) {
        (Ok(pass), Some(user)) => (pass, user),
        (Ok(_), None) => return Err(Fault::internal("the gate passed a missing user")),
        (Err(refusal), _) => {
            let cause = OAuthError::from(refusal).rule;
            return Ok(Decision::Refuse(invalid_code("code.not_allowed_now").with("cause", cause).into()));
        }
    };
    let constraint = match bind(client, api.as_ref().map(|api| &api.server), cx.proved) {
        Ok(constraint) => constraint,
        Err(refusal) => return Ok(Decision::Refuse(refusal.into())),
    };
    let scope = match granted_now(authorization, api.as_ref(), cx) {
        Ok(scope) => scope,
        Err(error) => return Ok(Decision::Refuse(error.into())),
    };
    // The tenant's own code was asked when the login ended; what it decided came with the code.
    let scope = payload.verdict.scope(&scope);
    let id_token = id_token(user, &scope, authorization.session_id.clone(), cx.compliance())
        .map(|plan| IdTokenPlan { nonce: payload.nonce.clone(), auth_time: payload.auth_time, ..plan });
    let refresh_token = (scope.contains("offline_access")
        && offline_access_is_allowed(client, api.as_ref().map(|api| &api.server)))
    .then(|| first_refresh_token(authorization, &scope, cx));
    let access_token = AccessTokenPlan {
        lifetime: access_token_lifetime(api.as_ref()),
        api: api.map(|api| api.server),
        subject: TokenSubject::User(user.id.clone()),
        scope,
        constraint,
        authorization_id: Some(authorization.id.clone()),
        gty: None,
        custom_claims: CustomClaims::default(),
    };
    let mut changes = Changes::none().with(Change::SpendSingleUse {
        kind: SingleUseKind::AuthorizationCode,
        handle: code.handle,
        now: cx.request.now,
    });
    if refresh_token.is_some() {
        changes = changes.with(cap_families(authorization, cx.request.now));
    }
    let id_token_scope = access_token.scope.clone();
    let mut plan = TokenPlan { client: client.clone(), access_token, id_token, refresh_token };
    add_custom_claims(&mut plan, &payload.verdict, &id_token_scope, &cx.request.domain);
    Ok(Decision::Issue(Issue { pass, plan, changes }))
}

/// What was granted and is still allowed.
fn granted_now(
    authorization: &Authorization,
    api: Option<&Api>,
    cx: &Context<'_>,
) -> Result<countersign_oauth::Scope, OAuthError> {
    let client = cx.client.client();
    let allowed = api
        .map(|api| allowed_scopes(client, &api.server, api.grant.as_ref(), SubjectType::User))
        .transpose()?;
    let api = api.map(|api| &api.server).zip(allowed.as_ref());
    Ok(scope_for_user(&authorization.scope, client, api))
}

fn invalid_code(rule: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, rule, "The authorization code is not valid")
}

fn wrong_verifier(rule: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, rule, "The code verifier does not match")
}
