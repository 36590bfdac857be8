use countersign_oauth::Secret;
use serde_json::{Map, Value};

/// What an application holds of a user who signed in at a provider.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A provider's access token, as legacy applications send it.
    AccessToken {
        /// The token.
        token: Secret<String>,
        /// Its second half, of an OAuth 1.0a token (RFC 5849 §3.1).
        token_secret: Option<Secret<String>>,
    },
    /// An authorization code of Sign in with Apple, redeemed once.
    AppleCode {
        /// The code.
        code: Secret<String>,
        /// The name, which Apple tells the application once and us never.
        name: Option<AppleName>,
    },
    /// An identity token of Sign in with Apple.
    AppleIdToken {
        /// The token.
        token: Secret<String>,
        /// The name, as the application knows it.
        name: Option<AppleName>,
    },
    /// A session-info token of Facebook's SDK, which reads no profile itself.
    FacebookSession {
        /// The token.
        token: Secret<String>,
        /// The profile as the application read it.
        user_profile: Map<String, Value>,
    },
    /// An ID token of Google's SDK.
    GoogleIdToken(Secret<String>),
}

impl Proof {
    /// The strategy whose connection it belongs to; any, for an access token.
    #[must_use]
    pub fn strategy(&self) -> Option<&'static str> {
        match self {
            Self::AccessToken { .. } => None,
            Self::AppleCode { .. } | Self::AppleIdToken { .. } => Some("apple"),
            Self::FacebookSession { .. } => Some("facebook"),
            Self::GoogleIdToken(_) => Some("google-oauth2"),
        }
    }
}

/// The name that Apple gives an application at a user's first login.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppleName {
    /// `firstName`.
    pub first: Option<String>,
    /// `lastName`.
    pub last: Option<String>,
}

impl AppleName {
    /// Reads `{"name":{"firstName":"Ada","lastName":"Stone"}}`; `None` where it names nobody.
    #[must_use]
    pub fn from_user_profile(user_profile: &Map<String, Value>) -> Option<Self> {
        let name = user_profile.get("name")?.as_object()?;
        let part = |key: &str| {
            let text = name.get(key).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty() && text.len() <= 300).map(str::to_owned)
        };
        let (first, last) = (part("firstName"), part("lastName"));
        (first.is_some() || last.is_some()).then_some(Self { first, last })
    }
}
