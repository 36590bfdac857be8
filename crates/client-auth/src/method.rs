use std::sync::Arc;

use countersign_jose::{Algorithm, Verifier};
use countersign_oauth::{BoxFuture, ClientId, Error, OAuthError, RequestContext, Sealer};
use countersign_storage::{Client, ReplayGuard};

use crate::Presented;

/// A way to authenticate that a composition adds (RFC 6749 §2.3.2): one file, one struct, one line.
///
/// It is asked first whether a request uses it, then, with the client that the request names, whether the
/// client is the caller. Only a client that is registered for it gets that far.
pub trait ClientMethod: Send + Sync + 'static {
    /// Its name: the `token_endpoint_auth_method` of the clients that use it (RFC 7591 §2), and what discovery
    /// says (RFC 8414 §2).
    fn name(&self) -> &'static str;

    /// The algorithms of what its callers sign, for discovery; none where they sign nothing.
    fn signing_algorithms(&self) -> &'static [Algorithm] {
        &[]
    }

    /// The client that the request names by this method; `None` for a request that does not use it. Nothing
    /// is verified yet.
    ///
    /// # Errors
    /// A refusal for a request that uses it and cannot be read.
    fn claim(&self, presented: &Presented<'_>) -> Result<Option<ClientId>, OAuthError>;

    /// Verifies that the caller is the client, once per request. What it remembers outlives a later refusal.
    ///
    /// # Errors
    /// A refusal, or a fault when the check cannot be done.
    fn verify<'a>(
        &'a self,
        presented: &'a Presented<'a>,
        client: &'a Client,
        cx: &'a MethodContext<'a>,
    ) -> BoxFuture<'a, Result<(), Error>>;
}

/// What a method sees beside what was presented.
#[derive(Clone, Copy)]
pub struct MethodContext<'a> {
    /// Time, domain and address.
    pub request: &'a RequestContext,
    /// Opens client secrets.
    pub sealer: &'a dyn Sealer,
    /// Remembers what is good once.
    pub replay: &'a dyn ReplayGuard,
    /// Verifies what callers sign.
    pub verifier: &'a dyn Verifier,
}

/// The methods that a composition adds to the standard ones: `none`, `client_secret_post`, `client_secret_basic`,
/// `private_key_jwt` and `client_secret_jwt`.
#[derive(Clone, Default)]
pub struct ClientMethods(Vec<Arc<dyn ClientMethod>>);

/// Two methods of one name: the composition is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMethodError(pub &'static str);

impl std::fmt::Display for ClientMethodError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the client authentication method {} is there twice", self.0)
    }
}

impl std::error::Error for ClientMethodError {}

/// Names that are taken before anything is added.
const STANDARD: [&str; 5] =
    ["none", "client_secret_post", "client_secret_basic", "private_key_jwt", "client_secret_jwt"];

impl ClientMethods {
    /// No methods beyond the standard ones.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a method.
    ///
    /// # Errors
    /// [`ClientMethodError`] when its name is taken.
    pub fn with(mut self, method: impl ClientMethod) -> Result<Self, ClientMethodError> {
        let name = method.name();
        if STANDARD.contains(&name) || self.iter().any(|known| known.name() == name) {
            return Err(ClientMethodError(name));
        }
        self.0.push(Arc::new(method));
        Ok(self)
    }

    /// The methods, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &dyn ClientMethod> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl std::fmt::Debug for ClientMethods {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(ClientMethod::name)).finish()
    }
}
