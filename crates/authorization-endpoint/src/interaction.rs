use countersign_oauth::{OAuthError, RedirectUri, Scope};
use countersign_storage::Drawn;

/// What the browser is shown before an authorization request can be answered.
///
/// The values are all that a page needs; `pages` renders them, `http` sends them.
#[derive(Debug, Clone, PartialEq)]
pub enum Interaction {
    /// Identifier and password.
    Login(LoginForm),
    /// May this client have these scopes?
    Consent(ConsentForm),
    /// Do you want to go on to this application?
    Confirmation(ConfirmationForm),
}

/// What every form carries.
#[derive(Debug, Clone, PartialEq)]
pub struct FormFrame {
    /// Where the form posts to: a path of ours.
    pub action: String,
    /// The sealed transaction; a hidden field, never in a URL or a cookie.
    pub transaction: String,
    /// The application's name, as the client's settings give it.
    pub client_name: String,
    /// The application's logo is not loaded: pages have no third-party content.
    pub tenant_name: String,
    /// The validated redirect target, for the page's `form-action`.
    pub redirect_uri: RedirectUri,
    /// The locale that `ui_locales` asks for, if the tenant has it.
    pub locale: Option<String>,
}

/// The login page.
#[derive(Debug, Clone, PartialEq)]
pub struct LoginForm {
    /// What every form carries.
    pub frame: FormFrame,
    /// What the identifier field shows: `login_hint`, or what was typed before.
    pub identifier: String,
    /// What went wrong with the attempt before, if anything.
    pub problem: Option<LoginProblem>,
    /// What the limit that holds this login back says of itself, for the headers of the answer.
    pub limit: Option<Drawn>,
}

/// Why a login attempt did not succeed; the same for an unknown and a known account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    /// Identifier and password do not match an account.
    WrongCredentials,
    /// Too many failed attempts of this account.
    TooManyAttempts,
    /// Too many failed attempts from this address, whatever accounts they were for.
    AddressHeldBack,
    /// The account logs in too often from this address.
    TooFast,
    /// The account is blocked; said only after the right password.
    Blocked,
    /// Identifier or password was left empty.
    Incomplete,
}

/// The consent page.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsentForm {
    /// What every form carries.
    pub frame: FormFrame,
    /// The signed-in user, as the page names him: e-mail, else username, else name.
    pub user_name: String,
    /// The API's name, where one is asked for.
    pub api_name: Option<String>,
    /// What is asked for, in the client's order.
    pub scopes: Vec<ScopeLine>,
    /// All of it, as a list.
    pub scope: Scope,
}

/// One line of the consent page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeLine {
    /// The scope's value.
    pub value: String,
    /// The API's description of it, shown where the tenant says so.
    pub description: Option<String>,
}

/// The confirmation page.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfirmationForm {
    /// What every form carries.
    pub frame: FormFrame,
    /// The signed-in user.
    pub user_name: String,
    /// Where the answer will go, so that the user can judge it: `com.example.app://…` or a loopback host.
    pub target: String,
}

/// The error page: shown where no redirect target was proved, or errors may not be redirected.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorPage {
    /// The refusal, before any dialect dressed it.
    pub error: OAuthError,
    /// The id that is also in the log: `tracking`.
    pub tracking: String,
    /// The client that the request named, known or not; for the tenant's own error page.
    pub client_id: Option<String>,
    /// The connection that it named.
    pub connection: Option<String>,
}

impl LoginProblem {
    /// The stable rule id.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::WrongCredentials => "login.wrong_credentials",
            Self::TooManyAttempts => "login.too_many_attempts",
            Self::AddressHeldBack => "login.address_held_back",
            Self::TooFast => "login.too_fast",
            Self::Blocked => "login.blocked",
            Self::Incomplete => "login.incomplete",
        }
    }

    /// The code of the log event.
    #[must_use]
    pub fn event(self) -> &'static str {
        match self {
            Self::TooManyAttempts => "limit_wc",
            Self::AddressHeldBack => "limit_mu",
            Self::TooFast => "limit_sul",
            Self::WrongCredentials | Self::Blocked | Self::Incomplete => "fp",
        }
    }
}
