use std::sync::Arc;

use countersign_oauth::{
    Compliance, Error, Fault, OAuthError, Parameters, RequestContext, Sealer, SecureRandom,
};
use countersign_storage::{ConfigurationCache, Storage};
use countersign_token::IdTokenReader;
use countersign_users::{Allowlist, LoginLimits, PasswordHasher, PostLogin};

use crate::{
    Answer, AuthorizeRequest, Outcome, Shown, Target,
    journey::Journey,
    transaction::Transaction,
    validate::{Rejection, Valid, validate},
};

/// The authorization endpoint (RFC 6749 §3.1) of one tenant, with the pages that belong to it.
pub struct AuthorizationEndpoint {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// What is known of its configuration.
    pub configuration: Arc<ConfigurationCache>,
    /// Seals transactions.
    pub sealer: Arc<dyn Sealer>,
    /// Draws codes, sessions and ids.
    pub random: Arc<dyn SecureRandom>,
    /// Reads `id_token_hint`.
    pub hints: IdTokenReader,
    /// Verifies passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// When accounts are held back.
    pub limits: LoginLimits,
    /// Addresses whose failed logins are not counted against them.
    pub exempt: Allowlist,
    /// The tenant's own code.
    pub hook: Arc<dyn PostLogin>,
}

impl AuthorizationEndpoint {
    /// Answers an authorization request.
    ///
    /// # Errors
    /// A fault that is ours, with the profile that dresses it.
    pub async fn authorize(&self, request: &AuthorizeRequest) -> Result<Outcome, Fault> {
        self.decide(request).await.map(|outcome| outcome.about(&request.parameters))
    }

    async fn decide(&self, request: &AuthorizeRequest) -> Result<Outcome, Fault> {
        let context = &request.context;
        let valid = match self.validate(&request.parameters, context).await {
            Ok(valid) => valid,
            Err(rejection) => return self.reject(rejection, context),
        };
        let (binding, cookie) = request.browser.bind(&*self.random);
        let transaction = Transaction::begin(
            &request.parameters,
            &binding,
            &context.domain.issuer,
            &*self.random,
            context.now,
        );
        let journey = Journey { method: request.method, ..Journey::new(valid, transaction, context) };
        let target = journey.request.target.clone();
        let outcome = match self.go_on(journey, &request.browser).await {
            Ok(outcome) => outcome,
            Err(fault) if target.keeps_errors => return Err(fault),
            Err(fault) => return Ok(Outcome::answer(Answer::Failed { target, fault })),
        };
        Ok(match (&outcome.shown, cookie) {
            (Shown::Interaction(_) | Shown::Elsewhere { .. }, Some(cookie)) => outcome.with_cookie(cookie),
            _ => outcome,
        })
    }

    /// Runs every check of a request, over the configuration as it is now.
    pub(crate) async fn validate(
        &self,
        parameters: &Parameters,
        context: &RequestContext,
    ) -> Result<Valid, Rejection> {
        let page = |fault: Fault| Rejection::Page(fault.into(), Compliance::Auth0);
        let view = self.configuration.view(&*self.storage).await.map_err(page)?;
        let valid = validate(parameters, context, &view).await?;
        let asks_hook = self.hook.is_bound(&view).await.map_err(page)?;
        Ok(Valid { asks_hook, ..valid })
    }

    pub(crate) fn reject(&self, rejection: Rejection, context: &RequestContext) -> Result<Outcome, Fault> {
        match rejection {
            Rejection::Page(Error::Fault(fault), _) => Err(fault),
            Rejection::Page(Error::Refused(error), compliance) => {
                Ok(Outcome::page(error, context, compliance))
            }
            Rejection::Back(target, error) => self.refuse(&target, error, context),
        }
    }

    /// Tells the client, or the user where the client's errors stay on our page.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "one shape for every way out")]
    pub(crate) fn refuse(
        &self,
        target: &Target,
        error: OAuthError,
        context: &RequestContext,
    ) -> Result<Outcome, Fault> {
        if target.keeps_errors {
            return Ok(Outcome::page(error, context, target.compliance));
        }
        Ok(Outcome::answer(Answer::Error { target: target.clone(), error }))
    }
}
