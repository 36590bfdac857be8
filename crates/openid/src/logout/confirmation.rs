use countersign_authorization_endpoint::{Browser, open_field, seal_field};
use countersign_oauth::{
    Error, ErrorCode, Fault, Issuer, OAuthError, Parameters, RequestContext, Seconds, SessionId, Timestamp,
};
use countersign_storage::Session;
use countersign_users::{SessionLimits, display_name, is_alive};
use serde::{Deserialize, Serialize};

use super::rp_initiated::{Asked, RpLogoutRequest};
use super::{LogoutEndpoint, LogoutForm, RpLogoutOutcome};

/// How long the page may stay open before its form is refused.
const LIFETIME: Seconds = Seconds(3600);

/// Where the form posts to.
const PATH: &str = "/u/logout";

const PURPOSE: &str = "logout_confirmation";

/// The confirmation form as it came back.
#[derive(Debug)]
pub struct LogoutAnswer {
    /// The sealed request.
    pub confirmation: String,
    /// Whether the user said yes.
    pub accepted: bool,
    /// Cookies: every session that the browser shows, under either name.
    pub browser: Browser,
    /// Time, domain and address.
    pub context: RequestContext,
}

/// A logout that waits for its user's word: no row, but a sealed hidden field, bound to the browser.
///
/// It carries the request's parameters, so that every check runs again when the form comes back, and the
/// sessions that the page was shown to: it ends no other.
#[derive(Serialize, Deserialize)]
struct Confirmation {
    parameters: Vec<(String, String)>,
    browser: String,
    issuer: Issuer,
    sessions: Vec<SessionId>,
    expires_at: Timestamp,
}

impl LogoutEndpoint {
    /// Asks the user.
    pub(super) async fn ask(
        &self,
        asked: &Asked,
        shown: &[Session],
        request: &RpLogoutRequest,
    ) -> Result<RpLogoutOutcome, Fault> {
        let context = &request.context;
        let user = match shown.first() {
            Some(session) => self.storage.user(&session.user_id).await?,
            None => None,
        };
        let (binding, cookie) = request.browser.bind(&*self.random);
        let confirmation = Confirmation {
            parameters: request.parameters.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            browser: Browser::hash_of(&binding),
            issuer: context.domain.issuer.clone(),
            sessions: shown.iter().map(|session| session.id.clone()).collect(),
            expires_at: context.now.plus(LIFETIME),
        };
        let form = LogoutForm {
            action: PATH.to_owned(),
            confirmation: seal_field(PURPOSE, &confirmation, &*self.sealer),
            tenant_name: asked.settings().friendly_name.clone(),
            user_name: user.as_ref().map(display_name),
            target: asked.target().map(|target| target.uri.clone()),
            locale: request.parameters.find("ui_locales").map(str::to_owned),
        };
        Ok(RpLogoutOutcome::Confirm(Box::new(form), cookie))
    }

    /// Takes the user's word: yes ends what the page was shown for, no changes nothing.
    ///
    /// Nothing needs to be spent: the form ends the sessions it names and can do no more when it comes again.
    ///
    /// # Errors
    /// A fault that is ours; the session may then still be alive.
    pub async fn answer(&self, answer: &LogoutAnswer) -> Result<RpLogoutOutcome, Fault> {
        let context = &answer.context;
        let confirmation = match self.open(answer) {
            Ok(confirmation) => confirmation,
            Err(error) => return Ok(RpLogoutOutcome::Refused(error)),
        };
        if !answer.accepted {
            return Ok(RpLogoutOutcome::StillSignedIn);
        }
        let parameters = Parameters::from_pairs(confirmation.parameters).unwrap_or_default();
        let asked = match self.resolve(&parameters, context).await {
            Ok(asked) => asked,
            Err(Error::Refused(error)) => return Ok(RpLogoutOutcome::Refused(error)),
            Err(Error::Fault(fault)) => return Err(fault),
        };
        let shown = self.sessions(&answer.browser.session, context).await?;
        let limits = SessionLimits::of(asked.settings());
        let mut others = shown.iter().filter(|session| !confirmation.sessions.contains(&session.id));
        if others.any(|session| is_alive(session, &limits, context.now)) {
            return Ok(RpLogoutOutcome::Refused(lost("logout.other_session")));
        }
        self.log_out(&asked, &shown, context).await
    }

    fn open(&self, answer: &LogoutAnswer) -> Result<Confirmation, OAuthError> {
        let context = &answer.context;
        let confirmation: Confirmation = open_field(PURPOSE, &answer.confirmation, &*self.sealer)
            .ok_or_else(|| lost("logout.confirmation_malformed"))?;
        if confirmation.issuer != context.domain.issuer || !answer.browser.is(&confirmation.browser) {
            return Err(lost("logout.other_browser"));
        }
        if confirmation.expires_at <= context.now {
            return Err(lost("logout.confirmation_expired"));
        }
        Ok(confirmation)
    }
}

/// One text for every reason: to the user they are the same.
fn lost(rule: &'static str) -> OAuthError {
    let text = "This page is no longer good. Go back to the application and try again.";
    OAuthError::new(ErrorCode::InvalidRequest, rule, text)
}
