use countersign_oauth::{
    Compliance, Error, ErrorCode, Fault, Handle, HandleHash, OAuthError, Parameters, RedirectUri,
    RequestContext, encode_query,
};
use countersign_storage::{Change, Changes, SingleUse, SingleUseKind};
use countersign_users::{Pending, Verdict};
use serde::{Deserialize, Serialize};

use crate::{
    AuthorizationEndpoint, Browser, Outcome,
    hook::Returned,
    journey::Journey,
    open_field, seal_field,
    signed_in::SignedIn,
    transaction::{Stage, Transaction, lost},
};

const PURPOSE: &str = "authorization_continuation";

/// A browser that comes back from where the tenant's own code sent it.
#[derive(Debug)]
pub struct Return {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The query.
    pub query: Parameters,
    /// The body of a `POST`.
    pub body: Parameters,
    /// Cookies.
    pub browser: Browser,
    /// Time, domain and address.
    pub context: RequestContext,
}

/// The payload of the row that waits for it; the first version.
#[derive(Serialize, Deserialize)]
struct Payload {
    version: u32,
    /// [`Parked`], sealed: it names the user's metadata and claims.
    sealed: String,
}

/// What a login was when its user was sent away.
#[derive(Serialize, Deserialize)]
struct Parked {
    transaction: Transaction,
    pending: Pending,
}

impl AuthorizationEndpoint {
    /// Parks the request and says where the browser goes, with the row that waits for its return.
    pub(crate) fn leave(
        &self,
        journey: &mut Journey<'_>,
        signed_in: &SignedIn,
        verdict: &Verdict,
    ) -> Result<(String, Changes), Error> {
        let Some(pending) = &verdict.redirect else { return Err(Fault::internal("no redirect").into()) };
        let target = RedirectUri::parse(&pending.url).ok().filter(RedirectUri::is_web);
        let target = target.filter(|target| !target.has_parameter("state")).ok_or_else(malformed)?;
        let state = Handle::generate(&*self.random);
        let url = target.with_query(&encode_query(&[("state", state.expose())]));
        journey.park(signed_in);
        let pending = Pending { state: state.expose().to_owned(), ..pending.clone() };
        let parked = Parked { transaction: journey.transaction.clone(), pending };
        let payload = Payload { version: 1, sealed: seal_field(PURPOSE, &parked, &*self.sealer) };
        let row = SingleUse {
            kind: SingleUseKind::Continuation,
            handle: state.hash(),
            second_handle: None,
            client_id: journey.request.client.id.clone(),
            user_id: Some(signed_in.user.id.clone()),
            session_id: Some(signed_in.session.id.clone()),
            authorization_id: None,
            status: "issued".to_owned(),
            attempts: 0,
            created_at: journey.context.now,
            expires_at: journey.transaction.expires_at(),
            redeemed_at: None,
            payload: serde_json::to_value(payload)
                .map_err(|error| Fault::internal("continuation payload").caused_by(error))?,
        };
        Ok((url, Changes::none().with(Change::InsertSingleUse(row))))
    }

    /// Takes up a login whose user was sent elsewhere: every check of the request again, then the tenant's
    /// own code, which is told what came back.
    ///
    /// # Errors
    /// A fault that is ours.
    pub async fn take_up(&self, request: &Return) -> Result<Outcome, Fault> {
        let page = |rule| Ok(Outcome::page(lost(rule), &request.context, Compliance::Auth0));
        let mut states = request.query.all("state").chain(request.body.all("state"));
        let (Some(state), None) = (states.next(), states.next()) else {
            return page("continuation.unknown");
        };
        let handle = HandleHash::of(state);
        let Some(row) = self.storage.single_use(SingleUseKind::Continuation, &handle).await? else {
            return page("continuation.unknown");
        };
        if row.redeemed_at.is_some() {
            return page("continuation.used");
        }
        if row.expires_at <= request.context.now {
            return page("continuation.expired");
        }
        let Parked { transaction, pending } = self.open_parked(&row)?;
        let (browser, context) = (&request.browser, &request.context);
        if let Err(error) = transaction.check_place(&[Stage::Continuation], context) {
            return Ok(Outcome::page(error, context, Compliance::Auth0));
        }
        if !is_same_browser(request, &transaction) {
            return page("transaction.other_browser");
        }
        let spend = Change::SpendSingleUse { kind: SingleUseKind::Continuation, handle, now: context.now };
        let opened = self.reopen(transaction, Changes::none().with(spend), context).await?;
        let mut journey = match opened {
            Ok(journey) => journey,
            Err(outcome) => return Ok(*outcome),
        };
        let session = self.session_of(browser, &journey).await?;
        if session.map(|signed_in| signed_in.session.id) != journey.transaction.session_id {
            return page("transaction.other_session");
        }
        journey.method = request.method;
        journey.returned = Some(Returned::of(request, pending));
        let parameters = journey.transaction.parameters().unwrap_or_default();
        self.go_on(journey, browser).await.map(|outcome| outcome.about(&parameters))
    }

    fn open_parked(&self, row: &SingleUse) -> Result<Parked, Fault> {
        let unreadable = || Fault::internal("single_uses.payload of a continuation");
        let payload: Payload =
            serde_json::from_value(row.payload.clone()).map_err(|error| unreadable().caused_by(error))?;
        open_field(PURPOSE, &payload.sealed, &*self.sealer).ok_or_else(unreadable)
    }
}

/// Whether it is the browser that was sent away. A form of another site comes without the `Lax` cookie that
/// binds transactions; the session's cookie, which is looked at next, then speaks for the browser alone.
fn is_same_browser(request: &Return, transaction: &Transaction) -> bool {
    let sent_by_another_site = request.method == "POST" && request.browser.binding.is_empty();
    sent_by_another_site || transaction.is_of(&request.browser)
}

fn malformed() -> OAuthError {
    OAuthError::new(
        ErrorCode::AccessDenied,
        "hook.redirect_malformed",
        "The login cannot go on: it was sent to a malformed address",
    )
}
