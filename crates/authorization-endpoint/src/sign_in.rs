use countersign_oauth::{Error, Fault, OAuthError};
use countersign_storage::{Change, Changes, CommitError, LogEvent};
use countersign_users::LoginLimits;

use crate::{
    AuthorizationEndpoint, LoginProblem, LoginSubmission, Outcome, forms,
    journey::{Journey, NewLogin},
    login::{self, Credentials},
    signed_in::SignedIn,
    transaction::Stage,
};

impl AuthorizationEndpoint {
    /// Takes the login form: verifies the password once, then goes on with the request.
    ///
    /// # Errors
    /// A fault that is ours.
    pub async fn login(&self, submission: &LoginSubmission) -> Result<Outcome, Fault> {
        let context = &submission.context;
        let opened =
            self.open(&submission.transaction, &[Stage::Login], &submission.browser, context).await?;
        let journey = match opened {
            Ok(journey) => journey,
            Err(outcome) => return Ok(*outcome),
        };
        let parameters = journey.transaction.parameters().unwrap_or_default();
        self.sign_in(journey, submission).await.map(|outcome| outcome.about(&parameters))
    }

    async fn sign_in(
        &self,
        mut journey: Journey<'_>,
        submission: &LoginSubmission,
    ) -> Result<Outcome, Fault> {
        let context = &submission.context;
        let failures_per_ip = self.exempt.limit(context.client_ip, self.limits.failures_per_ip);
        let credentials = login::check(
            submission,
            &journey.request.connections,
            (&*self.storage, &*self.storage),
            &*self.hasher,
            &LoginLimits { failures_per_ip, ..self.limits },
        )
        .await;
        let (user, connection, rehash) = match credentials {
            Err(Error::Fault(fault)) => return Err(fault),
            Err(Error::Refused(error)) => return self.refuse(&journey.request.target, error, context),
            Ok(Credentials::Right { user, connection, rehash }) => (user, connection, rehash),
            Ok(Credentials::Problem(problem, limit)) => {
                self.log_failed_login(&journey, problem).await?;
                let form =
                    forms::login(&journey, &submission.identifier, Some((problem, limit)), &*self.sealer);
                return Ok(Outcome::interaction(form));
            }
        };
        if user.blocked {
            self.log_failed_login(&journey, LoginProblem::Blocked).await?;
            let error = OAuthError::from(countersign_gate::GateRefusal::UserBlocked);
            return self.refuse(&journey.request.target, error, context);
        }
        let settings = &journey.request.settings;
        let (session, cookie) = login::new_session(&user, &connection, settings, context, &*self.random);
        let mut changes = Changes::none()
            .requiring(user.requirement())
            .requiring(connection.requirement())
            .requiring(journey.request.client.requirement())
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

    async fn log_failed_login(&self, journey: &Journey<'_>, problem: LoginProblem) -> Result<(), Fault> {
        if problem == LoginProblem::Incomplete {
            return Ok(());
        }
        let event = LogEvent {
            at: journey.context.now,
            event: problem.event().to_owned(),
            rule: Some(problem.rule().to_owned()),
            description: "A login failed".to_owned(),
            client_id: Some(journey.request.client.id.clone()),
            user_id: None,
            ip: journey.context.client_ip.to_string(),
            client_ip: None,
            request_id: journey.context.request_id.clone(),
        };
        match self.storage.commit(Changes::none().with(Change::Log(event))).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }
}
