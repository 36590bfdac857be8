use std::net::IpAddr;

use countersign_client_auth::{
    AuthenticatedClient, ClientAuthenticator, ClientMethods, MethodContext, Presented,
};
use countersign_jose::Verifier;
use countersign_oauth::{Compliance, Error, OAuthError, Parameters, RequestContext, Sealer};
use countersign_storage::{Drawn, Reads, ReplayGuard, TenantSettings};

/// A request that a client sends directly: parameters, headers, context. No decisions were taken yet.
pub struct TokenRequest {
    /// The body's parameters.
    pub parameters: Parameters,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// Every `DPoP` header.
    pub dpop: Vec<String>,
    /// `auth0-forwarded-for`: the address of the user whom a backend speaks for.
    pub forwarded_for: Option<String>,
    /// Time, domain and address.
    pub context: RequestContext,
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Headers carry secrets and proofs.
        f.debug_struct("TokenRequest").field("context", &self.context).finish_non_exhaustive()
    }
}

/// Why an endpoint refuses, with what the answer's dress needs.
#[derive(Debug)]
pub struct EndpointError {
    /// The refusal or fault.
    pub error: Error,
    /// The profile that holds: the client's where it is known, else the tenant's.
    pub compliance: Compliance,
    /// A fresh nonce for the `DPoP-Nonce` header.
    pub dpop_nonce: Option<String>,
    /// Whether the caller tried `Authorization: Basic` (RFC 6749 §5.2).
    pub tried_basic: bool,
    /// The bucket that was empty, of a refusal for too many attempts.
    pub limited: Option<Drawn>,
}

/// What an endpoint answers.
pub type Answered<T> = Result<T, EndpointError>;

impl EndpointError {
    pub(crate) fn new(error: impl Into<Error>, compliance: Compliance) -> Self {
        Self { error: error.into(), compliance, dpop_nonce: None, tried_basic: false, limited: None }
    }
}

/// What a caller is looked up in, and what remembers the marks that it may use once.
pub(crate) type Stores<'a> = (&'a dyn Reads, &'a dyn ReplayGuard);

/// What a caller is authenticated with.
pub(crate) struct Means<'a> {
    /// The methods beyond the standard ones.
    pub(crate) methods: &'a ClientMethods,
    /// Opens client secrets.
    pub(crate) sealer: &'a dyn Sealer,
    /// Verifies assertions.
    pub(crate) verifier: &'a dyn Verifier,
}

/// Reads the settings and authenticates the caller: what every endpoint for clients begins with.
pub(crate) async fn authenticate(
    stores: Stores<'_>,
    means: &Means<'_>,
    request: &TokenRequest,
    required: &[&'static str],
) -> Answered<(AuthenticatedClient, TenantSettings)> {
    read(stores, means, request, (required, Must::Authenticate)).await
}

/// The same at a legacy endpoint, where whoever shows no credentials is taken for the client that it names.
pub(crate) async fn identify(
    stores: Stores<'_>,
    means: &Means<'_>,
    request: &TokenRequest,
) -> Answered<(AuthenticatedClient, TenantSettings)> {
    read(stores, means, request, (&[], Must::Identify)).await
}

/// What is asked of a caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    Authenticate,
    Identify,
}

async fn read(
    (reads, replay): Stores<'_>,
    means: &Means<'_>,
    request: &TokenRequest,
    (required, must): (&[&'static str], Must),
) -> Answered<(AuthenticatedClient, TenantSettings)> {
    let settings =
        reads.settings().await.map_err(|fault| EndpointError::new(fault, Compliance::Auth0))?.record;
    let tenant = settings.compliance;
    if let Some(name) = request.parameters.find_duplicate(&["resource"]) {
        return Err(EndpointError::new(OAuthError::repeated_parameter(name), tenant));
    }
    for name in required {
        request.parameters.require(name).map_err(|error| EndpointError::new(error, tenant))?;
    }
    let &Means { methods, sealer, verifier } = means;
    let context = MethodContext { request: &request.context, sealer, replay, verifier };
    let authenticator = ClientAuthenticator { clients: reads, compliance: tenant, methods, context };
    let presented =
        Presented { authorization: request.authorization.as_deref(), parameters: &request.parameters };
    let client = match must {
        Must::Authenticate => authenticator.authenticate(presented).await,
        Must::Identify => authenticator.identify(presented).await,
    };
    let client = client.map_err(|(error, profile)| EndpointError {
        tried_basic: request.authorization.as_deref().is_some_and(is_basic),
        ..EndpointError::new(error, profile)
    })?;
    if request.parameters.is_repeated("resource") && !client.compliance().is_rfc() {
        let error = OAuthError::repeated_parameter("resource");
        return Err(EndpointError::new(error, client.compliance()));
    }
    Ok((client, settings))
}

/// The request's context with the address that is counted: a client that authenticated itself and is trusted to
/// may name the user's (core contract §3.13). One address and nothing else; what is not counts as absent.
pub(crate) fn counted_context(request: &TokenRequest, client: &AuthenticatedClient) -> RequestContext {
    let mut context = request.context.clone();
    let is_trusted = client.is_confidential() && client.client().settings.is_token_endpoint_ip_header_trusted;
    let named = request.forwarded_for.as_deref().filter(|_| is_trusted);
    if let Some(ip) = named.and_then(|text| text.trim().parse::<IpAddr>().ok()) {
        context.client_ip = ip.to_canonical();
    }
    context
}

fn is_basic(header: &str) -> bool {
    header.split(' ').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
}
