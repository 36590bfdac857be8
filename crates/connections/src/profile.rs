use countersign_oauth::{Sealed, Sealer, Secret, Timestamp};
use serde_json::{Map, Value};

use crate::UpstreamError;

/// What the tokens of an identity are sealed for.
pub const IDENTITY_TOKENS: &str = "identity_tokens";

/// The claims of OpenID Connect Core §5.1 that a user has beside `sub` and the e-mail address.
const CLAIMS: [&str; 15] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "address",
];

/// Members of a user that are ours, whatever a provider calls its own.
const OURS: [&str; 24] = [
    "_id",
    "app_metadata",
    "blocked",
    "blocked_for",
    "created_at",
    "email",
    "email_verified",
    "guardian_authenticators",
    "id",
    "identities",
    "last_ip",
    "last_login",
    "last_password_reset",
    "logins_count",
    "multifactor",
    "multifactor_last_modified",
    "password",
    "permissions",
    "phone_verified",
    "roles",
    "updated_at",
    "user_id",
    "user_metadata",
    "username",
];

/// What a provider says of a user, in our words (extended contract §2.6.3).
#[derive(Debug, Clone, Default)]
pub struct ProviderProfile {
    /// The user's id there.
    pub provider_user_id: String,
    /// The e-mail address, lower-cased.
    pub email: Option<String>,
    /// Whether the provider says that it proved the address.
    pub email_verified: bool,
    /// Claims by their names in OpenID Connect Core §5.1.
    pub claims: Map<String, Value>,
    /// Everything else that it said.
    pub attributes: Map<String, Value>,
    /// Whether it says only a part: what it does not say stays as it was.
    pub partial: bool,
    /// The tokens that it gave.
    pub tokens: UpstreamTokens,
}

/// Tokens of a provider.
#[derive(Debug, Clone, Default)]
pub struct UpstreamTokens {
    /// `access_token`.
    pub access_token: Option<Secret<String>>,
    /// The second half of an OAuth 1.0a token.
    pub access_token_secret: Option<Secret<String>>,
    /// `refresh_token`.
    pub refresh_token: Option<Secret<String>>,
    /// When the access token expires.
    pub expires_at: Option<Timestamp>,
}

impl ProviderProfile {
    /// One of a user id; a provider that gives no usable id has given no user.
    ///
    /// # Errors
    /// [`UpstreamError::Unavailable`].
    pub fn of(provider_user_id: &str) -> Result<Self, UpstreamError> {
        let usable = (1..=255).contains(&provider_user_id.len())
            && provider_user_id.chars().all(|c| c.is_ascii_graphic());
        if !usable {
            return Err(UpstreamError::malformed("the profile has no usable user id"));
        }
        Ok(Self { provider_user_id: provider_user_id.to_owned(), ..Self::default() })
    }

    /// Sets e-mail address and whether it is verified: one document says both, or the second is `false` (SP-133).
    pub fn set_email(&mut self, email: Option<&Value>, verified: Option<&Value>) {
        let email = email.and_then(Value::as_str).map(|email| email.trim().to_lowercase());
        self.email = email.filter(|email| {
            email.len() <= 254
                && email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        });
        self.email_verified = self.email.is_some() && verified.is_some_and(is_true);
    }

    /// Sets a claim where the provider has a text for it.
    pub fn claim(&mut self, name: &str, value: Option<&Value>) {
        let text =
            value.and_then(Value::as_str).map(str::trim).filter(|text| (1..=2048).contains(&text.len()));
        if let Some(text) = text {
            self.claims.insert(name.to_owned(), Value::from(text));
        }
    }

    /// Takes every member that is called as a claim is.
    pub fn claims_of(&mut self, document: &Map<String, Value>) {
        for name in CLAIMS {
            self.claim(name, document.get(name));
        }
    }

    /// Keeps the members that became no claim, aside from `consumed`, from what is ours, and from what is too long
    /// to be anybody's attribute.
    pub fn attributes_of(&mut self, document: &Map<String, Value>, consumed: &[&str]) {
        let is_other = |name: &str| {
            !consumed.contains(&name) && !OURS.contains(&name) && !self.claims.contains_key(name)
        };
        let short = |value: &Value| value.to_string().len() <= 4096;
        let others =
            document.iter().filter(|(name, value)| is_other(name) && !value.is_null() && short(value));
        let others: Map<String, Value> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        self.attributes.extend(others);
    }
}

/// `true`, or the text `"true"` that Apple and Google's `tokeninfo` write. Nothing else.
fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str() == Some("true"))
}

impl UpstreamTokens {
    /// Seals them as the identity keeps them; `None` where there are none.
    #[must_use]
    pub fn seal(&self, sealer: &dyn Sealer) -> Option<Sealed> {
        let mut members = Map::new();
        let mut put = |name: &str, token: &Option<Secret<String>>| {
            if let Some(token) = token {
                members.insert(name.to_owned(), Value::from(token.expose().as_str()));
            }
        };
        put("access_token", &self.access_token);
        put("access_token_secret", &self.access_token_secret);
        put("refresh_token", &self.refresh_token);
        if members.is_empty() {
            return None;
        }
        if let Some(at) = self.expires_at {
            members.insert("expires_at".to_owned(), Value::from(at.millis()));
        }
        let plain = Secret::new(Value::Object(members).to_string());
        Some(sealer.seal(IDENTITY_TOKENS, plain.expose().as_bytes()))
    }
}
