//! Native social token exchange (core contract §3.7, RFC 8693): what a platform's SDK gave an app becomes tokens.

use countersign_connections::{AppleName, Proof, UpstreamError};
use countersign_grants::parse_scope;
use countersign_jose::{Compact, parse_json};
use countersign_oauth::{
    ErrorCode, Fault, FromParameters, GrantType, HandleHash, OAuthError, Parameters, Seconds, Secret,
    Timestamp,
};
use countersign_storage::{Client, Connection, Reads, Requirement};
use countersign_token_endpoint::{ClientPolicy, Context, Decision, Grant, PrepareContext, Refusal};
use countersign_users::Protocol;
use serde_json::{Map, Value};

use super::SocialLogin;
use super::arriving::{Arriving, Login};
use super::asked::{Asked, Target};

/// How far the clocks of our processes may be apart: so much longer a token is remembered.
const CLOCK_SKEW: Seconds = Seconds(60);

/// What an app may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectToken {
    /// An authorization code of Sign in with Apple.
    AppleCode,
    /// An identity token of Sign in with Apple.
    AppleIdToken,
    /// A session-info token of Facebook's SDK.
    FacebookSession,
    /// An ID token of Google's SDK.
    GoogleIdToken,
}

impl SubjectToken {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::AppleCode, Self::AppleIdToken, Self::FacebookSession, Self::GoogleIdToken];

    /// The `subject_token_type`.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::AppleCode => "http://auth0.com/oauth/token-type/apple-authz-code",
            Self::AppleIdToken => "http://auth0.com/oauth/token-type/apple-id-token",
            Self::FacebookSession => "http://auth0.com/oauth/token-type/facebook-info-session-access-token",
            Self::GoogleIdToken => "http://auth0.com/oauth/token-type/google-id-token",
        }
    }

    fn strategy(self) -> &'static str {
        match self {
            Self::AppleCode | Self::AppleIdToken => "apple",
            Self::FacebookSession => "facebook",
            Self::GoogleIdToken => "google-oauth2",
        }
    }

    fn is_enabled(self, client: &Client) -> bool {
        let enabled = &client.settings.native_social_login;
        match self {
            Self::AppleCode | Self::AppleIdToken => enabled.apple.enabled,
            Self::FacebookSession => enabled.facebook.enabled,
            Self::GoogleIdToken => enabled.google.enabled,
        }
    }
}

/// The exchange of one kind of subject token.
pub struct NativeSocial {
    kind: SubjectToken,
    social: SocialLogin,
}

impl NativeSocial {
    /// The exchange of this kind.
    #[must_use]
    pub fn new(kind: SubjectToken, social: SocialLogin) -> Self {
        Self { kind, social }
    }

    fn login<'a>(&self, request: &'a Request) -> Login<'a> {
        Login {
            grant_type: GrantType::TOKEN_EXCHANGE,
            protocol: Protocol::TokenExchange,
            subject_token_type: Some(self.kind.uri()),
            asked: &request.asked,
            events: ("sens", "fens"),
            dress,
        }
    }

    /// The proof in the provider's terms.
    fn proof(&self, request: &Request) -> Result<Proof, OAuthError> {
        let token = request.subject_token.clone();
        let name = || request.user_profile.as_ref().and_then(AppleName::from_user_profile);
        Ok(match self.kind {
            SubjectToken::AppleCode => Proof::AppleCode { code: token, name: name() },
            SubjectToken::AppleIdToken => Proof::AppleIdToken { token, name: name() },
            SubjectToken::FacebookSession => {
                let user_profile = request.user_profile.clone();
                let user_profile =
                    user_profile.ok_or_else(|| OAuthError::missing_parameter("user_profile"))?;
                Proof::FacebookSession { token, user_profile }
            }
            SubjectToken::GoogleIdToken => Proof::GoogleIdToken(token),
        })
    }

    /// Whether this client showed this ID token before (SP-088). SDKs keep one and show it again until it expires, so
    /// that is noted, and refused only where the client wants each to count once.
    async fn was_shown_before(&self, token: &Secret<String>, cx: &PrepareContext<'_>) -> Result<bool, Fault> {
        if !matches!(self.kind, SubjectToken::AppleIdToken | SubjectToken::GoogleIdToken) {
            return Ok(false);
        }
        let (client, now) = (&cx.context.client.client().id, cx.context.request.now);
        let mark = HandleHash::of(&format!("{} {client} {}", client.as_str().len(), token.expose()));
        Ok(!cx.replay.remember("subject_token", mark, now, end_of(token, now)).await?)
    }

    /// The first connection of the strategy that the client may use.
    async fn connection(&self, client: &Client, reads: &dyn Reads) -> Result<Option<Connection>, Fault> {
        let strategy = self.kind.strategy();
        let connections = reads.connections().await?;
        let fits = |connection: &Connection| {
            connection.strategy == strategy && connection.is_enabled_for(&client.id)
        };
        Ok(connections.into_iter().find(fits))
    }
}

/// Its parameters.
#[derive(Debug)]
pub struct Request {
    subject_token: Secret<String>,
    user_profile: Option<Map<String, Value>>,
    asked: Asked,
}

impl FromParameters for Request {
    const NAMES: &'static [&'static str] =
        &["subject_token", "subject_token_type", "audience", "resource", "scope", "user_profile"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        let user_profile = parameters.find("user_profile").map(|text| parse_json(text.as_bytes()));
        Ok(Self {
            subject_token: parameters.require("subject_token")?.into(),
            user_profile: user_profile.transpose().map_err(|_| malformed_user_profile())?,
            asked: Asked {
                target: Target::Api {
                    audience: parameters.find("audience").map(str::to_owned),
                    resources: parameters.all("resource").map(str::to_owned).collect(),
                },
                scope: parse_scope(parameters)?,
            },
        })
    }
}

impl Grant for NativeSocial {
    type Request = Request;
    type Prepared = Arrival;

    fn grant_type(&self) -> GrantType {
        GrantType::TOKEN_EXCHANGE
    }

    fn subject_token_type(&self) -> Option<&str> {
        Some(self.kind.uri())
    }

    fn client_policy(&self) -> ClientPolicy {
        ClientPolicy::Any
    }

    fn check_client(&self, client: &Client) -> Result<(), OAuthError> {
        if self.kind.is_enabled(client) { Ok(()) } else { Err(not_enabled()) }
    }

    fn failure_event(&self) -> &'static str {
        "fens"
    }

    fn throttled_by(&self) -> Option<&'static str> {
        Some("throttle.failed_logins")
    }

    fn is_failed_login(&self, refusal: &OAuthError) -> bool {
        matches!(refusal.rule, "native_social.token_refused" | "native_social.apple_refused")
    }

    async fn prepare(
        &self,
        request: &Request,
        cx: &PrepareContext<'_>,
    ) -> Result<Result<Arrival, Refusal>, Fault> {
        let proof = match self.proof(request) {
            Ok(proof) => proof,
            Err(error) => return Ok(Err(error.into())),
        };
        let Some(connection) = self.connection(cx.context.client.client(), cx.context.reads).await? else {
            return Ok(Err(no_connection().into()));
        };
        let prepared = self.social.prepare(&proof, connection, &self.login(request), cx).await?;
        let Ok(mut arriving) = prepared else { return Ok(prepared.map(Arrival)) };
        arriving.came_again = self.was_shown_before(&request.subject_token, cx).await?;
        if arriving.came_again && cx.context.client.client().settings.native_social_login.single_use_id_tokens
        {
            return Ok(Err(shown_before().into()));
        }
        Ok(Ok(Arrival(arriving)))
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
        self.social.decide(arriving, &self.login(request), cx).await
    }
}

/// Who arrived, as the provider said.
pub struct Arrival(Arriving);

/// What the app is told: the kind alone, and of Apple not even that (SP-143).
fn dress(cause: &UpstreamError, connection: &Connection) -> OAuthError {
    let (code, rule, text) = match (cause, connection.strategy.as_str()) {
        (UpstreamError::Refused { .. }, "apple") => {
            (ErrorCode::InvalidGrant, "native_social.apple_refused", "Error from the connection")
        }
        (_, "apple") => {
            (ErrorCode::InvalidRequest, "native_social.apple_unavailable", "Error from the connection")
        }
        (UpstreamError::Refused { .. }, _) => (
            ErrorCode::InvalidGrant,
            "native_social.token_refused",
            "The subject token is not valid for this connection",
        ),
        (UpstreamError::Unavailable(_) | UpstreamError::Misconfigured(_), _) => (
            ErrorCode::InvalidRequest,
            "native_social.provider_unavailable",
            "Error from {connection} connection.",
        ),
    };
    OAuthError::new(code, rule, text).with("connection", connection.name.as_str())
}

/// When a verified ID token is over, and a mark of it with it.
fn end_of(token: &Secret<String>, now: Timestamp) -> Timestamp {
    let claims =
        Compact::parse(token.expose()).and_then(|jws| parse_json::<Map<String, Value>>(&jws.payload));
    let exp = claims.ok().and_then(|claims| claims.get("exp").and_then(Value::as_i64));
    exp.map_or(now, Timestamp::from_seconds).plus(CLOCK_SKEW)
}

fn shown_before() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidGrant,
        "native_social.token_reused",
        "The subject token was exchanged before, and this client takes each one once",
    )
}

fn not_enabled() -> OAuthError {
    OAuthError::new(
        ErrorCode::UnauthorizedClient,
        "native_social.not_enabled",
        "Native social login is not enabled for the client",
    )
}

fn no_connection() -> OAuthError {
    OAuthError::new(
        ErrorCode::UnauthorizedClient,
        "native_social.connection_not_enabled",
        "No connection for this subject token is enabled for the client",
    )
}

fn malformed_user_profile() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        "native_social.malformed_user_profile",
        "user_profile is not a JSON object",
    )
}
