use countersign_gate::{AudienceRequest, Case, Session, Subject, allowed_scopes, bind, effective_audience};
use countersign_oauth::{ErrorCode, Fault, FromParameters, GrantType, OAuthError, Parameters, Scope};
use countersign_storage::{Changes, SubjectType};
use countersign_token::{AccessTokenPlan, Subject as TokenSubject, TokenPlan};
use countersign_token_endpoint::{ClientPolicy, Context, Decision, Grant, Issue, PrepareContext, Refusal};

use crate::user_tokens::parse_scope;

/// The client credentials grant (RFC 6749 §4.4).
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientCredentials;

/// Its parameters.
#[derive(Debug)]
pub struct Request {
    audience: Option<String>,
    resource: Option<String>,
    scope: Option<Scope>,
}

impl FromParameters for Request {
    const NAMES: &'static [&'static str] = &["audience", "resource", "scope"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self {
            audience: parameters.find("audience").map(str::to_owned),
            resource: parameters.find("resource").map(str::to_owned),
            scope: parse_scope(parameters)?,
        })
    }
}

impl Grant for ClientCredentials {
    type Request = Request;
    type Prepared = ();

    fn grant_type(&self) -> GrantType {
        GrantType::CLIENT_CREDENTIALS
    }

    fn client_policy(&self) -> ClientPolicy {
        ClientPolicy::ConfidentialOnly
    }

    async fn prepare(&self, _: &Request, _: &PrepareContext<'_>) -> Result<Result<(), Refusal>, Fault> {
        Ok(Ok(()))
    }

    async fn decide(&self, request: &Request, (): &(), cx: &Context<'_>) -> Result<Decision, Fault> {
        let client = cx.client.client();
        let asked =
            AudienceRequest { audience: request.audience.as_deref(), resource: request.resource.as_deref() };
        let Some(audience) = effective_audience(asked, cx.settings, &cx.request.domain) else {
            return Ok(Decision::Refuse(OAuthError::missing_parameter("audience").into()));
        };
        let Some(api) = cx.reads.resource_server(&audience).await? else {
            let error = OAuthError::new(
                ErrorCode::InvalidTarget,
                "client_credentials.unknown_audience",
                "Service not found: {audience}",
            )
            .with("audience", audience.as_str());
            return Ok(Decision::Refuse(error.into()));
        };
        let grant = cx.reads.client_grant(&client.id, &audience, SubjectType::Client).await?;
        let case = Case {
            now: cx.request.now,
            client,
            grant_type: &GrantType::CLIENT_CREDENTIALS,
            subject: Subject::Client,
            api: Some(&api),
            client_grant: grant.as_ref(),
            session: Session::Independent,
            connection: None,
            authorization: None,
            consent: None,
        };
        let checked = case.pass().and_then(|pass| {
            let allowed = allowed_scopes(client, &api, grant.as_ref(), SubjectType::Client)?;
            Ok((pass, allowed, bind(client, Some(&api), cx.proved)?))
        });
        let (pass, allowed, constraint) = match checked {
            Ok(checked) => checked,
            Err(refusal) => return Ok(Decision::Refuse(refusal.into())),
        };
        let scope = match &request.scope {
            None => allowed.scopes,
            Some(asked) if cx.compliance().is_rfc() && !allowed.scopes.covers(asked) => {
                let error = OAuthError::new(
                    ErrorCode::InvalidScope,
                    "client_credentials.excess_scope",
                    "The requested scope exceeds the client grant",
                );
                return Ok(Decision::Refuse(error.into()));
            }
            Some(asked) => asked.filtered(|scope| allowed.scopes.contains(scope)),
        };
        let lifetime = api.settings.token_lifetime;
        let access_token = AccessTokenPlan {
            api: Some(api),
            subject: TokenSubject::Client,
            scope,
            constraint,
            authorization_id: None,
            gty: Some("client-credentials"),
            lifetime,
        };
        let plan = TokenPlan { client: client.clone(), access_token, id_token: None, refresh_token: None };
        Ok(Decision::Issue(Issue { pass, plan, changes: Changes::none() }))
    }
}
