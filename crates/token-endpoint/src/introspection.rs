use std::sync::Arc;

use countersign_client_auth::ClientMethods;
use countersign_gate::offline_access_is_allowed;
use countersign_jose::{KeyRing, Verifier};
use countersign_oauth::{Error, ErrorCode, HandleHash, OAuthError, Sealer, UserId};
use countersign_storage::{Client, Storage};
use countersign_token::{AccessTokenClaims, AccessTokenReader};
use serde_json::{Value, json};

use crate::{Answered, EndpointError, TokenRequest, client_endpoint};

/// The introspection endpoint (RFC 7662): served under `compliance: rfc` alone.
pub struct IntrospectionEndpoint {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// How clients authenticate, beyond the standard methods.
    pub client_methods: ClientMethods,
    /// Opens client secrets.
    pub sealer: Arc<dyn Sealer>,
    /// Verifies assertions.
    pub verifier: Arc<dyn Verifier>,
    /// Recognises access tokens.
    pub keys: Arc<dyn KeyRing>,
}

/// The answer: `{"active":false}` with nothing else in it, or what the token says (RFC 7662 §2.2).
#[derive(Debug, Clone, PartialEq)]
pub struct Introspection(pub Value);

impl IntrospectionEndpoint {
    /// Tells a confidential client about a token that was issued to it.
    ///
    /// # Errors
    /// [`EndpointError`]; a public client is refused (RFC 7662 §2.1).
    pub async fn handle(&self, request: &TokenRequest) -> Answered<Introspection> {
        let stores: client_endpoint::Stores<'_> = (&*self.storage, &*self.storage);
        let means = client_endpoint::Means {
            methods: &self.client_methods,
            sealer: &*self.sealer,
            verifier: &*self.verifier,
        };
        let (client, _) = client_endpoint::authenticate(stores, &means, request, &["token"]).await?;
        let fail = |error: Error| EndpointError::new(error, client.compliance());
        if !client.is_confidential() {
            let error = OAuthError::new(
                ErrorCode::InvalidClient,
                "introspection.public_client",
                "A public client cannot introspect tokens",
            );
            return Err(fail(error.into()));
        }
        let token = request.parameters.require("token").map_err(|error| fail(error.into()))?;
        let described = match self.describe_access_token(token, request).await.map_err(fail)? {
            Some((claims, described)) if claims.client_id == client.client().id => Some(described),
            Some(_) => None,
            None => self.describe_refresh_token(token, client.client(), request).await.map_err(fail)?,
        };
        Ok(Introspection(described.unwrap_or_else(|| json!({ "active": false }))))
    }

    async fn describe_access_token(
        &self,
        token: &str,
        request: &TokenRequest,
    ) -> Result<Option<(AccessTokenClaims, Value)>, Error> {
        let reader = AccessTokenReader {
            keys: &*self.keys,
            tokens: &*self.storage,
            apis: &*self.storage,
            sealer: &*self.sealer,
        };
        let Ok(claims) = reader.read(token, &request.context.domain, request.context.now).await? else {
            return Ok(None);
        };
        let is_user = !claims.sub.ends_with("@clients");
        if is_user && !self.is_usable(&UserId::new(claims.sub.clone())).await? {
            return Ok(None);
        }
        let mut described = json!({
            "active": true,
            "iss": request.context.domain.issuer,
            "sub": claims.sub,
            "client_id": claims.client_id,
            "scope": claims.scope,
            "token_type": claims.constraint.token_type(),
            "iat": claims.iat,
            "exp": claims.exp,
        });
        if let (Some(members), Some(aud)) = (described.as_object_mut(), &claims.audience) {
            members.insert("aud".to_owned(), json!(aud));
        }
        if let (Some(members), Some(cnf)) = (described.as_object_mut(), claims.constraint.confirmation()) {
            members.insert("cnf".to_owned(), cnf);
        }
        Ok(Some((claims, described)))
    }

    /// Whether the user is there and not blocked: else no token of theirs is active.
    async fn is_usable(&self, user: &UserId) -> Result<bool, Error> {
        Ok(self.storage.user(user).await?.is_some_and(|user| !user.blocked))
    }

    async fn describe_refresh_token(
        &self,
        token: &str,
        client: &Client,
        request: &TokenRequest,
    ) -> Result<Option<Value>, Error> {
        let now = request.context.now;
        let found = self.storage.refresh_token(&HandleHash::of(token)).await?;
        let Some((token, family)) = found else { return Ok(None) };
        let alive = family.ended_at.is_none()
            && token.spent_at.is_none()
            && family.issuer == request.context.domain.issuer
            && family.expires_at.is_none_or(|end| now < end)
            && token.idle_expires_at.is_none_or(|end| now < end);
        if !alive || family.client_id != client.id || !self.is_usable(&family.user_id).await? {
            return Ok(None);
        }
        let api = match &family.audience {
            None => None,
            Some(audience) => match self.storage.resource_server(audience).await? {
                None => return Ok(None),
                api => api,
            },
        };
        if !offline_access_is_allowed(client, api.as_ref()) {
            return Ok(None);
        }
        Ok(Some(json!({
            "active": true,
            "iss": family.issuer,
            "sub": family.user_id,
            "client_id": family.client_id,
            "scope": family.scope,
        })))
    }
}
