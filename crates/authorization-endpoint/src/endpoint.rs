use std::sync::Arc;

use countersign_jose::KeyRing;
use countersign_oauth::{
    Compliance, Error, ErrorCode, Fault, Handle, OAuthError, RequestContext, Sealer, SecureRandom,
};
use countersign_storage::{Change, Changes, CommitError, Conflict, Consent, LogEvent, Storage};
use countersign_users::PasswordHasher;

use crate::{
    Answer, AuthorizeRequest, Browser, CookieChange, LoginProblem, LoginSubmission, Outcome,
    QuestionSubmission, Target,
    complete::{self, SessionIs},
    consent, forms, login,
    login::Credentials,
    next::{Done, Next, next},
    signed_in::{self, SignedIn},
    transaction::{Stage, Transaction, lost},
    validate::{Rejection, Valid, validate},
};

/// How often a request is decided again after a lost race.
const MAX_DECISIONS: u32 = 8;

/// How many failed logins an account may have before it is held back; `None` switches a limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// From one address.
    pub per_account_and_ip: Option<u32>,
    /// From anywhere.
    pub per_account: Option<u32>,
}

/// The authorization endpoint (RFC 6749 §3.1) of one tenant, with the pages that belong to it.
pub struct AuthorizationEndpoint {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// Seals transactions.
    pub sealer: Arc<dyn Sealer>,
    /// Draws codes, sessions and ids.
    pub random: Arc<dyn SecureRandom>,
    /// Verifies `id_token_hint`.
    pub keys: Arc<dyn KeyRing>,
    /// Verifies passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// When accounts are held back.
    pub limits: LoginLimits,
}

/// One request on its way: what it asks, what was done for it, and the page form it may need.
pub(crate) struct Journey<'a> {
    pub(crate) request: Valid,
    pub(crate) done: Done,
    pub(crate) transaction: Transaction,
    pub(crate) context: &'a RequestContext,
    /// What the current form's stage writes when it completes.
    pub(crate) stage_changes: Changes,
    pub(crate) new_login: Option<NewLogin>,
}

/// A login that was just proved: its session is written with whatever comes next.
pub(crate) struct NewLogin {
    pub(crate) signed_in: SignedIn,
    pub(crate) cookie: Handle,
    pub(crate) changes: Changes,
}

impl AuthorizationEndpoint {
    /// Answers an authorization request.
    ///
    /// # Errors
    /// A fault that is ours, with the profile that dresses it.
    pub async fn authorize(&self, request: &AuthorizeRequest) -> Result<Outcome, Fault> {
        let context = &request.context;
        let valid = match validate(&request.parameters, context, &*self.storage).await {
            Ok(valid) => valid,
            Err(rejection) => return self.reject(rejection, context),
        };
        let (binding, cookie) = self.binding(&request.browser);
        let transaction = Transaction::begin(
            &request.parameters,
            &binding,
            &context.domain.issuer,
            &*self.random,
            context.now,
        );
        let journey = Journey {
            request: valid,
            done: Done::default(),
            transaction,
            context,
            stage_changes: Changes::none(),
            new_login: None,
        };
        let outcome = self.go_on(journey, &request.browser).await?;
        Ok(match (&outcome.shown, cookie) {
            (crate::Shown::Interaction(_), Some(cookie)) => outcome.with_cookie(cookie),
            _ => outcome,
        })
    }

    /// Takes the login form: verifies the password once, then goes on with the request.
    ///
    /// # Errors
    /// A fault that is ours.
    pub async fn login(&self, submission: &LoginSubmission) -> Result<Outcome, Fault> {
        let context = &submission.context;
        let opened = self.open(&submission.transaction, &[Stage::Login], &submission.browser, context).await?;
        let mut journey = match opened {
            Ok(journey) => journey,
            Err(outcome) => return Ok(*outcome),
        };
        let credentials = login::check(
            submission,
            &journey.request.connections,
            (&*self.storage, &*self.storage),
            &*self.hasher,
            &self.limits,
        )
        .await;
        let (user, connection, rehash) = match credentials {
            Err(Error::Fault(fault)) => return Err(fault),
            Err(Error::Refused(error)) => return self.refuse(&journey.request.target, error, context),
            Ok(Credentials::Right { user, connection, rehash }) => (user, connection, rehash),
            Ok(Credentials::Problem(problem)) => {
                self.log_failed_login(&journey, problem).await?;
                let form = forms::login(&journey, &submission.identifier, Some(problem), &*self.sealer);
                return Ok(Outcome::interaction(form));
            }
        };
        if user.blocked {
            let error = OAuthError::from(countersign_gate::GateRefusal::UserBlocked);
            return self.refuse(&journey.request.target, error, context);
        }
        let settings = &journey.request.settings;
        let (session, cookie) = login::new_session(&user, &connection, settings, context, &*self.random);
        let mut changes = Changes::none()
            .requiring(user.requirement())
            .with(Change::InsertSession(session.clone()))
            .with(Change::CountLogin {
                user: user.id.clone(),
                at: context.now,
                ip: context.client_ip.to_string(),
            });
        if let Some((old, new)) = rehash {
            changes = changes.with(Change::Rehash { user: user.id.clone(), old, new });
        }
        if let Some(old) = self.session_of(&submission.browser, &journey).await? {
            changes = changes.with(Change::EndSession { id: old.session.id, at: context.now });
        }
        journey.done.login = true;
        journey.transaction.fresh = true;
        let signed_in = SignedIn { session, user, connection };
        journey.new_login = Some(NewLogin { signed_in, cookie, changes });
        self.go_on(journey, &submission.browser).await
    }

    /// Takes the answer of a consent or confirmation page.
    ///
    /// # Errors
    /// A fault that is ours.
    pub async fn answer_question(&self, submission: &QuestionSubmission) -> Result<Outcome, Fault> {
        let context = &submission.context;
        let stages = [Stage::Consent, Stage::Confirmation];
        let opened = self.open(&submission.transaction, &stages, &submission.browser, context).await?;
        let mut journey = match opened {
            Ok(journey) => journey,
            Err(outcome) => return Ok(*outcome),
        };
        let session = self.session_of(&submission.browser, &journey).await?;
        if session.map(|signed_in| signed_in.session.id) != journey.transaction.session_id {
            let error = lost("transaction.other_session");
            return Ok(Outcome::page(error, context, journey.request.target.compliance));
        }
        let stage = journey.transaction.stage;
        if !submission.accepted {
            let commit = self.storage.commit(std::mem::take(&mut journey.stage_changes)).await;
            return match commit {
                Ok(()) => self.refuse(&journey.request.target, declined(stage), context),
                Err(CommitError::Fault(fault)) => Err(fault),
                Err(CommitError::Conflict(_)) => Ok(finished(&journey)),
            };
        }
        match stage {
            Stage::Consent => {
                journey.done.consent = true;
                journey.transaction.consented = true;
            }
            _ => journey.done.confirmation = true,
        }
        self.go_on(journey, &submission.browser).await
    }

    /// Decides what comes next and does it; after a lost race again, by what is then true.
    async fn go_on(&self, mut journey: Journey<'_>, browser: &Browser) -> Result<Outcome, Fault> {
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
                    "Login required",
                );
                return self.refuse(&journey.request.target, error, journey.context);
            }
            let now = journey.context.now;
            let step = next(&journey.request, signed_in.as_ref(), standing.as_ref(), journey.done, now);
            let (changes, code) = match (&step, &signed_in) {
                (Next::Refuse(error), _) => {
                    return self.refuse(&journey.request.target, error.clone(), journey.context);
                }
                (Next::Login, _) | (_, None) => return Ok(self.ask_to_log_in(&mut journey)),
                (Next::Complete, Some(signed_in)) => {
                    match self.complete(&journey, signed_in, standing.as_ref()) {
                        Ok((code, changes)) => (changes, Some(code)),
                        Err(Error::Refused(error)) => {
                            return self.refuse(&journey.request.target, error, journey.context);
                        }
                        Err(Error::Fault(fault)) => return Err(fault),
                    }
                }
                (Next::Consent | Next::Confirmation, Some(_)) => (Changes::none(), None),
            };
            let mut changes = journey.stage_changes.clone().and(changes);
            if let Some(login) = &journey.new_login {
                changes = login.changes.clone().and(changes);
            }
            match self.storage.commit(changes).await {
                Ok(()) => return Ok(self.show(journey, &step, signed_in, code)),
                Err(CommitError::Fault(fault)) => return Err(fault),
                Err(CommitError::Conflict(Conflict::Exists)) => return Ok(finished(&journey)),
                Err(CommitError::Conflict(_)) => self.refresh(&mut journey).await?,
            }
        }
        Err(Fault::unavailable("an authorization request lost too many races"))
    }

    /// Gate, code and changes of a request that nothing stands in the way of.
    fn complete(
        &self,
        journey: &Journey<'_>,
        signed_in: &SignedIn,
        standing: Option<&Consent>,
    ) -> Result<(Handle, Changes), Error> {
        let session = match journey.new_login {
            Some(_) => SessionIs::New,
            None => SessionIs::Standing,
        };
        let (request, context) = (&journey.request, journey.context);
        let pass = complete::ask_gate(request, signed_in, session, standing, journey.done, context)?;
        let how = (session, journey.done);
        let (code, mut changes) = complete::issue_code(request, signed_in, how, context, &*self.random)?;
        for requirement in pass.requires() {
            changes = changes.requiring(requirement.clone());
        }
        Ok((code, changes))
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
        code: Option<Handle>,
    ) -> Outcome {
        let cookie = journey.new_login.take().map(|login| {
            let session = login.signed_in.session;
            CookieChange::Session {
                handle: login.cookie,
                expires_at: session.persistent.then_some(session.expires_at),
            }
        });
        let outcome = match (code, signed_in) {
            (Some(code), _) => {
                Outcome::answer(Answer::Code { target: journey.request.target.clone(), code })
            }
            (None, Some(signed_in)) => {
                journey.transaction.session_id = Some(signed_in.session.id.clone());
                let form = if matches!(step, Next::Consent) {
                    journey.transaction.stage = Stage::Consent;
                    forms::consent(&journey, &signed_in.user, &*self.sealer)
                } else {
                    journey.transaction.stage = Stage::Confirmation;
                    forms::confirmation(&journey, &signed_in.user, &*self.sealer)
                };
                Outcome::interaction(form)
            }
            (None, None) => self.ask_to_log_in(&mut journey),
        };
        match cookie {
            Some(cookie) => outcome.with_cookie(cookie),
            None => outcome,
        }
    }

    /// Opens a form's transaction and runs every check of the request again.
    async fn open<'a>(
        &self,
        field: &str,
        stages: &[Stage],
        browser: &Browser,
        context: &'a RequestContext,
    ) -> Result<Result<Journey<'a>, Box<Outcome>>, Fault> {
        let page = |error| Ok(Err(Box::new(Outcome::page(error, context, Compliance::Auth0))));
        let (issuer, now) = (&context.domain.issuer, context.now);
        let transaction =
            match Transaction::open(field, stages, &browser.binding, issuer, &*self.sealer, now) {
                Ok(transaction) => transaction,
                Err(error) => return page(error),
            };
        let Ok(parameters) = transaction.parameters() else {
            return page(lost("transaction.malformed"));
        };
        match validate(&parameters, context, &*self.storage).await {
            Err(rejection) => self.reject(rejection, context).map(|outcome| Err(Box::new(outcome))),
            Ok(request) => {
                let (space, mark, until) = transaction.mark();
                let done = Done {
                    login: transaction.fresh,
                    consent: transaction.consented,
                    confirmation: false,
                };
                Ok(Ok(Journey {
                    request,
                    done,
                    transaction,
                    context,
                    stage_changes: Changes::none().with(Change::SetMark { space, mark, until }),
                    new_login: None,
                }))
            }
        }
    }

    /// After a lost race: the request's own records, and a user who logged in just now, as they are now.
    async fn refresh(&self, journey: &mut Journey<'_>) -> Result<(), Fault> {
        let parameters = journey
            .transaction
            .parameters()
            .map_err(|_| Fault::internal("the parameters of a transaction"))?;
        match validate(&parameters, journey.context, &*self.storage).await {
            Ok(request) => journey.request = request,
            Err(Rejection::Page(Error::Fault(fault), _)) => return Err(fault),
            Err(_) => return Err(Fault::unavailable("the request changed while it was answered")),
        }
        let Some(login) = &mut journey.new_login else { return Ok(()) };
        let seen = login.signed_in.user.requirement();
        match self.storage.user(&login.signed_in.user.id).await? {
            Some(user) if user.requirement() == seen => {
                login.signed_in.user = user;
                Ok(())
            }
            // Blocked, deleted, or the password changed since it was verified: that proof is void.
            _ => Err(Fault::unavailable("the account changed while it signed in")),
        }
    }

    async fn session_of(
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
        let subject = forms::hint_subject(hint, &*self.keys, journey.context);
        signed_in.is_some_and(|signed_in| subject.as_deref() != Some(signed_in.user.id.as_str()))
    }

    /// The browser's binding, and the cookie that makes it known where it was not.
    fn binding(&self, browser: &Browser) -> (Handle, Option<CookieChange>) {
        match browser.binding.as_slice() {
            [known] if known.len() == 43 => (Handle::restore(known), None),
            _ => {
                let fresh = Handle::generate(&*self.random);
                (fresh.clone(), Some(CookieChange::Binding(fresh)))
            }
        }
    }

    fn reject(&self, rejection: Rejection, context: &RequestContext) -> Result<Outcome, Fault> {
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
    fn refuse(
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

    async fn log_failed_login(&self, journey: &Journey<'_>, problem: LoginProblem) -> Result<(), Fault> {
        if problem == LoginProblem::Incomplete {
            return Ok(());
        }
        let event = LogEvent {
            at: journey.context.now,
            event: "fp".to_owned(),
            rule: Some(problem.rule().to_owned()),
            description: "A login failed".to_owned(),
            client_id: Some(journey.request.client.id.clone()),
            user_id: None,
            ip: journey.context.client_ip.to_string(),
            request_id: journey.context.request_id.clone(),
        };
        match self.storage.commit(Changes::none().with(Change::Log(event))).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }
}

fn finished(journey: &Journey<'_>) -> Outcome {
    let compliance = journey.request.target.compliance;
    Outcome::page(lost("transaction.finished"), journey.context, compliance)
}

fn declined(stage: Stage) -> OAuthError {
    match stage {
        Stage::Confirmation => OAuthError::new(
            ErrorCode::AccessDenied,
            "authorize.confirmation_declined",
            "User cancelled the confirmation prompt.",
        ),
        _ => OAuthError::new(
            ErrorCode::AccessDenied,
            "authorize.consent_declined",
            "User did not authorize the request",
        ),
    }
}

fn into_fault(error: Error) -> Fault {
    match error {
        Error::Fault(fault) => fault,
        Error::Refused(error) => Fault::internal(error.rule),
    }
}
