use countersign_gate::{AudienceRequest, Case, Session, Subject, allowed_scopes, bind, effective_audience};
use countersign_oauth::{ErrorCode, Fault, FromParameters, GrantType, OAuthError, Parameters, Scope};
use countersign_storage::{Changes, SubjectType};
use countersign_token::{AccessTokenPlan, CustomClaims, Subject as TokenSubject, TokenPlan};
use countersign_token_endpoint::{ClientPolicy, Context, Decision, Grant, Issue, PrepareContext, Refusal};

use crate::user_tokens::parse_scope;

/// The client credentials grant (RFC 6749 §4.4).
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientCredentials;

/// Its parameters.
#[derive(Debug)]
pub struct Request {
    audience: Option<String>,
    resources: Vec<String>,
    scope: Option<Scope>,
}

impl FromParameters for Request {
    const NAMES: &'static [&'static str] = &["audience", "resource", "scope"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self {
            audience: parameters.find("audience").map(str::to_owned),
            resources: parameters.all("resource").map(str::to_owned).collect(),
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

    fn failure_event(&self) -> &'static str {
        "feccft"
    }

    async fn prepare(&self, _: &Request, _: &PrepareContext<'_>) -> Result<Result<(), Refusal>, Fault> {
        Ok(Ok(()))
    }

    async fn decide(&self, request: &Request, (): &(), cx: &Context<'_>) -> Result<Decision, Fault> {
        let client = cx.client.client();
        let resource = request.resources.first().map(String::as_str);
        if request.resources.iter().any(|other| Some(other.as_str()) != resource) {
            return Ok(Decision::Refuse(several_resources().into()));
        }
        let asked = AudienceRequest { audience: request.audience.as_deref(), resource };
        let (domain, compliance) = (&cx.request.domain, cx.compliance());
        let Some(audience) = effective_audience(asked, cx.settings, domain, compliance) else {
            return Ok(Decision::Refuse(OAuthError::missing_parameter("audience").into()));
        };
        let Some(api) = cx.reads.resource_server(&audience).await? else {
            let by_resource = compliance.is_rfc() && asked.audience.is_none() && resource.is_some();
            let error = OAuthError::new(
                if by_resource { ErrorCode::InvalidTarget } else { ErrorCode::AccessDenied },
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
            custom_claims: CustomClaims::default(),
        };
        let plan = TokenPlan { client: client.clone(), access_token, id_token: None, refresh_token: None };
        Ok(Decision::Issue(Issue { pass, plan, changes: Changes::none() }))
    }
}

/// A token has one API, so several resources must be the same one (RFC 8707 §2).
fn several_resources() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidTarget,
        "client_credentials.several_resources",
        "A token can be issued for one resource at a time",
    )
}
