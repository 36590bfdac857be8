//! Suspicious-IP throttling of grants whose refusals may be failed logins (Auth0's attack protection, SP-116).

use countersign_oauth::{Error, ErrorCode, Fault, OAuthError, RequestContext};
use countersign_storage::{Attempts, Drawn, Rate};
use countersign_users::AddressFailures;

use crate::grant::ErasedGrant;

/// The failed logins of the address that a request comes from, if the grant has any.
pub(crate) struct Throttle<'a> {
    grant: &'a dyn ErasedGrant,
    failures: AddressFailures<'a>,
}

impl<'a> Throttle<'a> {
    pub(crate) fn of(
        grant: &'a dyn ErasedGrant,
        rate: Option<Rate>,
        attempts: &'a dyn Attempts,
        context: &RequestContext,
    ) -> Self {
        Self { grant, failures: AddressFailures::of(context.client_ip, rate, attempts, context.now) }
    }

    /// Refuses an address that had too many failed logins, with what it may be told of its bucket. That is a
    /// read, so that a flood costs no writes.
    pub(crate) async fn check(&self) -> Result<(), (Error, Option<Drawn>)> {
        let Some(rule) = self.grant.throttled_by() else { return Ok(()) };
        match self.failures.hold_back().await {
            Ok(None) => Ok(()),
            Ok(Some(drawn)) => Err((held_back(rule).into(), Some(drawn))),
            Err(fault) => Err((fault.into(), None)),
        }
    }

    /// Counts a refusal, if it is a failed login; answers what the address will be told from now on, if it was
    /// one too many.
    pub(crate) async fn count(&self, refusal: &OAuthError) -> Result<Option<OAuthError>, Fault> {
        match self.grant.throttled_by() {
            Some(rule) if self.grant.is_failed_login(refusal) => {
                Ok(self.failures.count().await?.then(|| held_back(rule)))
            }
            _ => Ok(None),
        }
    }
}

fn held_back(rule: &'static str) -> OAuthError {
    OAuthError::new(
        ErrorCode::Other("too_many_attempts".into()),
        rule,
        "Too many failed logins came from this address",
    )
}
