use countersign_jose::{Algorithm, Jwk};
use countersign_oauth::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// `client_authentication_methods`: how a client authenticates that shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientAuthenticationMethods {
    /// Assertions under a key of the client's own (RFC 7523 §2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key_jwt: Option<PrivateKeyJwtSettings>,
    /// The rest, kept.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// `client_authentication_methods.private_key_jwt`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivateKeyJwtSettings {
    /// The registered keys; two while one follows the other.
    #[serde(deserialize_with = "readable")]
    pub credentials: Vec<ClientCredential>,
}

/// Before keys had a use, whatever a tenant file gave was kept here; what is no key of ours is passed over.
fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ClientCredential>, D::Error> {
    let stored = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(stored.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect())
}

impl PrivateKeyJwtSettings {
    /// A client has this many keys at most.
    pub const MAX_CREDENTIALS: usize = 2;
}

/// A public key that a client is registered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCredential {
    /// What its owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The key's thumbprint (RFC 7638): what the `kid` of an assertion names.
    pub kid: String,
    /// The only algorithm that it is for.
    pub alg: Algorithm,
    /// The key.
    pub jwk: Jwk,
    /// When it ends; from then on it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The rest, kept.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl ClientCredential {
    /// Whether the key may still be used at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
