use std::future::Future;

use countersign_client_auth::AuthenticatedClient;
use countersign_gate::GateRefusal;
use countersign_oauth::{BoxFuture, Fault, FromParameters, GrantType, OAuthError, Parameters};
use countersign_storage::{Client, Requirement};

use crate::{Context, Decision, PrepareContext, Refusal};

/// Which clients a grant is for, before any setting of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientPolicy {
    /// Public and confidential ones.
    Any,
    /// Only those that authenticate.
    ConfidentialOnly,
}

/// A grant type (RFC 6749 §1.3): one file, one struct, one line in the composition.
///
/// A grant decides; the endpoint writes. `prepare` runs once per request, `decide` again after every lost
/// race.
pub trait Grant: Send + Sync + 'static {
    /// Its parameters.
    type Request: FromParameters + Send + Sync;
    /// What its preparation found; `()` for most.
    type Prepared: Send + Sync;

    /// The key in the registry.
    fn grant_type(&self) -> GrantType;

    /// The `subject_token_type` (RFC 8693 §2.1) that it takes, which is then part of the key; `None` for a grant
    /// that takes whatever no other one takes.
    fn subject_token_type(&self) -> Option<&str> {
        None
    }

    /// Which clients it is for.
    fn client_policy(&self) -> ClientPolicy;

    /// Whether a client's settings let it use the grant: by default it must have the grant type.
    ///
    /// # Errors
    /// The refusal that names what the client lacks.
    fn check_client(&self, client: &Client) -> Result<(), OAuthError> {
        let grant_type = self.grant_type();
        if client.settings.allows_grant(&grant_type) {
            Ok(())
        } else {
            Err(GateRefusal::GrantNotAllowed(grant_type).into())
        }
    }

    /// For a grant whose refusals may be failed logins: the rule by which an address that had too many of them
    /// is refused.
    fn throttled_by(&self) -> Option<&'static str> {
        None
    }

    /// Whether a refusal of its preparation is a failed login, which its address answers for; a malformed
    /// request is none.
    fn is_failed_login(&self, refusal: &OAuthError) -> bool {
        let _ = refusal;
        false
    }

    /// The event that the log names a refusal by.
    fn failure_event(&self) -> &'static str;

    /// Does what has an effect outside the commit, exactly once: redeems at an upstream, hashes, runs hooks.
    fn prepare<'a>(
        &'a self,
        request: &'a Self::Request,
        cx: &'a PrepareContext<'a>,
    ) -> impl Future<Output = Result<Result<Self::Prepared, Refusal>, Fault>> + Send + 'a;

    /// What must still be true of what `prepare` read; if that is what changed, the request is refused and
    /// not decided again.
    fn requirements(&self, prepared: &Self::Prepared) -> Vec<Requirement> {
        let _ = prepared;
        Vec::new()
    }

    /// Decides by what is true now. Pure: reads and what was prepared.
    fn decide<'a>(
        &'a self,
        request: &'a Self::Request,
        prepared: &'a Self::Prepared,
        cx: &'a Context<'a>,
    ) -> impl Future<Output = Result<Decision, Fault>> + Send + 'a;
}

/// What an erased preparation yields: something to decide, a refusal, or our own failure.
pub(crate) type PreparedGrant<'a> = Result<Result<Box<dyn Decidable + 'a>, Refusal>, Fault>;

/// The object-safe twin: parses and prepares, and yields what can be decided again and again.
pub(crate) trait ErasedGrant: Send + Sync {
    /// Whether a client may use it.
    fn admit(&self, client: &AuthenticatedClient) -> Result<(), OAuthError>;

    fn throttled_by(&self) -> Option<&'static str>;

    fn is_failed_login(&self, refusal: &OAuthError) -> bool;

    fn failure_event(&self) -> &'static str;

    fn prepare<'a>(
        &'a self,
        parameters: &'a Parameters,
        cx: &'a PrepareContext<'a>,
    ) -> BoxFuture<'a, PreparedGrant<'a>>;
}

/// A prepared request.
pub(crate) trait Decidable: Send + Sync {
    fn requirements(&self) -> Vec<Requirement>;

    fn decide<'a>(&'a self, cx: &'a Context<'a>) -> BoxFuture<'a, Result<Decision, Fault>>;
}

struct Ready<'g, G: Grant> {
    grant: &'g G,
    request: G::Request,
    prepared: G::Prepared,
}

impl<G: Grant> Decidable for Ready<'_, G> {
    fn requirements(&self) -> Vec<Requirement> {
        self.grant.requirements(&self.prepared)
    }

    fn decide<'a>(&'a self, cx: &'a Context<'a>) -> BoxFuture<'a, Result<Decision, Fault>> {
        Box::pin(self.grant.decide(&self.request, &self.prepared, cx))
    }
}

impl<G: Grant> ErasedGrant for G {
    fn admit(&self, client: &AuthenticatedClient) -> Result<(), OAuthError> {
        self.check_client(client.client())?;
        if self.client_policy() == ClientPolicy::Any || client.is_confidential() {
            Ok(())
        } else {
            Err(GateRefusal::GrantNotAllowed(self.grant_type()).into())
        }
    }

    fn throttled_by(&self) -> Option<&'static str> {
        Grant::throttled_by(self)
    }

    fn is_failed_login(&self, refusal: &OAuthError) -> bool {
        Grant::is_failed_login(self, refusal)
    }

    fn failure_event(&self) -> &'static str {
        Grant::failure_event(self)
    }

    fn prepare<'a>(
        &'a self,
        parameters: &'a Parameters,
        cx: &'a PrepareContext<'a>,
    ) -> BoxFuture<'a, PreparedGrant<'a>> {
        Box::pin(async move {
            let request = match G::Request::from_parameters(parameters) {
                Ok(request) => request,
                Err(error) => return Ok(Err(error.into())),
            };
            let prepared = match Grant::prepare(self, &request, cx).await? {
                Ok(prepared) => prepared,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let ready: Box<dyn Decidable + 'a> = Box::new(Ready { grant: self, request, prepared });
            Ok(Ok(ready))
        })
    }
}
