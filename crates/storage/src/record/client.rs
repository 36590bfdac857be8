use countersign_jose::Algorithm;
use countersign_oauth::{ClientId, Compliance, GrantType, Sealed, Seconds, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ClientAuthenticationMethods, ClientCredential};

/// An application (RFC 6749 §2).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// The secret, sealed under the data key: HS256 and assertions need it in clear.
    pub secret: Option<Sealed>,
    /// The rest, under the names that Auth0 gives.
    pub settings: ClientSettings,
    /// When it was created.
    pub created_at: Timestamp,
    /// Raised by every update.
    pub version: i64,
    /// Raised when it is disabled, narrowed or its keys change.
    pub epoch: i64,
}

/// A client's settings. What we do not use yet is kept in `other` and echoed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSettings {
    /// The name that pages show.
    pub name: String,
    /// The kind of application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_type: Option<AppType>,
    /// `false`: consent is always asked and a client grant always needed.
    pub is_first_party: bool,
    /// Whether the OpenID Connect pipeline is used; always `true` in what we create.
    pub oidc_conformant: bool,
    /// How it authenticates at the token endpoint.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// The keys of a client that authenticates by [`TokenEndpointAuthMethod::PrivateKeyJwt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_authentication_methods: Option<ClientAuthenticationMethods>,
    /// The grants it may use.
    pub grant_types: Vec<GrantType>,
    /// Allowed Callback URLs; the first is used when `redirect_uri` is left out.
    pub callbacks: Vec<String>,
    /// Allowed Logout URLs.
    pub allowed_logout_urls: Vec<String>,
    /// Allowed Web Origins.
    pub web_origins: Vec<String>,
    /// Allowed Origins for CORS, beside those of the callbacks.
    pub allowed_origins: Vec<String>,
    /// ID token settings.
    pub jwt_configuration: JwtConfiguration,
    /// Refresh token settings.
    pub refresh_token: RefreshTokenSettings,
    /// Tokens must be sender-constrained.
    pub require_proof_of_possession: bool,
    /// Whether errors may be redirected to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirection_policy: Option<RedirectionPolicy>,
    /// How strictly a third-party client is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_party_security_mode: Option<ThirdPartySecurityMode>,
    /// Overrides the tenant's setting of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_non_verifiable_callback_uri_confirmation_prompt: Option<bool>,
    /// Whether `auth0-forwarded-for` is believed where the client authenticates.
    pub is_token_endpoint_ip_header_trusted: bool,
    /// Which platforms' artefacts it may exchange for tokens.
    pub native_social_login: NativeSocialLogin,
    /// Overrides the tenant's profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compliance: Option<Compliance>,
    /// Settings of Auth0's that are kept and not used yet.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            app_type: None,
            is_first_party: true,
            oidc_conformant: true,
            token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretPost,
            client_authentication_methods: None,
            grant_types: Vec::new(),
            callbacks: Vec::new(),
            allowed_logout_urls: Vec::new(),
            web_origins: Vec::new(),
            allowed_origins: Vec::new(),
            jwt_configuration: JwtConfiguration::default(),
            refresh_token: RefreshTokenSettings::default(),
            require_proof_of_possession: false,
            redirection_policy: None,
            third_party_security_mode: None,
            skip_non_verifiable_callback_uri_confirmation_prompt: None,
            is_token_endpoint_ip_header_trusted: false,
            native_social_login: NativeSocialLogin::default(),
            compliance: None,
            other: serde_json::Map::new(),
        }
    }
}

impl ClientSettings {
    /// Whether the client holds no credentials (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == TokenEndpointAuthMethod::None
    }

    /// The keys that assertions may be signed with.
    #[must_use]
    pub fn credentials(&self) -> &[ClientCredential] {
        let methods = self.client_authentication_methods.as_ref();
        methods.and_then(|methods| methods.private_key_jwt.as_ref()).map_or(&[], |keys| &keys.credentials)
    }

    /// Whether it may use that grant. Native social login brings token exchange with it; which subject tokens
    /// it may show is that grant's business.
    #[must_use]
    pub fn allows_grant(&self, grant: &GrantType) -> bool {
        self.grant_types.contains(grant)
            || (*grant == GrantType::TOKEN_EXCHANGE && self.native_social_login.is_on())
    }

    /// Whether authorization errors must stay on our own page.
    #[must_use]
    pub fn has_open_redirect_protection(&self) -> bool {
        match self.redirection_policy {
            Some(policy) => policy == RedirectionPolicy::OpenRedirectProtection,
            None => !self.is_first_party,
        }
    }

    /// Whether it is a third-party client held strictly.
    #[must_use]
    pub fn is_strict_third_party(&self) -> bool {
        !self.is_first_party && self.third_party_security_mode != Some(ThirdPartySecurityMode::Permissive)
    }
}

/// `native_social_login`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NativeSocialLogin {
    /// Sign in with Apple.
    pub apple: Switch,
    /// Facebook Login.
    pub facebook: Switch,
    /// Sign in with Google.
    pub google: Switch,
    /// Ours: an ID token of Apple's or Google's counts once, where platforms' SDKs may show a kept one again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub single_use_id_tokens: bool,
}

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Switch {
    /// Whether it is on.
    pub enabled: bool,
}

impl NativeSocialLogin {
    /// Whether any of them is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        [self.apple, self.facebook, self.google].iter().any(|switch| switch.enabled)
    }
}

/// The kind of application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppType {
    /// A server-rendered application.
    RegularWeb,
    /// A single-page application.
    Spa,
    /// A mobile or desktop application.
    Native,
    /// Machine to machine.
    NonInteractive,
    /// The client of an API.
    ResourceServer,
}

/// `token_endpoint_auth_method` (RFC 7591 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// A public client.
    None,
    /// The secret in the body.
    ClientSecretPost,
    /// The secret in the `Authorization` header.
    ClientSecretBasic,
    /// An assertion under a registered key (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// An assertion under the secret (OpenID Connect Core §9).
    ClientSecretJwt,
    /// A method that the composition adds, by its name; where none adds it, the client is refused.
    #[serde(untagged)]
    Foreign(String),
}

/// `jwt_configuration`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JwtConfiguration {
    /// The ID token's algorithm.
    pub alg: Algorithm,
    /// The ID token's lifetime.
    pub lifetime_in_seconds: Seconds,
    /// The rest, kept.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Default for JwtConfiguration {
    fn default() -> Self {
        Self { alg: Algorithm::RS256, lifetime_in_seconds: Seconds(36_000), other: serde_json::Map::new() }
    }
}

/// `refresh_token`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefreshTokenSettings {
    /// Whether each exchange gives a new token.
    pub rotation_type: RotationType,
    /// `expiring` or `non-expiring`; what counts are the two `infinite` switches.
    pub expiration_type: String,
    /// How long a spent token may be used again, in seconds.
    pub leeway: Seconds,
    /// Absolute lifetime.
    pub token_lifetime: Seconds,
    /// No absolute end.
    pub infinite_token_lifetime: bool,
    /// Idle lifetime.
    pub idle_token_lifetime: Seconds,
    /// No idle end.
    pub infinite_idle_token_lifetime: bool,
    /// The rest, kept.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Default for RefreshTokenSettings {
    fn default() -> Self {
        Self {
            rotation_type: RotationType::NonRotating,
            expiration_type: "non-expiring".to_owned(),
            leeway: Seconds(0),
            token_lifetime: Seconds(2_592_000),
            infinite_token_lifetime: true,
            idle_token_lifetime: Seconds(1_296_000),
            infinite_idle_token_lifetime: true,
            other: serde_json::Map::new(),
        }
    }
}

impl RefreshTokenSettings {
    /// What a single-page application has unless told otherwise: rotating and expiring.
    #[must_use]
    pub fn rotating() -> Self {
        Self {
            rotation_type: RotationType::Rotating,
            expiration_type: "expiring".to_owned(),
            infinite_token_lifetime: false,
            infinite_idle_token_lifetime: false,
            ..Self::default()
        }
    }
}

/// `rotation_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotationType {
    /// Each exchange spends the token and gives a new one.
    Rotating,
    /// The token stays.
    NonRotating,
}

/// `redirection_policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedirectionPolicy {
    /// Errors go to the client.
    AllowAlways,
    /// Errors stay on our page.
    OpenRedirectProtection,
}

/// `third_party_security_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThirdPartySecurityMode {
    /// PKCE, code flow and a fixed list of parameters.
    Strict,
    /// As first parties, consent aside.
    Permissive,
}
