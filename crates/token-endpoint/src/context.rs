use countersign_client_auth::AuthenticatedClient;
use countersign_oauth::{Compliance, Parameters, RequestContext, Sealer};
use countersign_storage::{Attempts, Reads, ReplayGuard, TenantSettings};
use countersign_token::SenderConstraint;
use countersign_users::PostLogin;

/// What a grant sees while it decides: the request and what is true now, nothing that writes.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Time, domain and address.
    pub request: &'a RequestContext,
    /// Who calls.
    pub client: &'a AuthenticatedClient,
    /// What is stored.
    pub reads: &'a dyn Reads,
    /// What the caller proved of a key.
    pub proved: &'a SenderConstraint,
    /// The tenant's settings.
    pub settings: &'a TenantSettings,
    /// Opens what the tenant sealed and authenticates its handles.
    pub sealer: &'a dyn Sealer,
}

impl Context<'_> {
    /// The profile that holds for this client.
    #[must_use]
    pub fn compliance(&self) -> Compliance {
        self.client.compliance()
    }
}

/// What a grant sees while it prepares: the same, and what may have an effect of its own.
#[derive(Clone, Copy)]
pub struct PrepareContext<'a> {
    /// What it sees later, too.
    pub context: Context<'a>,
    /// Marks that outlive a refusal.
    pub replay: &'a dyn ReplayGuard,
    /// Counters that outlive a refusal.
    pub attempts: &'a dyn Attempts,
    /// The tenant's own code: ask it by [`ask_post_login`](crate::ask_post_login).
    pub hook: &'a dyn PostLogin,
    /// The request's parameters, credentials included.
    pub parameters: &'a Parameters,
}
