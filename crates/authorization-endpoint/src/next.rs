use countersign_oauth::{ErrorCode, OAuthError, Timestamp};
use countersign_storage::Consent;

use crate::{consent, signed_in::SignedIn, validate::Valid};

/// What was done within this transaction.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// The user authenticated.
    pub(crate) login: bool,
    /// The user consented.
    pub(crate) consent: bool,
    /// The user confirmed.
    pub(crate) confirmation: bool,
}

impl Done {
    fn showed_a_page(self) -> bool {
        self.login || self.consent || self.confirmation
    }
}

/// What comes next for a request.
#[derive(Debug)]
pub(crate) enum Next {
    /// Sign in.
    Login,
    /// Ask for consent.
    Consent,
    /// Ask whether the application was meant.
    Confirmation,
    /// Issue the code.
    Complete,
    /// Refuse: a page would be needed and none may be shown.
    Refuse(OAuthError),
}

/// Decides by what is true now (OpenID Connect Core §3.1.2.3 and §3.1.2.4).
pub(crate) fn next(
    request: &Valid,
    signed_in: Option<&SignedIn>,
    standing: Option<&Consent>,
    done: Done,
    now: Timestamp,
) -> Next {
    let usable = signed_in.filter(|signed_in| may_be_reused(request, signed_in, done, now));
    if usable.is_none() {
        return unless_silent(request, Next::Login, ErrorCode::LoginRequired, "authorize.login_required");
    }
    let asked_again = request.prompt.consent && !done.consent;
    if asked_again || (!done.consent && consent::is_missing(request, standing)) {
        let rule = "authorize.consent_required";
        return unless_silent(request, Next::Consent, ErrorCode::ConsentRequired, rule);
    }
    if !done.showed_a_page() && consent::needs_confirmation(request) {
        let rule = "authorize.confirmation_required";
        return unless_silent(request, Next::Confirmation, ErrorCode::ConsentRequired, rule);
    }
    Next::Complete
}

/// Whether the session answers this request, or the user has to authenticate (again).
fn may_be_reused(request: &Valid, signed_in: &SignedIn, done: Done, now: Timestamp) -> bool {
    let allowed_here = request.connections.iter().any(|connection| connection.id == signed_in.connection.id);
    if done.login {
        return allowed_here;
    }
    let age = now.millis() - signed_in.session.authentication.authenticated_at.millis();
    let too_old = request.prompt.max_age.is_some_and(|max_age| max_age.0 == 0 || age > max_age.0 * 1000);
    allowed_here && !request.prompt.login && !too_old
}

fn unless_silent(request: &Valid, page: Next, code: ErrorCode, rule: &'static str) -> Next {
    if !request.prompt.none {
        return page;
    }
    let text = if code == ErrorCode::LoginRequired { "The user has to sign in" } else { "Consent required" };
    Next::Refuse(OAuthError::new(code, rule, text))
}

#[cfg(test)]
mod tests;
