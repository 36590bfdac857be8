use std::sync::Arc;

use countersign_client_auth::{AuthenticatedClient, ClientMethods};
use countersign_jose::{KeyRing, Verifier};
use countersign_oauth::{Audience, Error, ErrorCode, HandleHash, OAuthError, Sealer, Timestamp};
use countersign_storage::{Change, Changes, CommitError, RefreshFamily, Storage, TenantSettings};
use countersign_token::AccessTokenReader;

use crate::{Answered, EndpointError, TokenRequest, client_endpoint};

/// The revocation endpoint (RFC 7009) of one tenant.
pub struct RevocationEndpoint {
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

impl RevocationEndpoint {
    /// Revokes a refresh token with its family; under `rfc` an access token too. An unknown token is a
    /// success (RFC 7009 §2.2); `token_type_hint` is ignored, since handles of different kinds never meet.
    ///
    /// # Errors
    /// [`EndpointError`]; a storage failure is never a success.
    pub async fn handle(&self, request: &TokenRequest) -> Answered<()> {
        let stores: client_endpoint::Stores<'_> = (&*self.storage, &*self.storage);
        let means = client_endpoint::Means {
            methods: &self.client_methods,
            sealer: &*self.sealer,
            verifier: &*self.verifier,
        };
        let (client, settings) = client_endpoint::authenticate(stores, &means, request, &["token"]).await?;
        let fail = |error: Error| EndpointError::new(error, client.compliance());
        let token = request.parameters.require("token").map_err(|error| fail(error.into()))?;
        let now = request.context.now;
        let changes = match self.storage.refresh_token(&HandleHash::of(token)).await {
            Err(fault) => return Err(fail(fault.into())),
            Ok(Some((_, family))) if family.issuer != request.context.domain.issuer => Changes::none(),
            Ok(Some((_, family))) if family.client_id != client.client().id => {
                return Err(fail(foreign_token().into()));
            }
            Ok(Some((_, family))) => {
                self.revoke_family(&family, &client, &settings, now).await.map_err(fail)?
            }
            Ok(None) if client.compliance().is_rfc() => {
                self.deny_access_token(token, &client, request).await.map_err(fail)?
            }
            Ok(None) => Changes::none(),
        };
        if changes.writes.is_empty() {
            return Ok(());
        }
        match self.storage.commit(changes).await {
            Ok(()) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fail(fault.into())),
            Err(CommitError::Conflict(_)) => {
                Err(fail(countersign_oauth::Fault::unavailable("a revocation lost a race").into()))
            }
        }
    }

    async fn revoke_family(
        &self,
        family: &RefreshFamily,
        client: &AuthenticatedClient,
        settings: &TenantSettings,
        at: Timestamp,
    ) -> Result<Changes, Error> {
        let mut changes = Changes::none().with(if client.compliance().is_rfc() {
            // RFC 7009 §2.1: the access tokens of the same grant die with the refresh token.
            let id = family.authorization_id.clone();
            Change::EndAuthorization { id, at, deny_access_tokens: true }
        } else {
            Change::EndFamily { id: family.id.clone(), at }
        });
        if settings.flags.revoke_refresh_token_grant {
            let audience = family.audience.clone().unwrap_or_else(|| Audience::new(""));
            let consent = self.storage.consent(&family.user_id, &family.client_id, &audience).await?;
            if let Some(consent) = consent {
                changes = changes.with(Change::DeleteConsent { id: consent.id, at });
            }
            changes = changes.with(Change::EndFamilies {
                user: family.user_id.clone(),
                client: Some(family.client_id.clone()),
                audience: Some(audience),
                at,
            });
        }
        Ok(changes)
    }

    async fn deny_access_token(
        &self,
        token: &str,
        client: &AuthenticatedClient,
        request: &TokenRequest,
    ) -> Result<Changes, Error> {
        let reader = AccessTokenReader {
            keys: &*self.keys,
            tokens: &*self.storage,
            apis: &*self.storage,
            sealer: &*self.sealer,
        };
        let now = request.context.now;
        match reader.read(token, &request.context.domain, now).await? {
            Err(_) => Ok(Changes::none()),
            Ok(claims) if claims.client_id != client.client().id => Err(foreign_token().into()),
            Ok(claims) => Ok(Changes::none().with(Change::DenyAccessToken {
                handle: HandleHash::of(token),
                expires_at: Timestamp::from_seconds(claims.exp),
                at: now,
            })),
        }
    }
}

fn foreign_token() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        "revocation.foreign_token",
        "The token was issued to another client",
    )
}
