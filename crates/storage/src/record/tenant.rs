use std::collections::BTreeMap;

use countersign_oauth::Compliance;
use serde::{Deserialize, Serialize};

use crate::TriggerBinding;

/// The tenant's settings, under the names that Auth0 gives. What we do not use yet is kept in `other`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantSettings {
    /// The name that pages show.
    pub friendly_name: String,
    /// Where to send users who need help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_url: Option<String>,
    /// Used where a request names no audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_audience: Option<String>,
    /// Where to send users who hit the login page directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_redirection_uri: Option<String>,
    /// Allowed Logout URLs where no client is named.
    pub allowed_logout_urls: Vec<String>,
    /// The first is the default.
    pub enabled_locales: Vec<String>,
    /// Absolute limit of a session, in hours; fractions allowed.
    pub session_lifetime: f64,
    /// Idle limit of a session, in hours; fractions allowed.
    pub idle_session_lifetime: f64,
    /// Cookie persistence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_cookie: Option<CookieMode>,
    /// Whether `resource` may stand for `audience`.
    pub resource_parameter_profile: ResourceParameterProfile,
    /// Whether the login confirmation on custom schemes and loopback is left out.
    pub skip_non_verifiable_callback_uri_confirmation_prompt: bool,
    /// `iss` in authorization responses (RFC 9207).
    pub authorization_response_iss_parameter_supported: bool,
    /// The error page's settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_page: Option<serde_json::Value>,
    /// Logout settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc_logout: Option<serde_json::Value>,
    /// `acr` values that may be asked for; empty means any.
    pub acr_values_supported: Vec<String>,
    /// The profile, for clients that name none.
    pub compliance: Compliance,
    /// Switches.
    pub flags: TenantFlags,
    /// What runs at each trigger, such as `post-login`, in its order.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub triggers: BTreeMap<String, Vec<TriggerBinding>>,
    /// Settings of Auth0's that are kept and not used yet.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            friendly_name: "Countersign".to_owned(),
            support_url: None,
            default_audience: None,
            default_redirection_uri: None,
            allowed_logout_urls: Vec::new(),
            enabled_locales: vec!["en".to_owned()],
            session_lifetime: 168.0,
            idle_session_lifetime: 72.0,
            session_cookie: None,
            resource_parameter_profile: ResourceParameterProfile::Compatibility,
            skip_non_verifiable_callback_uri_confirmation_prompt: false,
            authorization_response_iss_parameter_supported: false,
            error_page: None,
            oidc_logout: None,
            acr_values_supported: Vec::new(),
            compliance: Compliance::Auth0,
            flags: TenantFlags::default(),
            triggers: BTreeMap::new(),
            other: serde_json::Map::new(),
        }
    }
}

impl TenantSettings {
    /// Whether discovery names the end-session endpoint.
    #[must_use]
    pub fn publishes_end_session_endpoint(&self) -> bool {
        self.of_oidc_logout("rp_logout_end_session_endpoint_discovery")
    }

    /// Whether a logout that does not prove that it knows the session has to be confirmed.
    #[must_use]
    pub fn confirms_rp_initiated_logout(&self) -> bool {
        self.of_oidc_logout("rp_logout_end_user_confirmation")
    }

    /// A switch of `oidc_logout`; all of them are on unless turned off.
    fn of_oidc_logout(&self, name: &str) -> bool {
        let value = self.oidc_logout.as_ref().and_then(|logout| logout.get(name));
        value.and_then(serde_json::Value::as_bool).unwrap_or(true)
    }
}

/// `session_cookie`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum CookieMode {
    /// The cookie outlives the browser.
    Persistent,
    /// The cookie ends with the browser.
    NonPersistent,
}

/// `resource_parameter_profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceParameterProfile {
    /// `audience` alone.
    Audience,
    /// `resource` where there is no `audience`.
    Compatibility,
}

/// `flags`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantFlags {
    /// Revoking a refresh token also deletes the consent and every token of (user, client, audience).
    pub revoke_refresh_token_grant: bool,
    /// The consent page shows descriptions instead of names.
    pub use_scope_descriptions_for_consent: bool,
    /// JWKS without `alg`.
    pub remove_alg_from_jwks: bool,
    /// Flags of Auth0's that are kept and not used yet.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}
