//! A browser with its cookies, and what it is shown.

use std::sync::Arc;

use countersign_authorization_endpoint::{
    Answer, AuthorizeRequest, Browser, ConfirmationForm, ConsentForm, CookieChange, Interaction, LoginForm,
    LoginProblem, LoginSubmission, Outcome, QuestionSubmission, Return, Shown, Target,
};
use countersign_oauth::{Domain, Fault, Issuer, OAuthError, Parameters, RequestContext, Secret, Timestamp};
use countersign_testkit::{CALLBACK, CLIENT_ID, EMAIL, NOW, PASSWORD, block_on, request_context};

use crate::house::House;

/// Keeps its cookies as a browser does.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) session: Vec<String>,
    pub(crate) binding: Vec<String>,
    pub(crate) ip: &'static str,
    pub(crate) now: Timestamp,
    pub(crate) issuer: &'static str,
}

impl Default for Visitor {
    fn default() -> Self {
        Self {
            session: Vec::new(),
            binding: Vec::new(),
            ip: "192.0.2.1",
            now: NOW,
            issuer: countersign_testkit::ISSUER,
        }
    }
}

impl Visitor {
    pub(crate) fn later(&mut self, seconds: i64) {
        self.now = self.now.plus(countersign_oauth::Seconds(seconds));
    }

    fn context(&self) -> RequestContext {
        RequestContext {
            now: self.now,
            client_ip: self.ip.parse().unwrap(),
            domain: Arc::new(Domain { issuer: Issuer::new(self.issuer) }),
            ..request_context()
        }
    }

    fn browser(&self) -> Browser {
        Browser { session: self.session.clone(), binding: self.binding.clone() }
    }

    fn take_cookies(&mut self, outcome: &Outcome) {
        for cookie in &outcome.cookies {
            match cookie {
                CookieChange::Session { handle, .. } => self.session = vec![handle.expose().to_owned()],
                CookieChange::EndSession => self.session.clear(),
                CookieChange::Binding(handle) => self.binding = vec![handle.expose().to_owned()],
            }
        }
    }

    /// Opens `/authorize` with the right parameters of `client()`, where `more` does not say otherwise.
    #[track_caller]
    pub(crate) fn authorize(&mut self, house: &House, more: &[(&str, &str)]) -> Outcome {
        let outcome = self.try_authorize(house, more).unwrap();
        self.take_cookies(&outcome);
        outcome
    }

    pub(crate) fn try_authorize(&self, house: &House, more: &[(&str, &str)]) -> Result<Outcome, Fault> {
        let request = AuthorizeRequest {
            method: "GET",
            parameters: parameters(more),
            browser: self.browser(),
            context: self.context(),
        };
        block_on(house.endpoint.authorize(&request))
    }

    /// Posts the login form.
    #[track_caller]
    pub(crate) fn log_in_as(&mut self, house: &House, form: &LoginForm, who: (&str, &str)) -> Outcome {
        let outcome = self.try_log_in(house, form, who).unwrap();
        self.take_cookies(&outcome);
        outcome
    }

    pub(crate) fn try_log_in(
        &self,
        house: &House,
        form: &LoginForm,
        who: (&str, &str),
    ) -> Result<Outcome, Fault> {
        let submission = LoginSubmission {
            transaction: form.frame.transaction.clone(),
            identifier: who.0.to_owned(),
            password: Secret::from(who.1),
            browser: self.browser(),
            context: self.context(),
        };
        block_on(house.endpoint.login(&submission))
    }

    /// Posts the login form with the right credentials.
    #[track_caller]
    pub(crate) fn log_in(&mut self, house: &House, form: &LoginForm) -> Outcome {
        self.log_in_as(house, form, (EMAIL, PASSWORD))
    }

    /// Posts the answer to a question page.
    #[track_caller]
    pub(crate) fn answer(&mut self, house: &House, transaction: &str, accepted: bool) -> Outcome {
        let outcome = self.try_answer(house, transaction, accepted).unwrap();
        self.take_cookies(&outcome);
        outcome
    }

    pub(crate) fn try_answer(
        &self,
        house: &House,
        transaction: &str,
        accepted: bool,
    ) -> Result<Outcome, Fault> {
        let submission = QuestionSubmission {
            transaction: transaction.to_owned(),
            accepted,
            browser: self.browser(),
            context: self.context(),
        };
        block_on(house.endpoint.answer_question(&submission))
    }
}

impl Visitor {
    /// Comes back to `/continue` with a query.
    #[track_caller]
    pub(crate) fn come_back(&mut self, house: &House, query: &[(&str, &str)]) -> Outcome {
        let outcome = self.try_to_come_back(house, "GET", query);
        self.take_cookies(&outcome);
        outcome
    }

    /// Comes back with a query, or by `POST` with a form.
    #[track_caller]
    pub(crate) fn try_to_come_back(
        &self,
        house: &House,
        method: &'static str,
        values: &[(&str, &str)],
    ) -> Outcome {
        let values = values.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let values = Parameters::from_pairs(values).unwrap();
        let (query, body) =
            if method == "GET" { (values, Parameters::default()) } else { (Parameters::default(), values) };
        let request = Return { method, query, body, browser: self.browser(), context: self.context() };
        block_on(house.endpoint.take_up(&request)).unwrap()
    }
}

/// Where the tenant's own code sends the browser, without the state, and the state.
#[track_caller]
pub(crate) fn elsewhere(outcome: Outcome) -> (String, String) {
    match outcome.shown {
        Shown::Elsewhere { url } => {
            let (url, state) = url.rsplit_once("state=").unwrap();
            (url.trim_end_matches(['?', '&']).to_owned(), state.to_owned())
        }
        other => panic!("sent nowhere: {other:?}"),
    }
}

/// The right parameters, where `more` does not say otherwise.
pub(crate) fn parameters(more: &[(&str, &str)]) -> Parameters {
    let right =
        [("client_id", CLIENT_ID), ("redirect_uri", CALLBACK), ("response_type", "code"), ("state", "s1")];
    let right = right.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let pairs = right.chain(more.iter().copied()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    Parameters::from_pairs(pairs).unwrap()
}

#[track_caller]
pub(crate) fn login_form(outcome: Outcome) -> LoginForm {
    match outcome.shown {
        Shown::Interaction(Interaction::Login(form)) => form,
        other => panic!("no login form: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn consent_form(outcome: Outcome) -> ConsentForm {
    match outcome.shown {
        Shown::Interaction(Interaction::Consent(form)) => form,
        other => panic!("no consent form: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn confirmation_form(outcome: Outcome) -> ConfirmationForm {
    match outcome.shown {
        Shown::Interaction(Interaction::Confirmation(form)) => form,
        other => panic!("no confirmation form: {other:?}"),
    }
}

/// The code of a success, and where it went.
#[track_caller]
pub(crate) fn code(outcome: Outcome) -> (Target, String) {
    match outcome.shown {
        Shown::Answer(Answer::Code { target, code }) => (target, code.expose().to_owned()),
        other => panic!("no code: {other:?}"),
    }
}

/// The error that went back to the client.
#[track_caller]
pub(crate) fn sent_back(outcome: Outcome) -> OAuthError {
    match outcome.shown {
        Shown::Answer(Answer::Error { target, error }) => {
            assert_eq!(target.state.as_deref(), Some("s1"));
            error
        }
        other => panic!("nothing sent back: {other:?}"),
    }
}

/// The error on our own page, which no cookie comes with.
#[track_caller]
pub(crate) fn error_page(outcome: Outcome) -> OAuthError {
    assert!(outcome.cookies.is_empty());
    match outcome.shown {
        Shown::ErrorPage { page, .. } => {
            assert_eq!(page.tracking, "request-1");
            page.error
        }
        other => panic!("no error page: {other:?}"),
    }
}

/// What went wrong with a login.
#[track_caller]
pub(crate) fn problem(outcome: Outcome) -> LoginProblem {
    assert!(outcome.cookies.is_empty());
    login_form(outcome).problem.unwrap()
}
