use countersign_authorization_endpoint::CookieChange;
use countersign_oauth::{OAuthError, RedirectUri};

/// What the browser gets from `/oidc/logout`.
#[derive(Debug)]
pub enum RpLogoutOutcome {
    /// The session is over, if there was one; on to an allowed URL.
    Redirect(String),
    /// The session is over, if there was one, and there is nowhere to go to: a page that says so.
    SignedOut,
    /// The user has to be asked first. A new browser gets a cookie.
    Confirm(Box<LogoutForm>, Option<CookieChange>),
    /// The user said no: a page that says so.
    StillSignedIn,
    /// Nothing was changed.
    Refused(OAuthError),
}

/// The page that asks whether the user wants to sign out.
#[derive(Debug, Clone, PartialEq)]
pub struct LogoutForm {
    /// Where the form posts to: a path of ours.
    pub action: String,
    /// The sealed request; a hidden field.
    pub confirmation: String,
    /// The tenant, as its settings name it.
    pub tenant_name: String,
    /// The signed-in user, as pages name him.
    pub user_name: Option<String>,
    /// Where the browser goes afterwards, for the page's `form-action`.
    pub target: Option<RedirectUri>,
    /// What `ui_locales` asks for.
    pub locale: Option<String>,
}
