use std::sync::Arc;

use countersign_client_auth::{AuthenticatedClient, ClientMethods};
use countersign_dpop::Nonces;
use countersign_gate::GateRefusal;
use countersign_jose::Verifier;
use countersign_oauth::{Compliance, Error, ErrorCode, Fault, GrantType, OAuthError, Sealer};
use countersign_storage::{
    Change, Changes, CommitError, ConfigurationCache, Conflict, LogEvent, Rate, Requirement, Storage,
    TenantSettings, View,
};
use countersign_token::{IssuedTokens, MintContext, TokenIssuer, TokenResponse};
use countersign_users::{Allowlist, PostLogin};

use crate::{
    Answered, Context, Decision, EndpointError, Grants, Issue, PrepareContext, Refusal, TokenRequest,
    client_endpoint, constrain,
    grant::{Decidable, ErasedGrant},
    throttle::Throttle,
};

/// How often a request is decided again after a lost race.
const MAX_DECISIONS: u32 = 8;

/// The token endpoint (RFC 6749 §3.2) of one tenant.
pub struct TokenEndpoint {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// What is known of its configuration.
    pub configuration: Arc<ConfigurationCache>,
    /// The grants it speaks.
    pub grants: Grants,
    /// Legacy grants that have an endpoint of their own instead.
    pub own_grants: Grants,
    /// How many failed logins an address may have; `None` for any number.
    pub failed_logins: Option<Rate>,
    /// Which addresses may have any number.
    pub exempt: Allowlist,
    /// Mints.
    pub issuer: TokenIssuer,
    /// How clients authenticate, beyond the standard methods.
    pub client_methods: ClientMethods,
    /// Opens client secrets, makes nonces.
    pub sealer: Arc<dyn Sealer>,
    /// Verifies DPoP proofs.
    pub verifier: Arc<dyn Verifier>,
    /// The tenant's own code.
    pub hook: Arc<dyn PostLogin>,
}

/// A success.
#[derive(Debug)]
pub struct TokenAnswer {
    /// The body.
    pub response: TokenResponse,
    /// The next nonce, where a proof was sent.
    pub dpop_nonce: Option<String>,
}

impl TokenEndpoint {
    /// Answers a token request: authenticate, constrain, prepare, decide, mint, commit.
    ///
    /// # Errors
    /// [`EndpointError`]: the refusal or fault, with the profile that dresses it.
    pub async fn handle(&self, request: &TokenRequest) -> Answered<TokenAnswer> {
        let view = self.view().await.map_err(unknown_caller)?;
        let caller = self.authenticate(&view, request, &["grant_type"]).await?;
        let grant = self.grants.find(&request.parameters);
        self.answer(request, (&view, &caller), grant).await
    }

    /// Answers a request to an endpoint that a legacy grant has for itself: the path names the grant, the client
    /// need not authenticate, and whatever follows is what a token request goes through.
    ///
    /// # Errors
    /// As [`TokenEndpoint::handle`].
    pub async fn handle_own(&self, request: &TokenRequest, grant_type: &GrantType) -> Answered<TokenAnswer> {
        let view = self.view().await.map_err(unknown_caller)?;
        let stores: client_endpoint::Stores<'_> = (&view, &*self.storage);
        let caller = client_endpoint::identify(stores, &self.means(), request).await?;
        let grant = self.own_grants.keyed(grant_type, None);
        let grant = grant.ok_or_else(|| GateRefusal::GrantNotAllowed(grant_type.clone()).into());
        self.answer(request, (&view, &caller), grant).await
    }

    async fn answer(
        &self,
        request: &TokenRequest,
        (view, (client, settings)): (&View<'_>, &(AuthenticatedClient, TenantSettings)),
        grant: Result<&dyn ErasedGrant, OAuthError>,
    ) -> Answered<TokenAnswer> {
        let nonces = Nonces::new(&*self.sealer);
        let dpop_nonce = (!request.dpop.is_empty()).then(|| nonces.issue(request.context.now));
        let fail = |error: Error| EndpointError {
            dpop_nonce: dpop_nonce.clone(),
            ..EndpointError::new(error, client.compliance())
        };
        let grant = grant.and_then(|grant| grant.admit(client).map(|()| grant));
        let grant = grant.map_err(|error| fail(error.into()))?;
        let counted = client_endpoint::counted_context(request, client);
        let tools = (&*self.verifier, &nonces);
        let proved = constrain::constrain(&request.dpop, client, &counted, &*self.storage, tools);
        let proved = proved.await.map_err(fail)?;
        let context = Context {
            request: &counted,
            client,
            reads: view,
            proved: &proved,
            settings,
            sealer: &*self.sealer,
        };
        let failed_logins = self.exempt.limit(counted.client_ip, self.failed_logins);
        let throttle = Throttle::of(grant, failed_logins, &*self.storage, &counted);
        throttle.check().await.map_err(|(error, limited)| EndpointError { limited, ..fail(error) })?;
        let prepare = PrepareContext {
            context,
            replay: &*self.storage,
            attempts: &*self.storage,
            hook: &*self.hook,
            parameters: &request.parameters,
        };
        let prepared =
            grant.prepare(&request.parameters, &prepare).await.map_err(|fault| fail(fault.into()))?;
        let event = grant.failure_event();
        let response = match prepared {
            Ok(ready) => self.decide_and_commit(&*ready, event, &context).await,
            Err(refusal) => {
                let refusal = self.count_failure(refusal, &throttle, &context).await.map_err(fail)?;
                Err(self.commit_refusal(refusal, event, &context).await)
            }
        };
        response.map(|response| TokenAnswer { response, dpop_nonce: dpop_nonce.clone() }).map_err(fail)
    }

    /// Counts a failed login against its address, with a row of the log when that was one too many.
    async fn count_failure(
        &self,
        refusal: Refusal,
        throttle: &Throttle<'_>,
        context: &Context<'_>,
    ) -> Result<Refusal, Error> {
        if let Some(error) = throttle.count(&refusal.error).await? {
            let event = row(&error, "limit_mu", context);
            // Nobody is let through because this row could not be written.
            drop(self.storage.commit(Changes::none().with(Change::Log(event))).await);
        }
        Ok(refusal)
    }

    /// Authenticates the caller of an endpoint that serves nobody, and refuses it.
    pub async fn refuse(
        &self,
        request: &TokenRequest,
        required: &[&'static str],
        error: OAuthError,
    ) -> EndpointError {
        let view = match self.view().await {
            Ok(view) => view,
            Err(fault) => return unknown_caller(fault),
        };
        match self.authenticate(&view, request, required).await {
            Err(refusal) => refusal,
            Ok((client, _)) => EndpointError::new(error, client.compliance()),
        }
    }

    /// Decides until a decision commits: after a lost race the grant sees what is now true.
    async fn decide_and_commit(
        &self,
        ready: &dyn Decidable,
        event: &'static str,
        context: &Context<'_>,
    ) -> Result<TokenResponse, Error> {
        let mut fixed = ready.requirements();
        fixed.push(context.client.client().requirement());
        let mut fresh: Option<View<'_>> = None;
        for _ in 0..MAX_DECISIONS {
            // After a lost race the configuration is looked at again, like everything else.
            let reads = fresh.as_ref().map_or(context.reads, |view| view);
            let issue = match ready.decide(&Context { reads, ..*context }).await? {
                Decision::Refuse(refusal) => match self.try_refusal(refusal, event, context).await {
                    Ok(error) => return Err(error),
                    Err(_conflict) => {
                        fresh = Some(self.view().await?);
                        continue;
                    }
                },
                Decision::Issue(issue) => issue,
            };
            let IssuedTokens { response, changes } = self.mint(&issue, context)?;
            let mut changes = issue.changes.and(changes);
            for requirement in issue.pass.requires().iter().chain(&fixed) {
                changes = changes.requiring(requirement.clone());
            }
            match self.storage.commit(changes).await {
                Ok(()) => return Ok(response),
                Err(CommitError::Fault(fault)) => return Err(fault.into()),
                Err(CommitError::Conflict(Conflict::Required(required))) if fixed.contains(&required) => {
                    let refusal = changed_meanwhile(&required).into();
                    return Err(self.commit_refusal(refusal, event, context).await);
                }
                Err(CommitError::Conflict(_)) => fresh = Some(self.view().await?),
            }
        }
        Err(Fault::unavailable("a token request lost too many races").into())
    }

    async fn authenticate(
        &self,
        view: &View<'_>,
        request: &TokenRequest,
        required: &[&'static str],
    ) -> Answered<(AuthenticatedClient, TenantSettings)> {
        let stores: client_endpoint::Stores<'_> = (view, &*self.storage);
        client_endpoint::authenticate(stores, &self.means(), request, required).await
    }

    fn means(&self) -> client_endpoint::Means<'_> {
        client_endpoint::Means {
            methods: &self.client_methods,
            sealer: &*self.sealer,
            verifier: &*self.verifier,
        }
    }

    /// What one request reads.
    async fn view(&self) -> Result<View<'_>, Fault> {
        self.configuration.view(&*self.storage).await
    }

    fn mint(&self, issue: &Issue, context: &Context<'_>) -> Result<IssuedTokens, Fault> {
        let cx = MintContext { domain: &context.request.domain, now: context.request.now };
        self.issuer.mint(&issue.plan, cx)
    }

    /// Commits a refusal's changes with its row of the log: one row, which the grant may have made itself. A
    /// conflict among them means that it must be decided again.
    async fn try_refusal(
        &self,
        refusal: Refusal,
        event: &'static str,
        context: &Context<'_>,
    ) -> Result<Error, Conflict> {
        let Refusal { error, mut changes } = refusal;
        let has_effect = !changes.writes.is_empty() || !changes.requires.is_empty();
        if !changes.writes.iter().any(|change| matches!(change, Change::Log(_))) {
            changes = changes.with(Change::Log(row(&error, event, context)));
        }
        match self.storage.commit(changes).await {
            Ok(()) => Ok(error.into()),
            Err(CommitError::Conflict(conflict)) => Err(conflict),
            Err(CommitError::Fault(fault)) if has_effect => Ok(fault.into()),
            // What ends nothing is refused whether or not its row could be written.
            Err(CommitError::Fault(_)) => Ok(error.into()),
        }
    }

    async fn commit_refusal(&self, refusal: Refusal, event: &'static str, context: &Context<'_>) -> Error {
        match self.try_refusal(refusal, event, context).await {
            Ok(error) => error,
            Err(_) => Fault::unavailable("a refusal lost a race").into(),
        }
    }
}

pub(crate) fn row(error: &OAuthError, event: &str, context: &Context<'_>) -> LogEvent {
    LogEvent {
        at: context.request.now,
        event: event.to_owned(),
        rule: Some(error.rule.to_owned()),
        description: error.describe(),
        client_id: Some(context.client.client().id.clone()),
        user_id: None,
        ip: context.request.client_ip.to_string(),
        client_ip: context.request.peer_named(),
        request_id: context.request.request_id.clone(),
    }
}

/// Nothing could be read, so nobody knows whose profile holds.
fn unknown_caller(fault: Fault) -> EndpointError {
    EndpointError::new(fault, Compliance::Auth0)
}

fn changed_meanwhile(required: &Requirement) -> OAuthError {
    let code = match required.record {
        countersign_storage::RecordKind::Client => ErrorCode::InvalidClient,
        _ => ErrorCode::InvalidGrant,
    };
    OAuthError::new(code, "token.changed_meanwhile", "What the request rests on was changed meanwhile")
}
