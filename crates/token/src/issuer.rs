use std::sync::Arc;

use countersign_jose::{Algorithm, KeyRing, Signer};
use countersign_oauth::{
    Domain, FamilyId, Fault, Handle, HandleHash, Sealed, Sealer, SecureRandom, Timestamp,
};
use countersign_storage::{
    AccessToken, Change, Changes, Client, RefreshFamily, RefreshToken, ResourceServer,
};

use crate::{
    AccessTokenPlan, Fence, RefreshTokenPlan, SIGNING_SECRET_PURPOSE, Subject, TokenPlan, TokenResponse,
    access_token, id_token, read, refresh_token, secret_key,
};

/// What minting needs to know of the request.
#[derive(Debug, Clone, Copy)]
pub struct MintContext<'a> {
    /// The domain that issues.
    pub domain: &'a Domain,
    /// The time of the request.
    pub now: Timestamp,
}

/// Signed tokens, and what must be written for them to count.
#[derive(Debug)]
pub struct IssuedTokens {
    /// The answer.
    pub response: TokenResponse,
    /// The rows of access and refresh token.
    pub changes: Changes,
}

/// Turns a plan into tokens: signs, draws handles, touches no storage.
#[derive(Clone)]
pub struct TokenIssuer {
    keys: Arc<dyn KeyRing>,
    sealer: Arc<dyn Sealer>,
    random: Arc<dyn SecureRandom>,
    client_secret_purpose: &'static str,
}

impl TokenIssuer {
    /// An issuer over a tenant's keys. `client_secret_purpose` is the one that client secrets are sealed
    /// under.
    pub fn new(
        keys: Arc<dyn KeyRing>,
        sealer: Arc<dyn Sealer>,
        random: Arc<dyn SecureRandom>,
        client_secret_purpose: &'static str,
    ) -> Self {
        Self { keys, sealer, random, client_secret_purpose }
    }

    /// Mints what the plan says.
    ///
    /// # Errors
    /// A fault when a key is missing or cannot sign.
    pub fn mint(&self, plan: &TokenPlan, cx: MintContext<'_>) -> Result<IssuedTokens, Fault> {
        let mut changes = Changes::none();
        let client = &plan.client;
        let access = self.mint_access_token(&plan.access_token, client, cx)?;
        if let Some(authorization_id) = &plan.access_token.authorization_id {
            changes = changes.with(Change::InsertAccessToken(AccessToken {
                handle: access.handle,
                authorization_id: Some(authorization_id.clone()),
                claims: read::with_userinfo(access.stored_claims, plan.id_token.as_ref()),
                expires_at: access.expires_at,
                denied_at: None,
            }));
        }
        let id_token = match &plan.id_token {
            None => None,
            Some(id_plan) => {
                let signer = self.id_token_signer(client)?;
                Some(id_token::mint(id_plan, client, signer.as_ref(), (cx.domain, cx.now))?)
            }
        };
        let refresh_token = plan.refresh_token.as_ref().map(|refresh| {
            let (token, writes) = self.mint_refresh_token(refresh, cx.now);
            changes.writes.extend(writes);
            token
        });
        let response = TokenResponse {
            access_token: access.token,
            refresh_token,
            id_token,
            scope: (plan.access_token.subject != Subject::Client || !plan.access_token.scope.is_empty())
                .then(|| plan.access_token.scope.clone()),
            expires_in: plan.access_token.lifetime,
            token_type: plan.access_token.constraint.token_type(),
        };
        Ok(IssuedTokens { response, changes })
    }

    fn mint_access_token(
        &self,
        plan: &AccessTokenPlan,
        client: &Client,
        cx: MintContext<'_>,
    ) -> Result<access_token::Minted, Fault> {
        let at = (cx.domain, cx.now, self.random.as_ref());
        match &plan.api {
            None => Ok(access_token::mint_opaque(plan, &client.id, at)),
            Some(api) => {
                let signer = self.api_signer(api)?;
                access_token::mint_jwt(plan, api, &client.id, signer.as_ref(), at)
            }
        }
    }

    fn mint_refresh_token(&self, plan: &RefreshTokenPlan, now: Timestamp) -> (String, Vec<Change>) {
        let (family, parent, generation, idle_expires_at) = match plan {
            RefreshTokenPlan::First { family, idle_expires_at } => {
                let id = FamilyId::new(Handle::generate(self.random.as_ref()).expose());
                (RefreshFamily { id, ..family.clone() }, None, 1, *idle_expires_at)
            }
            RefreshTokenPlan::Successor { family, parent, generation, idle_expires_at } => {
                (family.clone(), Some(*parent), *generation, *idle_expires_at)
            }
        };
        let fence = Fence { family: family.id.clone(), generation };
        let token = refresh_token::generate(&fence, self.sealer.as_ref(), self.random.as_ref());
        let mut writes = Vec::new();
        let row = RefreshToken {
            handle: HandleHash::of(token.expose()),
            family_id: family.id.clone(),
            generation,
            parent,
            created_at: now,
            idle_expires_at,
            spent_at: None,
            successors: 0,
            last_used_at: None,
        };
        if parent.is_none() {
            writes.push(Change::InsertFamily(family));
        }
        writes.push(Change::InsertRefreshToken(row));
        (token.expose().clone(), writes)
    }

    fn api_signer(&self, api: &ResourceServer) -> Result<Arc<dyn Signer>, Fault> {
        match api.settings.signing_alg {
            Algorithm::HS256 => {
                self.symmetric(api.signing_secret.as_ref(), SIGNING_SECRET_PURPOSE, api.identifier.as_str())
            }
            algorithm => self.asymmetric(algorithm),
        }
    }

    /// A public client never gets an ID token under a secret it does not have.
    fn id_token_signer(&self, client: &Client) -> Result<Arc<dyn Signer>, Fault> {
        match client.settings.jwt_configuration.alg {
            Algorithm::HS256 if client.settings.is_public() => self.asymmetric(Algorithm::RS256),
            Algorithm::HS256 => {
                self.symmetric(client.secret.as_ref(), self.client_secret_purpose, client.id.as_str())
            }
            algorithm => self.asymmetric(algorithm),
        }
    }

    fn asymmetric(&self, algorithm: Algorithm) -> Result<Arc<dyn Signer>, Fault> {
        self.keys.signer(algorithm).ok_or_else(|| Fault::internal(format!("no current {algorithm} key")))
    }

    fn symmetric(&self, sealed: Option<&Sealed>, purpose: &str, of: &str) -> Result<Arc<dyn Signer>, Fault> {
        secret_key::signer(&*self.keys, &*self.sealer, sealed, (purpose, of))
    }
}
