use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use countersign_oauth::Clock;
use openssl::ec::EcKey;
use openssl::pkey::Public;
use serde_json::{Map, Value};

use crate::keys::SigningKeys;

/// A user's access token at a provider.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token.
    pub token: String,
    /// The second half of an OAuth 1.0a token.
    pub secret: String,
    /// The application that it was issued to.
    pub app_id: String,
    /// Google's authorised party, where that is another.
    pub authorized_party: Option<String>,
    /// The user.
    pub user_id: String,
    /// When it expires, in seconds since the epoch; `None` in an hour from when it is asked about.
    pub expires_at: Option<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl Token {
    /// A token that is good.
    #[must_use]
    pub fn new(token: &str, app_id: &str, user_id: &str) -> Self {
        Self {
            token: token.to_owned(),
            secret: String::new(),
            app_id: app_id.to_owned(),
            authorized_party: None,
            user_id: user_id.to_owned(),
            expires_at: None,
            revoked: false,
        }
    }

    /// The same with the second half of an OAuth 1.0a token.
    #[must_use]
    pub fn with_secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.secret);
        self
    }

    /// The same with an expiry.
    #[must_use]
    pub fn expiring_at(mut self, seconds: i64) -> Self {
        self.expires_at = Some(seconds);
        self
    }
}

/// How a host answers wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Not at all, until the caller hangs up.
    Hang,
    /// With a server error.
    ServerError,
    /// With a page in place of JSON.
    Html,
    /// With JSON that it calls a page.
    WrongType,
    /// With JSON that ends early.
    Malformed,
    /// With 50 MB.
    Huge,
    /// With a redirect.
    Redirect(String),
}

/// A code of Apple's that was not redeemed yet.
pub(crate) struct AppleCode {
    pub(crate) app_id: String,
    pub(crate) claims: Value,
    pub(crate) expires_at: i64,
}

/// All that the providers know.
pub(crate) struct State {
    clock: Arc<dyn Clock>,
    /// Profiles by strategy and id.
    pub(crate) users: HashMap<(String, String), Map<String, Value>>,
    /// Tokens by strategy and token.
    pub(crate) tokens: HashMap<(String, String), Token>,
    /// Secrets of applications by strategy and id.
    pub(crate) apps: HashMap<(String, String), String>,
    pub(crate) google_keys: SigningKeys,
    pub(crate) apple_keys: SigningKeys,
    /// By team and `kid`.
    pub(crate) apple_team_keys: HashMap<(String, String), EcKey<Public>>,
    pub(crate) apple_codes: HashMap<String, AppleCode>,
    pub(crate) misbehaviour: HashMap<String, Misbehaviour>,
    pub(crate) calls: HashMap<String, usize>,
}

impl State {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> io::Result<Self> {
        Ok(Self {
            clock,
            users: HashMap::new(),
            tokens: HashMap::new(),
            apps: HashMap::new(),
            google_keys: SigningKeys::new("google")?,
            apple_keys: SigningKeys::new("apple")?,
            apple_team_keys: HashMap::new(),
            apple_codes: HashMap::new(),
            misbehaviour: HashMap::new(),
            calls: HashMap::new(),
        })
    }

    /// Seconds since the epoch.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// A token, revoked or not.
    pub(crate) fn token(&self, strategy: &str, token: &str) -> Option<&Token> {
        self.tokens.get(&(strategy.to_owned(), token.to_owned()))
    }

    /// When a token expires.
    pub(crate) fn expiry(&self, token: &Token) -> i64 {
        token.expires_at.unwrap_or(self.now() + 3600)
    }

    /// A token that is neither revoked nor expired.
    pub(crate) fn good_token(&self, strategy: &str, token: &str) -> Option<&Token> {
        self.token(strategy, token).filter(|token| !token.revoked && self.expiry(token) > self.now())
    }

    pub(crate) fn user(&self, strategy: &str, id: &str) -> Map<String, Value> {
        self.users.get(&(strategy.to_owned(), id.to_owned())).cloned().unwrap_or_default()
    }

    pub(crate) fn secret(&self, strategy: &str, app_id: &str) -> Option<&str> {
        self.apps.get(&(strategy.to_owned(), app_id.to_owned())).map(String::as_str)
    }
}

/// The usual claims, with others laid over; `null` takes one out.
pub(crate) fn lay_over(mut claims: Value, others: &Value) -> Value {
    if let (Some(claims), Some(others)) = (claims.as_object_mut(), others.as_object()) {
        for (name, value) in others {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
    }
    claims
}
