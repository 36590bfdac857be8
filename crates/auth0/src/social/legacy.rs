//! `POST /oauth/access_token` (core contract §3.14.1): a provider's access token becomes tokens of ours.

use countersign_connections::{Proof, UpstreamError};
use countersign_gate::GateRefusal;
use countersign_grants::parse_scope;
use countersign_oauth::{ErrorCode, Fault, FromParameters, GrantType, OAuthError, Parameters, Scope, Secret};
use countersign_storage::{Client, Connection, Reads, Requirement};
use countersign_token_endpoint::{ClientPolicy, Context, Decision, Grant, PrepareContext, Refusal};
use countersign_users::Protocol;

use super::SocialLogin;
use super::arriving::{Arriving, Login};
use super::asked::{Asked, Target};

/// The providers whose tokens it takes.
const STRATEGIES: [&str; 4] = ["facebook", "google-oauth2", "twitter", "weibo"];

/// The legacy grant. It is no value of `grant_type`: the endpoint is all its own.
pub struct LegacySocial(SocialLogin);

impl LegacySocial {
    /// What clients that may use it have among their grant types.
    pub const GRANT_TYPE: &'static str = "http://auth0.com/oauth/legacy/grant-type/access_token";

    /// The grant.
    #[must_use]
    pub fn new(social: SocialLogin) -> Self {
        Self(social)
    }

    /// The connection of that name, if it is one whose tokens are taken.
    async fn connection(&self, name: &str, reads: &dyn Reads) -> Result<Option<Connection>, Fault> {
        let connections = reads.connections().await?;
        let fits = |connection: &Connection| {
            connection.name == name && STRATEGIES.contains(&connection.strategy.as_str())
        };
        Ok(connections.into_iter().find(fits))
    }
}

/// Its parameters.
#[derive(Debug)]
pub struct Request {
    token: Secret<String>,
    token_secret: Option<Secret<String>>,
    connection: String,
    asked: Asked,
}

impl FromParameters for Request {
    const NAMES: &'static [&'static str] = &["access_token", "connection", "scope", "access_token_secret"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        let require = |name: &'static str| parameters.find(name).ok_or_else(|| missing_parameter(name));
        let scope = parse_scope(parameters)?.unwrap_or_else(Scope::default);
        Ok(Self {
            token: require("access_token")?.into(),
            connection: require("connection")?.to_owned(),
            token_secret: parameters.find("access_token_secret").map(Secret::from),
            asked: Asked { target: Target::Userinfo, scope: Some(scope) },
        })
    }
}

fn login(request: &Request) -> Login<'_> {
    Login {
        grant_type: GrantType::new(LegacySocial::GRANT_TYPE),
        protocol: Protocol::AccessToken,
        subject_token_type: None,
        asked: &request.asked,
        events: ("s", "f"),
        dress,
    }
}

impl Grant for LegacySocial {
    type Request = Request;
    type Prepared = Arrival;

    fn grant_type(&self) -> GrantType {
        GrantType::new(Self::GRANT_TYPE)
    }

    fn client_policy(&self) -> ClientPolicy {
        ClientPolicy::Any
    }

    fn check_client(&self, client: &Client) -> Result<(), OAuthError> {
        if client.settings.oidc_conformant {
            return Err(conformant_client());
        }
        if client.settings.allows_grant(&self.grant_type()) {
            Ok(())
        } else {
            Err(GateRefusal::GrantNotAllowed(self.grant_type()).into())
        }
    }

    fn failure_event(&self) -> &'static str {
        "f"
    }

    fn throttled_by(&self) -> Option<&'static str> {
        Some("throttle.failed_legacy_logins")
    }

    fn is_failed_login(&self, refusal: &OAuthError) -> bool {
        refusal.rule == "legacy_social.token_refused"
    }

    async fn prepare(
        &self,
        request: &Request,
        cx: &PrepareContext<'_>,
    ) -> Result<Result<Arrival, Refusal>, Fault> {
        let Some(connection) = self.connection(&request.connection, cx.context.reads).await? else {
            return Ok(Err(unknown_connection(&request.connection).into()));
        };
        if !connection.is_enabled_for(&cx.context.client.client().id) {
            return Ok(Err(connection_not_enabled().into()));
        }
        let proof =
            Proof::AccessToken { token: request.token.clone(), token_secret: request.token_secret.clone() };
        let prepared = self.0.prepare(&proof, connection, &login(request), cx).await?;
        Ok(prepared.map(Arrival).map_err(in_legacy_terms))
    }

    fn requirements(&self, Arrival(arriving): &Arrival) -> Vec<Requirement> {
        arriving.requirements()
    }

    async fn decide(
        &self,
        request: &Request,
        Arrival(arriving): &Arrival,
        cx: &Context<'_>,
    ) -> Result<Decision, Fault> {
        Ok(match self.0.decide(arriving, &login(request), cx).await? {
            Decision::Refuse(refusal) => Decision::Refuse(in_legacy_terms(refusal)),
            issue @ Decision::Issue(_) => issue,
        })
    }
}

/// Who arrived, as the provider said.
pub struct Arrival(Arriving);

/// What the caller is told: the kind alone (SP-143), and how to bind a token that is not bound.
fn dress(cause: &UpstreamError, connection: &Connection) -> OAuthError {
    let (rule, text) = match cause {
        UpstreamError::Refused { rule: "connections.token_not_bound", .. } => (
            "legacy_social.token_not_bound",
            "An OAuth 2.0 access token of this provider cannot be bound to the application; \
             send an OAuth 1.0a token and its access_token_secret",
        ),
        UpstreamError::Refused { .. } => {
            ("legacy_social.token_refused", "The access token is not valid for this connection")
        }
        UpstreamError::Unavailable(_) | UpstreamError::Misconfigured(_) => {
            ("legacy_social.provider_unavailable", "Error from {connection} connection.")
        }
    };
    OAuthError::new(ErrorCode::InvalidRequest, rule, text).with("connection", connection.name.as_str())
}

/// A blocked user, and a denial by the tenant's own code, are `unauthorized` here.
fn in_legacy_terms(mut refusal: Refusal) -> Refusal {
    refusal.error.rule = match refusal.error.rule {
        "gate.user_blocked" => "legacy_social.user_blocked",
        "hook.denied" | "hook.denied_by_rule" => "legacy_social.denied",
        rule => rule,
    };
    refusal
}

/// What `client_id`, `access_token` and `connection` are answered with where they are missing.
#[must_use]
pub fn missing_parameter(name: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "legacy_social.missing_parameter", "missing {name} parameter")
        .with("name", name)
}

fn conformant_client() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        "legacy_social.conformant_client",
        "The client is not of the legacy pipeline",
    )
}

fn unknown_connection(name: &str) -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        "legacy_social.unknown_connection",
        "the connection was not found",
    )
    .with("connection", name.chars().take(128).collect::<String>())
}

fn connection_not_enabled() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        "legacy_social.connection_not_enabled",
        "the connection is not enabled",
    )
}
