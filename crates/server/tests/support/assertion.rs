use std::sync::Arc;

use countersign_crypto::{OsRandom, SigningKeys, generate_signing_key};
use countersign_jose::{Algorithm, Jwk, KeyRing as _, Signer, encode_base64url, sign_compact};
use countersign_oauth::{Sealer, SecureRandom as _};
use countersign_storage::{
    ClientAuthenticationMethods, ClientCredential, KeyState, PrivateKeyJwtSettings, TokenEndpointAuthMethod,
};
use countersign_testkit::{NOW, TestSealer};
use serde_json::{Value, json};

use super::Harness;

/// `client_assertion_type` (RFC 7523 §2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key pair that a client signs assertions with, for real.
pub struct ClientKey {
    signer: Arc<dyn Signer>,
    jwk: Jwk,
}

impl ClientKey {
    /// A new key, of RSA or on P-256, for one of its algorithms.
    pub fn generate(algorithm: Algorithm) -> Self {
        let sealer: Arc<dyn Sealer> = Arc::new(TestSealer::default());
        let stored = if algorithm == Algorithm::ES256 { algorithm } else { Algorithm::RS256 };
        let key = generate_signing_key(stored, KeyState::Current, &*sealer, &OsRandom, NOW).unwrap();
        let ring = SigningKeys::new(vec![key], sealer).unwrap();
        let public = ring.jwk_set(&[stored]).keys[0].public_key().unwrap();
        let jwk = Jwk::new(public.thumbprint().as_str(), algorithm, &public);
        Self { signer: ring.signer(algorithm).unwrap(), jwk }
    }

    /// What the client registers.
    pub fn credential(&self) -> ClientCredential {
        ClientCredential {
            name: None,
            kid: self.jwk.kid.clone(),
            alg: self.jwk.alg.unwrap(),
            jwk: self.jwk.clone(),
            expires_at: None,
            other: serde_json::Map::new(),
        }
    }

    /// Signs claims under a header without `kid`.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_under(&json!({ "alg": self.signer.algorithm().as_str() }), claims)
    }

    /// Signs claims under any header.
    pub fn sign_under(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| encode_base64url(value.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let signature = self.signer.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", encode_base64url(signature))
    }
}

/// An assertion under a secret.
pub fn sign_with_secret(secret: &str, claims: &Value) -> String {
    let ring = SigningKeys::new(Vec::new(), Arc::new(TestSealer::default())).unwrap();
    sign_compact(&*ring.symmetric_signer(secret.as_bytes()), "JWT", claims).unwrap()
}

impl Harness {
    /// What a right assertion of the client says, each with a `jti` of its own.
    pub fn assertion_claims(&self, client: &str) -> Value {
        let now = self.now().seconds();
        let mut jti = [0_u8; 16];
        OsRandom.fill(&mut jti);
        let jti = encode_base64url(jti);
        json!({ "iss": client, "sub": client, "aud": self.issuer(), "jti": jti, "iat": now, "exp": now + 60 })
    }

    /// Registers the client with these keys, and keeps the secret that it had.
    pub fn register_keys(&self, client: &str, keys: &[&ClientKey]) {
        let credentials = keys.iter().map(|key| key.credential()).collect();
        self.change_client(client, |client| {
            client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
            client.settings.client_authentication_methods = Some(ClientAuthenticationMethods {
                private_key_jwt: Some(PrivateKeyJwtSettings { credentials }),
                other: serde_json::Map::new(),
            });
        });
    }
}

/// The two parameters of an assertion.
pub fn asserted(assertion: &str) -> [(&str, &str); 2] {
    [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)]
}
