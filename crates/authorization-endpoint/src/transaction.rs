use countersign_oauth::{
    ErrorCode, Handle, HandleHash, Issuer, OAuthError, ParameterError, Parameters, RequestContext, Scope,
    Sealer, Seconds, SecureRandom, SessionId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{Browser, open_field, seal_field};

/// How long a page may stay open before its form is refused.
const LIFETIME: Seconds = Seconds(3600);

const PURPOSE: &str = "authorization_transaction";

/// Which page the browser is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Login,
    Consent,
    Confirmation,
    /// None: the tenant's own code sent the user elsewhere.
    Continuation,
}

/// An authorization request in progress: no row, but a sealed hidden field of the page's form.
///
/// It carries the request's parameters as they came, so that every check runs again when the form comes
/// back: what is checked when a transaction starts is checked again when it ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transaction {
    id: String,
    parameters: Vec<(String, String)>,
    /// Hash of the browser's binding cookie.
    browser: String,
    issuer: Issuer,
    expires_at: Timestamp,
    pub(crate) stage: Stage,
    /// The session that the page was shown to; the login page has none.
    pub(crate) session_id: Option<SessionId>,
    /// Whether the user authenticated within this transaction.
    pub(crate) fresh: bool,
    /// Whether a consent was given within this transaction.
    pub(crate) consented: bool,
    /// Whether the user confirmed the application within this transaction.
    #[serde(default)]
    pub(crate) confirmed: bool,
    /// What the consent page showed: its form grants no more, whatever was added since.
    pub(crate) shown: Option<Scope>,
}

impl Transaction {
    pub(crate) fn begin(
        parameters: &Parameters,
        browser: &Handle,
        issuer: &Issuer,
        random: &dyn SecureRandom,
        now: Timestamp,
    ) -> Self {
        Self {
            id: Handle::generate(random).expose().to_owned(),
            parameters: parameters.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            browser: Browser::hash_of(browser),
            issuer: issuer.clone(),
            expires_at: now.plus(LIFETIME),
            stage: Stage::Login,
            session_id: None,
            fresh: false,
            consented: false,
            confirmed: false,
            shown: None,
        }
    }

    /// Back to the login page: a new transaction as far as its one-time marks go.
    pub(crate) fn restart(&mut self, random: &dyn SecureRandom) {
        self.id = Handle::generate(random).expose().to_owned();
        self.stage = Stage::Login;
        self.session_id = None;
        self.fresh = false;
        self.consented = false;
        self.confirmed = false;
        self.shown = None;
    }

    /// What of a scope may be granted: all of it, or at most what the consent page showed.
    pub(crate) fn narrow(&self, scope: &Scope) -> Scope {
        match &self.shown {
            None => scope.clone(),
            Some(shown) => scope.filtered(|entry| shown.contains(entry)),
        }
    }

    /// The form field's value.
    pub(crate) fn seal(&self, sealer: &dyn Sealer) -> String {
        seal_field(PURPOSE, self, sealer)
    }

    /// Opens the form field: of this domain and browser, at this stage, and in time.
    ///
    /// # Errors
    /// `invalid_request` with a rule; all of them are one page to the user.
    pub(crate) fn open(
        field: &str,
        stages: &[Stage],
        browser: &Browser,
        context: &RequestContext,
        sealer: &dyn Sealer,
    ) -> Result<Self, OAuthError> {
        let opened = open_field::<Self>(PURPOSE, field, sealer);
        let transaction = opened.ok_or_else(|| lost("transaction.malformed"))?;
        transaction.check_place(stages, context)?;
        if !transaction.is_of(browser) {
            return Err(lost("transaction.other_browser"));
        }
        if transaction.expires_at <= context.now {
            return Err(lost("transaction.expired"));
        }
        Ok(transaction)
    }

    /// Whether it is of this domain and at one of these stages.
    ///
    /// # Errors
    /// `invalid_request`.
    pub(crate) fn check_place(&self, stages: &[Stage], context: &RequestContext) -> Result<(), OAuthError> {
        if self.issuer != context.domain.issuer || !stages.contains(&self.stage) {
            return Err(lost("transaction.other_stage"));
        }
        Ok(())
    }

    /// Whether this browser began it.
    pub(crate) fn is_of(&self, browser: &Browser) -> bool {
        browser.is(&self.browser)
    }

    pub(crate) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(crate) fn parameters(&self) -> Result<Parameters, ParameterError> {
        Parameters::from_pairs(self.parameters.clone())
    }

    /// The one-time mark that is set when this stage is completed.
    pub(crate) fn mark(&self) -> (String, HandleHash, Timestamp) {
        let stage = match self.stage {
            Stage::Login => "login",
            Stage::Consent => "consent",
            Stage::Confirmation => "confirmation",
            Stage::Continuation => "continuation",
        };
        (format!("transaction_{stage}"), HandleHash::of(&self.id), self.expires_at)
    }
}

/// A transaction that cannot go on: another browser, another stage, finished, expired or forged.
pub(crate) fn lost(rule: &'static str) -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        rule,
        "This page is no longer good. Go back to the application and try again.",
    )
}

#[cfg(test)]
mod tests;
