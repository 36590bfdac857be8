use std::sync::Arc;

use countersign_authorization_endpoint::AuthorizationEndpoint;
use countersign_jose::{Algorithm, JwkSet, KeyRing};
use countersign_oauth::{Clock, Domain, Sealer, SecureRandom};
use countersign_openid::{LogoutEndpoint, UserinfoEndpoint};
use countersign_pages::Pages;
use countersign_storage::{Storage, TenantSettings};
use countersign_token_endpoint::{IntrospectionEndpoint, RevocationEndpoint, TokenEndpoint};

use crate::cors::Origins;
use crate::last::LastRead;
use crate::limits::RequestRates;

/// Whether the server can serve: asked by `/readyz`.
pub type Readiness = Arc<dyn Fn() -> bool + Send + Sync>;

/// A tenant's endpoints: what `server` composes and routes call.
pub struct Provider {
    /// The tenant's domains; a request's host picks one, an unknown host is refused.
    pub domains: Vec<Arc<Domain>>,
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Request ids and page nonces.
    pub random: Arc<dyn SecureRandom>,
    /// What pages and nonces are sealed with.
    pub sealer: Arc<dyn Sealer>,
    /// The keys that JWKS publishes.
    pub keys: Arc<dyn KeyRing>,
    /// `/oauth/token`.
    pub token: TokenEndpoint,
    /// `/oauth/revoke`.
    pub revocation: RevocationEndpoint,
    /// `/oauth/introspect`, under `rfc` alone.
    pub introspection: IntrospectionEndpoint,
    /// `/authorize` and its pages.
    pub authorization: AuthorizationEndpoint,
    /// `/userinfo`.
    pub userinfo: UserinfoEndpoint,
    /// `/v2/logout` and `/oidc/logout`.
    pub logout: LogoutEndpoint,
    /// The pages.
    pub pages: Pages,
    /// Whether error pages show what was compared.
    pub development: bool,
    /// Whether the server can serve.
    pub readiness: Readiness,
    /// The origins that may call us from a browser.
    pub origins: Origins,
    /// How many requests the tenant may get.
    pub rates: RequestRates,
    /// The key set, as it was last read.
    pub last_keys: LastRead<JwkSet>,
    /// What discovery says of the tenant, as it was last read: settings and published algorithms.
    pub last_discovery: LastRead<(TenantSettings, Vec<Algorithm>)>,
}
