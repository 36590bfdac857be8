use countersign_oauth::{Compliance, ErrorCode, Fault, OAuthError, RequestContext};
use countersign_storage::{Change, Changes, CommitError};

use crate::{
    AuthorizationEndpoint, Browser, Outcome,
    journey::{Journey, finished},
    next::Done,
    transaction::{Stage, Transaction, lost},
    validate::Valid,
};

/// The answer to a question page: consent or confirmation.
#[derive(Debug)]
pub struct QuestionSubmission {
    /// The sealed transaction.
    pub transaction: String,
    /// Whether the user said yes.
    pub accepted: bool,
    /// Cookies.
    pub browser: Browser,
    /// Time, domain and address.
    pub context: RequestContext,
}

impl AuthorizationEndpoint {
    /// Takes the answer of a consent or confirmation page.
    ///
    /// # Errors
    /// A fault that is ours.
    pub async fn answer_question(&self, submission: &QuestionSubmission) -> Result<Outcome, Fault> {
        let context = &submission.context;
        let stages = [Stage::Consent, Stage::Confirmation];
        let opened = self.open(&submission.transaction, &stages, &submission.browser, context).await?;
        let journey = match opened {
            Ok(journey) => journey,
            Err(outcome) => return Ok(*outcome),
        };
        let parameters = journey.transaction.parameters().unwrap_or_default();
        self.take_answer(journey, submission).await.map(|outcome| outcome.about(&parameters))
    }

    async fn take_answer(
        &self,
        mut journey: Journey<'_>,
        submission: &QuestionSubmission,
    ) -> Result<Outcome, Fault> {
        let context = &submission.context;
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
            _ => {
                journey.done.confirmation = true;
                journey.transaction.confirmed = true;
            }
        }
        self.go_on(journey, &submission.browser).await
    }

    /// Opens a form's transaction and runs every check of the request again.
    pub(crate) async fn open<'a>(
        &self,
        field: &str,
        stages: &[Stage],
        browser: &Browser,
        context: &'a RequestContext,
    ) -> Result<Result<Journey<'a>, Box<Outcome>>, Fault> {
        let page = |error| Ok(Err(Box::new(Outcome::page(error, context, Compliance::Auth0))));
        let opened = Transaction::open(field, stages, browser, context, &*self.sealer);
        let transaction = match opened {
            Ok(transaction) => transaction,
            Err(error) => return page(error),
        };
        let (space, mark, until) = transaction.mark();
        let changes = Changes::none().with(Change::SetMark { space, mark, until });
        self.reopen(transaction, changes, context).await
    }

    /// Runs every check of the request again; `stage_changes` are what makes this the only time.
    pub(crate) async fn reopen<'a>(
        &self,
        transaction: Transaction,
        stage_changes: Changes,
        context: &'a RequestContext,
    ) -> Result<Result<Journey<'a>, Box<Outcome>>, Fault> {
        let Ok(parameters) = transaction.parameters() else {
            let error = lost("transaction.malformed");
            return Ok(Err(Box::new(Outcome::page(error, context, Compliance::Auth0))));
        };
        match self.validate(&parameters, context).await {
            Err(rejection) => {
                let outcome = self.reject(rejection, context)?.about(&parameters);
                Ok(Err(Box::new(outcome)))
            }
            Ok(request) => {
                let request = Valid { scope: transaction.narrow(&request.scope), ..request };
                let done = Done {
                    login: transaction.fresh,
                    consent: transaction.consented,
                    confirmation: transaction.confirmed,
                };
                Ok(Ok(Journey { done, stage_changes, ..Journey::new(request, transaction, context) }))
            }
        }
    }
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
