use countersign_jose::{SecretKeys, SigningError};
use countersign_oauth::{HttpFetch, Sealer, Secret, SecureRandom, Timestamp};
use countersign_storage::{Client, Connection};
use serde_json::Value;

use crate::{UpstreamError, UpstreamKeys, open_option};

/// What a provider needs to ask its own server about a user.
#[derive(Clone, Copy)]
pub struct Upstream<'a> {
    /// Calls the provider.
    pub fetch: &'a dyn HttpFetch,
    /// The keys that providers publish.
    pub keys: &'a UpstreamKeys,
    /// Uses our own secrets.
    pub secret_keys: &'a dyn SecretKeys,
    /// Opens them.
    pub sealer: &'a dyn Sealer,
    /// Unpredictable bytes.
    pub random: &'a dyn SecureRandom,
    /// The connection that the user comes through.
    pub connection: &'a Connection,
    /// The application that the user signs in to.
    pub client: &'a Client,
    /// The time of the request.
    pub now: Timestamp,
}

impl<'a> Upstream<'a> {
    /// A built-in URL `https://HOST/PATH` as this connection calls it: `BASE/HOST/PATH` where it has an
    /// `upstream_base_url`, so that a fake provider can stand in. That holds where private addresses may be called
    /// alone: elsewhere no setting of the tenant sends a user's token to another server than the provider's.
    #[must_use]
    pub fn url(&self, built_in: &str) -> String {
        let base = self.connection.settings.options.get("upstream_base_url").and_then(Value::as_str);
        match (base.filter(|_| self.fetch.may_call_private()), built_in.strip_prefix("https://")) {
            (Some(base), Some(rest)) => format!("{}/{rest}", base.trim_end_matches('/')),
            _ => built_in.to_owned(),
        }
    }

    /// A text option that the connection must have.
    ///
    /// # Errors
    /// [`UpstreamError::Misconfigured`].
    pub fn option(&self, name: &'static str) -> Result<&'a str, UpstreamError> {
        let text = self.connection.settings.options.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| UpstreamError::Misconfigured(format!("options.{name} is not set").into()))
    }

    /// A list of texts; empty where the connection has none.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&'a str> {
        let list = self.connection.settings.options.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A sealed option that the connection must have, opened.
    ///
    /// # Errors
    /// [`UpstreamError::Misconfigured`] where it is missing or does not open.
    pub fn secret(&self, name: &'static str) -> Result<Secret<String>, UpstreamError> {
        open_option(self.connection, name, self.sealer).ok_or_else(|| {
            UpstreamError::Misconfigured(format!("options.{name} is not set or does not open").into())
        })
    }

    /// Text of `bytes` random bytes in hexadecimal.
    #[must_use]
    pub fn nonce(&self) -> String {
        let mut bytes = [0_u8; 16];
        self.random.fill(&mut bytes);
        hex(&bytes)
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |text, byte| text + &format!("{byte:02x}"))
}

impl From<SigningError> for UpstreamError {
    fn from(error: SigningError) -> Self {
        Self::Misconfigured(error.to_string().into())
    }
}

#[cfg(test)]
mod tests;
