//! What this deployment speaks.

use std::sync::Arc;

use countersign_actions::ActionsOptions;
use countersign_auth0::{LegacySocial, NativeSocial, SocialLogin, SubjectToken};
use countersign_authorization_endpoint::{AuthorizationEndpoint, LoginLimits};
use countersign_client_auth::{ClientMethod, ClientMethods, SECRET_PURPOSE};
use countersign_connections::{Provider as IdentityProvider, Providers, UpstreamKeys};
use countersign_grants::{AuthorizationCode, ClientCredentials, RefreshToken};
use countersign_http::{LastRead, Origins, Provider, Readiness};
use countersign_jose::{KeyRing, SecretKeys, Verifier};
use countersign_oauth::{BoxFuture, Clock, Domain, Fault, HttpFetch, Issuer, Sealer, SecureRandom};
use countersign_openid::{LogoutEndpoint, UserinfoEndpoint};
use countersign_pages::{Language, Pages};
use countersign_storage::{ConfigurationCache, Storage};
use countersign_token::{IdTokenReader, TokenIssuer};
use countersign_token_endpoint::{
    Grant, Grants, IntrospectionEndpoint, RegistryError, RevocationEndpoint, TokenEndpoint,
};
use countersign_users::{PasswordHasher, PostLogin};

use crate::config::RateLimits;
use crate::{Failure, scripts};

/// The grants of the token endpoint: one line each.
///
/// # Errors
/// When two of them have one grant type.
pub fn grants() -> Result<Grants, RegistryError> {
    Grants::new().with(AuthorizationCode)?.with(RefreshToken)?.with(ClientCredentials)
}

/// What a server speaks: every Countersign's grants and client authentication methods, and what someone
/// else's `main.rs` adds to them.
pub struct Protocol {
    grants: Grants,
    client_methods: ClientMethods,
    /// `None`: the tenant's Actions and rules.
    hook: Option<Arc<dyn PostLogin>>,
    providers: Providers,
}

impl Protocol {
    /// What every Countersign speaks.
    ///
    /// # Errors
    /// When it contradicts itself.
    pub fn standard() -> Result<Self, Failure> {
        let grants = grants().map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self {
            grants,
            client_methods: ClientMethods::new(),
            hook: None,
            providers: Providers::built_in(),
        })
    }

    /// Adds a grant.
    ///
    /// # Errors
    /// When its grant type is there already.
    pub fn with_grant(self, grant: impl Grant) -> Result<Self, Failure> {
        let grants = self.grants.with(grant).map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { grants, ..self })
    }

    /// Adds a client authentication method.
    ///
    /// # Errors
    /// When its name is taken.
    pub fn with_client_method(self, method: impl ClientMethod) -> Result<Self, Failure> {
        let methods = self.client_methods.with(method);
        let client_methods = methods.map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { client_methods, ..self })
    }

    /// Adds an identity provider.
    ///
    /// # Errors
    /// When its strategy is taken.
    pub fn with_provider(self, provider: impl IdentityProvider + 'static) -> Result<Self, Failure> {
        let providers = self.providers.with(provider);
        let providers = providers.map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { providers, ..self })
    }

    /// Asks this code at the end of every login and before every other issuance for a user, in the place of the
    /// tenant's Actions and rules.
    #[must_use]
    pub fn with_hook(self, hook: Arc<dyn PostLogin>) -> Self {
        Self { hook: Some(hook), ..self }
    }
}

/// Asks whether the store works: `/readyz` says no while it answers with a fault.
pub type StoreCheck = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Fault>> + Send + Sync>;

/// What a server stands on: everything that tests replace.
#[derive(Clone)]
pub struct Parts {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// Whether it works.
    pub check: StoreCheck,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn SecureRandom>,
    /// The data key.
    pub sealer: Arc<dyn Sealer>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Verifies proofs.
    pub verifier: Arc<dyn Verifier>,
    /// Calls other servers.
    pub fetch: Arc<dyn HttpFetch>,
    /// Proves to them who we are.
    pub secret_keys: Arc<dyn SecretKeys>,
}

/// What differs from one deployment to the next.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The issuers of the domains, the first one first.
    pub domains: Vec<Issuer>,
    /// When failed logins hold an account back.
    pub login_limits: LoginLimits,
    /// How often something may be asked for.
    pub rate_limits: RateLimits,
    /// The limits of the tenant's scripts.
    pub actions: ActionsOptions,
    /// Whether error pages show what was compared.
    pub development: bool,
}

impl Deployment {
    /// A deployment with these issuers and the defaults of `countersign serve` for everything else.
    #[must_use]
    pub fn new(domains: Vec<Issuer>) -> Self {
        let login_limits =
            LoginLimits { per_account_and_ip: Some(10), per_account: Some(100), ..LoginLimits::default() };
        Self {
            domains,
            login_limits,
            rate_limits: RateLimits::of_serve(),
            actions: ActionsOptions::default(),
            development: false,
        }
    }
}

/// What asks identity providers about users.
fn social(parts: &Parts, providers: Providers) -> SocialLogin {
    SocialLogin {
        providers: Arc::new(providers),
        fetch: parts.fetch.clone(),
        keys: Arc::new(UpstreamKeys::new(parts.verifier.clone())),
        secret_keys: parts.secret_keys.clone(),
        random: parts.random.clone(),
    }
}

/// Composes the endpoints.
///
/// # Errors
/// When the composition contradicts itself.
pub(crate) fn compose(
    parts: &Parts,
    keys: &Arc<dyn KeyRing>,
    deployment: &Deployment,
    protocol: Protocol,
    readiness: Readiness,
) -> Result<Provider, Failure> {
    let Protocol { grants, client_methods, hook, providers } = protocol;
    let social = social(parts, providers);
    let hook = hook.unwrap_or_else(|| scripts::hook(parts, keys, &deployment.actions));
    let Parts { storage, check: _, clock, random, sealer, hasher, verifier, .. } = parts.clone();
    let hints = IdTokenReader::new(keys.clone(), sealer.clone(), SECRET_PURPOSE);
    let configuration = Arc::new(ConfigurationCache::default());
    let contradiction = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let kinds = SubjectToken::ALL.into_iter();
    let grants = kinds.map(|kind| NativeSocial::new(kind, social.clone())).try_fold(grants, Grants::with);
    let grants = grants.map_err(|error| contradiction(&error))?;
    let own_grants = Grants::new().with(LegacySocial::new(social)).map_err(|error| contradiction(&error))?;
    Ok(Provider {
        domains: deployment.domains.iter().cloned().map(|issuer| Arc::new(Domain { issuer })).collect(),
        token: TokenEndpoint {
            storage: storage.clone(),
            configuration: configuration.clone(),
            grants,
            own_grants,
            failed_logins: deployment.rate_limits.failed_logins,
            exempt: deployment.rate_limits.exempt.clone(),
            client_methods: client_methods.clone(),
            issuer: TokenIssuer::new(keys.clone(), sealer.clone(), random.clone(), SECRET_PURPOSE),
            sealer: sealer.clone(),
            verifier: verifier.clone(),
            hook: hook.clone(),
        },
        revocation: RevocationEndpoint {
            storage: storage.clone(),
            client_methods: client_methods.clone(),
            sealer: sealer.clone(),
            verifier: verifier.clone(),
            keys: keys.clone(),
        },
        introspection: IntrospectionEndpoint {
            storage: storage.clone(),
            client_methods,
            sealer: sealer.clone(),
            verifier: verifier.clone(),
            keys: keys.clone(),
        },
        authorization: AuthorizationEndpoint {
            storage: storage.clone(),
            configuration: configuration.clone(),
            sealer: sealer.clone(),
            random: random.clone(),
            hints: hints.clone(),
            hasher,
            limits: LoginLimits {
                rate: deployment.rate_limits.login,
                failures_per_ip: deployment.rate_limits.failed_logins,
                ..deployment.login_limits
            },
            exempt: deployment.rate_limits.exempt.clone(),
            hook,
        },
        userinfo: UserinfoEndpoint {
            storage: storage.clone(),
            configuration,
            keys: keys.clone(),
            sealer: sealer.clone(),
            verifier,
            rate: deployment.rate_limits.userinfo,
        },
        logout: LogoutEndpoint {
            storage: storage.clone(),
            hints,
            sealer: sealer.clone(),
            random: random.clone(),
        },
        pages: Pages::new(&Language::built_in()).map_err(|error| contradiction(&error))?,
        development: deployment.development,
        readiness,
        origins: Origins::default(),
        rates: deployment.rate_limits.requests,
        last_keys: LastRead::default(),
        last_discovery: LastRead::default(),
        keys: keys.clone(),
        storage,
        clock,
        random,
        sealer,
    })
}
