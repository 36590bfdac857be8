use countersign_gate::GateRefusal;
use countersign_oauth::{Error, ErrorCode, Fault, Handle, OAuthError, RequestContext};
use countersign_storage::{Change, Changes, CommitError, Conflict, Consent};
use countersign_users::Verdict;

use crate::{
    Answer, AuthorizationEndpoint, Browser, CookieChange, Outcome,
    complete::{self, SessionIs},
    consent, forms,
    hook::{Returned, Ruling},
    next::{Done, Next, next},
    signed_in::{self, SignedIn},
    transaction::{Stage, Transaction, lost},
    validate::Valid,
};

/// How often a request is decided again after a lost race.
const MAX_DECISIONS: u32 = 8;

/// One request on its way: what it asks, what was done for it, and the page form it may need.
pub(crate) struct Journey<'a> {
    pub(crate) request: Valid,
    pub(crate) done: Done,
    pub(crate) transaction: Transaction,
    pub(crate) context: &'a RequestContext,
    /// What the current form's stage writes when it completes.
    pub(crate) stage_changes: Changes,
    pub(crate) new_login: Option<NewLogin>,
    /// How the browser asked.
    pub(crate) method: &'static str,
    /// The return of a user whom the tenant's own code sent elsewhere.
    pub(crate) returned: Option<Returned>,
    /// What that code decided: it is asked once, however often the request is decided.
    pub(crate) ruling: Option<Ruling>,
}

impl<'a> Journey<'a> {
    /// A request at its beginning; forms come by `POST`.
    pub(crate) fn new(request: Valid, transaction: Transaction, context: &'a RequestContext) -> Self {
        Self {
            request,
            done: Done::default(),
            transaction,
            context,
            stage_changes: Changes::none(),
            new_login: None,
            method: "POST",
            returned: None,
            ruling: None,
        }
    }

    /// Makes the transaction remember what was done, for its user is away for a while.
    pub(crate) fn park(&mut self, signed_in: &SignedIn) {
        let transaction = &mut self.transaction;
        transaction.stage = Stage::Continuation;
        transaction.session_id = Some(signed_in.session.id.clone());
        transaction.fresh = self.done.login;
        transaction.consented = self.done.consent;
        transaction.confirmed = self.done.confirmation;
    }
}

/// A login that was just proved: its session is written with whatever comes next.
pub(crate) struct NewLogin {
    pub(crate) signed_in: SignedIn,
    pub(crate) cookie: Handle,
    /// What is written beside the session itself.
    pub(crate) changes: Changes,
}

impl NewLogin {
    fn changes(&self) -> Changes {
        let session = self.signed_in.session.clone();
        Changes::none().with(Change::InsertSession(session)).and(self.changes.clone())
    }

    /// Takes over what the tenant's own code wants of the session that is about to begin.
    fn take_over(&mut self, verdict: &Verdict) {
        let session = &mut self.signed_in.session;
        verdict.session.apply(session);
        session.authentication.amr.extend(verdict.methods.iter().map(|method| method.name.clone()));
    }
}

/// How a decided step ends when its commit succeeds.
enum End {
    Page,
    Code(Handle),
    Elsewhere(String),
    Denied(OAuthError),
}

impl AuthorizationEndpoint {
    /// Decides what comes next and does it; after a lost race again, by what is then true.
    pub(crate) async fn go_on(&self, mut journey: Journey<'_>, browser: &Browser) -> Result<Outcome, Fault> {
        for _ in 0..MAX_DECISIONS {
            let standing_session = self.session_of(browser, &journey).await?;
            let signed_in = match &journey.new_login {
                Some(login) => Some(login.signed_in.clone()),
                None => standing_session,
            };
            let standing = self.standing_consent(&journey, signed_in.as_ref()).await?;
            if self.hint_names_another(&journey, signed_in.as_ref()) {
                let error = OAuthError::new(
                    ErrorCode::LoginRequired,
                    "authorize.hint_mismatch",
                    "The user has to sign in",
                );
                return self.refuse(&journey.request.target, error, journey.context);
            }
            let now = journey.context.now;
            let step = next(&journey.request, signed_in.as_ref(), standing.as_ref(), journey.done, now);
            let (end, changes) = match (&step, &signed_in) {
                (Next::Refuse(error), _) => {
                    return self.refuse(&journey.request.target, error.clone(), journey.context);
                }
                (Next::Login, _) | (_, None) => return Ok(self.ask_to_log_in(&mut journey)),
                (Next::Complete, Some(signed_in)) => {
                    match self.complete(&mut journey, signed_in, standing.as_ref()).await {
                        Ok(decided) => decided,
                        Err(Error::Refused(error)) => {
                            return self.refuse(&journey.request.target, error, journey.context);
                        }
                        Err(Error::Fault(fault)) => return Err(fault),
                    }
                }
                (Next::Consent | Next::Confirmation, Some(_)) => (End::Page, Changes::none()),
            };
            let mut changes = journey.stage_changes.clone().and(changes);
            let begins = !matches!(end, End::Denied(_));
            if let Some(login) = journey.new_login.as_ref().filter(|_| begins) {
                changes = login.changes().and(changes);
            }
            match self.storage.commit(changes).await {
                Ok(()) => return self.show(journey, &step, signed_in, end),
                Err(CommitError::Fault(fault)) => return Err(fault),
                Err(CommitError::Conflict(Conflict::Exists | Conflict::Spent)) => {
                    return Ok(finished(&journey));
                }
                Err(CommitError::Conflict(_)) => {
                    if let Some(refused) = self.refresh(&mut journey).await? {
                        return Ok(refused);
                    }
                }
            }
        }
        Err(Fault::unavailable("an authorization request lost too many races"))
    }

    /// Gate, the tenant's own code, our code and changes of a request that nothing stands in the way of.
    async fn complete(
        &self,
        journey: &mut Journey<'_>,
        signed_in: &SignedIn,
        standing: Option<&Consent>,
    ) -> Result<(End, Changes), Error> {
        let session = match journey.new_login {
            Some(_) => SessionIs::New,
            None => SessionIs::Standing,
        };
        let (done, context) = (journey.done, journey.context);
        let pass = complete::ask_gate(&journey.request, signed_in, (session, done), standing, context)?;
        let ruling = match journey.ruling.take() {
            Some(ruling) => ruling,
            None => self.ask_once(journey, signed_in).await?,
        };
        let decided = self.carry_out(journey, signed_in, (session, &ruling)).await;
        journey.ruling = Some(ruling);
        let (end, mut changes) = decided?;
        if !matches!(end, End::Denied(_)) {
            for requirement in pass.requires() {
                changes = changes.requiring(requirement.clone());
            }
        }
        Ok((end, changes))
    }

    async fn ask_once(&self, journey: &mut Journey<'_>, signed_in: &SignedIn) -> Result<Ruling, Fault> {
        let ruling = self.ask_hook(journey, signed_in).await?;
        if let (Ruling::Allowed(verdict), Some(login)) = (&ruling, &mut journey.new_login) {
            login.take_over(verdict);
        }
        Ok(ruling)
    }

    async fn carry_out(
        &self,
        journey: &mut Journey<'_>,
        signed_in: &SignedIn,
        (session, ruling): (SessionIs, &Ruling),
    ) -> Result<(End, Changes), Error> {
        match ruling {
            Ruling::Allowed(verdict) => {
                let how = (session, journey.done, verdict);
                let (code, changes) =
                    complete::issue_code(&journey.request, signed_in, how, journey.context, &*self.random)?;
                Ok((End::Code(code), changes))
            }
            Ruling::Elsewhere(verdict) => {
                let (url, changes) = self.leave(journey, signed_in, verdict)?;
                Ok((End::Elsewhere(url), changes))
            }
            Ruling::Denied(error, verdict) => {
                let changes = self.denial_changes(journey, signed_in, (error, verdict)).await?;
                Ok((End::Denied(error.clone()), changes))
            }
        }
    }

    fn ask_to_log_in(&self, journey: &mut Journey<'_>) -> Outcome {
        journey.transaction.restart(&*self.random);
        let hint = journey.request.login_hint.clone().unwrap_or_default();
        Outcome::interaction(forms::login(journey, &hint, None, &*self.sealer))
    }

    /// The page or answer, with the cookies that the commit made true.
    fn show(
        &self,
        mut journey: Journey<'_>,
        step: &Next,
        signed_in: Option<SignedIn>,
        end: End,
    ) -> Result<Outcome, Fault> {
        let cookie = journey.new_login.take().map(|login| {
            let session = login.signed_in.session;
            CookieChange::Session {
                handle: login.cookie,
                expires_at: session.persistent.then_some(session.expires_at),
            }
        });
        let outcome = match (end, signed_in) {
            (End::Denied(error), _) => {
                return self.refuse(&journey.request.target, error, journey.context);
            }
            (End::Code(code), _) => {
                Outcome::answer(Answer::Code { target: journey.request.target.clone(), code })
            }
            (End::Elsewhere(url), _) => Outcome::elsewhere(url),
            (End::Page, Some(signed_in)) => self.ask(&mut journey, step, &signed_in),
            (End::Page, None) => self.ask_to_log_in(&mut journey),
        };
        Ok(match cookie {
            Some(cookie) => outcome.with_cookie(cookie),
            None => outcome,
        })
    }

    fn ask(&self, journey: &mut Journey<'_>, step: &Next, signed_in: &SignedIn) -> Outcome {
        journey.transaction.session_id = Some(signed_in.session.id.clone());
        Outcome::interaction(if matches!(step, Next::Consent) {
            journey.transaction.stage = Stage::Consent;
            journey.transaction.shown = Some(journey.request.scope.clone());
            forms::consent(journey, &signed_in.user, &*self.sealer)
        } else {
            journey.transaction.stage = Stage::Confirmation;
            forms::confirmation(journey, &signed_in.user, &*self.sealer)
        })
    }

    /// After a lost race: the request's own records, and a user who logged in just now, as they are now.
    /// An outcome is the refusal of what was lost meanwhile.
    async fn refresh(&self, journey: &mut Journey<'_>) -> Result<Option<Outcome>, Fault> {
        let parameters = journey
            .transaction
            .parameters()
            .map_err(|_| Fault::internal("the parameters of a transaction"))?;
        match self.validate(&parameters, journey.context).await {
            Ok(request) => {
                let scope = journey.transaction.narrow(&request.scope);
                journey.request = Valid { scope, ..request };
            }
            Err(rejection) => return self.reject(rejection, journey.context).map(Some),
        }
        let Some(login) = &mut journey.new_login else { return Ok(None) };
        let seen = login.signed_in.user.requirement();
        match self.storage.user(&login.signed_in.user.id).await? {
            Some(user) if user.requirement() == seen => {
                login.signed_in.user = user;
                Ok(None)
            }
            // Blocked, deleted, or the password changed since it was verified: that proof is void.
            _ => {
                let error = OAuthError::from(GateRefusal::UserBlocked);
                self.refuse(&journey.request.target, error, journey.context).map(Some)
            }
        }
    }

    pub(crate) async fn session_of(
        &self,
        browser: &Browser,
        journey: &Journey<'_>,
    ) -> Result<Option<SignedIn>, Fault> {
        let (context, settings) = (journey.context, &journey.request.settings);
        let found = signed_in::find(browser, &context.domain, settings, context.now, &*self.storage).await;
        found.map_err(into_fault)
    }

    async fn standing_consent(
        &self,
        journey: &Journey<'_>,
        signed_in: Option<&SignedIn>,
    ) -> Result<Option<Consent>, Fault> {
        let Some(signed_in) = signed_in else { return Ok(None) };
        let audience = consent::audience(&journey.request);
        self.storage.consent(&signed_in.user.id, &journey.request.client.id, &audience).await
    }

    /// A silent request whose `id_token_hint` is not the session's user (OpenID Connect Core §3.1.2.1).
    fn hint_names_another(&self, journey: &Journey<'_>, signed_in: Option<&SignedIn>) -> bool {
        let Some(hint) = journey.request.id_token_hint.as_deref().filter(|_| journey.request.prompt.none)
        else {
            return false;
        };
        let hint = self.hints.read(hint, &journey.request.client, &journey.context.domain);
        signed_in.is_some_and(|signed_in| hint.map_or(true, |hint| hint.sub != signed_in.user.id.as_str()))
    }
}

/// A form whose transaction was completed before.
pub(crate) fn finished(journey: &Journey<'_>) -> Outcome {
    let compliance = journey.request.target.compliance;
    Outcome::page(lost("transaction.finished"), journey.context, compliance)
}

fn into_fault(error: Error) -> Fault {
    match error {
        Error::Fault(fault) => fault,
        Error::Refused(error) => Fault::internal(error.rule),
    }
}
