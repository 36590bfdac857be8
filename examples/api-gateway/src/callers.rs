use std::collections::HashMap;

use countersign_jose::{Algorithm, Jwk, PemKey};
use countersign_oauth::{BoxFuture, ClientId, Timestamp};
use countersign_storage::{
    Client, ClientAuthenticationMethods, ClientCredential, ClientSettings, Clients, PrivateKeyJwtSettings,
    StorageResult, TokenEndpointAuthMethod,
};
use serde::Deserialize;

/// The callers of a file, with their keys.
#[derive(Debug)]
pub struct Callers(HashMap<ClientId, Client>);

#[derive(Deserialize)]
struct Entry {
    id: String,
    keys: Vec<String>,
}

impl Callers {
    /// Reads the JSON of the callers.
    ///
    /// # Errors
    /// A text that says which caller or key is wrong.
    pub fn parse(json: &str) -> Result<Self, String> {
        let entries: Vec<Entry> = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut callers = HashMap::new();
        for entry in entries {
            let client = caller(&entry).map_err(|error| format!("{}: {error}", entry.id))?;
            if callers.insert(client.id.clone(), client).is_some() {
                return Err(format!("{} stands twice", entry.id));
            }
        }
        Ok(Self(callers))
    }
}

/// A caller as `client-auth` knows one: registered for `private_key_jwt`, with these keys and no secret.
fn caller(entry: &Entry) -> Result<Client, String> {
    if entry.keys.is_empty() || entry.keys.len() > PrivateKeyJwtSettings::MAX_CREDENTIALS {
        return Err("must have one key, or two while one follows the other".to_owned());
    }
    let credentials = entry.keys.iter().map(|pem| credential(pem)).collect::<Result<_, _>>()?;
    let settings = ClientSettings {
        token_endpoint_auth_method: TokenEndpointAuthMethod::PrivateKeyJwt,
        client_authentication_methods: Some(ClientAuthenticationMethods {
            private_key_jwt: Some(PrivateKeyJwtSettings { credentials }),
            ..ClientAuthenticationMethods::default()
        }),
        ..ClientSettings::default()
    };
    let created_at = Timestamp::from_millis(0);
    Ok(Client {
        id: ClientId::new(entry.id.as_str()),
        secret: None,
        settings,
        created_at,
        version: 1,
        epoch: 1,
    })
}

fn credential(pem: &str) -> Result<ClientCredential, String> {
    let PemKey { key, not_after } = PemKey::parse(pem).map_err(|error| error.to_string())?;
    if !key.is_fit_for(Algorithm::ES256) {
        return Err("a key must be on P-256".to_owned());
    }
    let kid = key.thumbprint().as_str().to_owned();
    Ok(ClientCredential {
        name: None,
        alg: Algorithm::ES256,
        jwk: Jwk::new(&kid, Algorithm::ES256, &key),
        kid,
        expires_at: not_after,
        other: serde_json::Map::new(),
    })
}

impl Clients for Callers {
    fn client<'a>(&'a self, id: &'a ClientId) -> BoxFuture<'a, StorageResult<Option<Client>>> {
        Box::pin(async move { Ok(self.0.get(id).cloned()) })
    }
}
