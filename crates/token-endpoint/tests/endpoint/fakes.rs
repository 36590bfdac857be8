//! Grants as somebody else's crate may bring them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countersign_gate::{Case, Session, Subject};
use countersign_oauth::{ErrorCode, Fault, FromParameters, GrantType, OAuthError, Parameters, Seconds};
use countersign_storage::{Changes, Requirement};
use countersign_testkit::client;
use countersign_token::{AccessTokenPlan, CustomClaims, Subject as TokenSubject, TokenPlan};
use countersign_token_endpoint::{
    ClientPolicy, Context, Decision, Grant, Grants, Issue, PrepareContext, Refusal,
};

use crate::world::{World, changed, scope};

/// The `grant_type` of [`Scripted`].
pub(crate) const SCRIPTED: &str = "urn:example:scripted";
/// The `grant_type` of [`Greeting`].
pub(crate) const GREETING: &str = "urn:example:greeting";

/// Says hello to whoever names itself.
pub(crate) struct Greeting;

/// Its parameters.
pub(crate) struct GreetingRequest {
    name: String,
}

impl FromParameters for GreetingRequest {
    const NAMES: &'static [&'static str] = &["name"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self { name: parameters.require("name")?.to_owned() })
    }
}

impl Grant for Greeting {
    type Request = GreetingRequest;
    type Prepared = String;

    fn grant_type(&self) -> GrantType {
        GrantType::new(GREETING)
    }

    fn client_policy(&self) -> ClientPolicy {
        ClientPolicy::Any
    }

    fn failure_event(&self) -> &'static str {
        "fgreet"
    }

    async fn prepare(
        &self,
        request: &GreetingRequest,
        _: &PrepareContext<'_>,
    ) -> Result<Result<String, Refusal>, Fault> {
        Ok(Ok(format!("hello:{}", request.name)))
    }

    async fn decide(&self, _: &GreetingRequest, hello: &String, cx: &Context<'_>) -> Result<Decision, Fault> {
        Ok(issue(cx, GREETING, hello, Changes::none()))
    }
}

/// Exchanges subject tokens of one type; what it grants is named after that. A token `bad` is a failed login.
pub(crate) struct Exchange(&'static str);

impl Exchange {
    pub(crate) fn of(subject_token_type: &'static str) -> Self {
        Self(subject_token_type)
    }
}

/// Its parameters.
pub(crate) struct ExchangeRequest {
    subject_token: String,
}

impl FromParameters for ExchangeRequest {
    const NAMES: &'static [&'static str] = &["subject_token"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self { subject_token: parameters.find("subject_token").unwrap_or("good").to_owned() })
    }
}

impl Grant for Exchange {
    type Request = ExchangeRequest;
    type Prepared = ();

    fn grant_type(&self) -> GrantType {
        GrantType::TOKEN_EXCHANGE
    }

    fn subject_token_type(&self) -> Option<&str> {
        Some(self.0)
    }

    fn client_policy(&self) -> ClientPolicy {
        ClientPolicy::Any
    }

    fn failure_event(&self) -> &'static str {
        "fexchange"
    }

    fn throttled_by(&self) -> Option<&'static str> {
        Some("throttle.failed_logins")
    }

    fn is_failed_login(&self, refusal: &OAuthError) -> bool {
        refusal.rule == "exchange.bad"
    }

    async fn prepare(
        &self,
        request: &ExchangeRequest,
        _: &PrepareContext<'_>,
    ) -> Result<Result<(), Refusal>, Fault> {
        Ok(match request.subject_token.as_str() {
            "bad" => Err(no("exchange.bad").into()),
            "malformed" => Err(no("exchange.malformed").into()),
            _ => Ok(()),
        })
    }

    async fn decide(&self, _: &ExchangeRequest, (): &(), cx: &Context<'_>) -> Result<Decision, Fault> {
        Ok(issue(cx, GrantType::TOKEN_EXCHANGE.as_str(), self.0, Changes::none()))
    }
}

/// How often a grant was asked what.
#[derive(Default)]
pub(crate) struct Counts {
    prepared: AtomicU32,
    decided: AtomicU32,
}

impl Counts {
    /// (prepared, decided)
    pub(crate) fn both(&self) -> (u32, u32) {
        (self.prepared.load(Ordering::SeqCst), self.decided.load(Ordering::SeqCst))
    }
}

type Decide = Box<dyn Fn(u32, &Context<'_>) -> Result<Decision, Fault> + Send + Sync>;

/// Does what the test says.
pub(crate) struct Scripted {
    pub(crate) policy: ClientPolicy,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) prepare: Box<dyn Fn() -> Result<(), Refusal> + Send + Sync>,
    /// Gets the number of the decision, from 1.
    pub(crate) decide: Decide,
    pub(crate) counts: Arc<Counts>,
}

impl Scripted {
    pub(crate) fn new(
        decide: impl Fn(u32, &Context<'_>) -> Result<Decision, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self {
            policy: ClientPolicy::Any,
            requirements: Vec::new(),
            prepare: Box::new(|| Ok(())),
            decide: Box::new(decide),
            counts: Arc::default(),
        }
    }
}

/// No parameters.
pub(crate) struct Nothing;

impl FromParameters for Nothing {
    const NAMES: &'static [&'static str] = &[];

    fn from_parameters(_: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self)
    }
}

impl Grant for Scripted {
    type Request = Nothing;
    type Prepared = ();

    fn grant_type(&self) -> GrantType {
        GrantType::new(SCRIPTED)
    }

    fn client_policy(&self) -> ClientPolicy {
        self.policy
    }

    fn failure_event(&self) -> &'static str {
        "fscript"
    }

    async fn prepare(&self, _: &Nothing, _: &PrepareContext<'_>) -> Result<Result<(), Refusal>, Fault> {
        self.counts.prepared.fetch_add(1, Ordering::SeqCst);
        Ok((self.prepare)())
    }

    fn requirements(&self, (): &()) -> Vec<Requirement> {
        self.requirements.clone()
    }

    async fn decide(&self, _: &Nothing, (): &(), cx: &Context<'_>) -> Result<Decision, Fault> {
        (self.decide)(self.counts.decided.fetch_add(1, Ordering::SeqCst) + 1, cx)
    }
}

/// An opaque token for the client itself, bound to what was proved, with `changes`.
pub(crate) fn issue(cx: &Context<'_>, grant_type: &str, granted: &str, changes: Changes) -> Decision {
    issue_to(Subject::Client, cx, (grant_type, granted), changes)
}

/// The same, where the gate is asked for another subject.
pub(crate) fn issue_to(
    subject: Subject<'_>,
    cx: &Context<'_>,
    (grant_type, granted): (&str, &str),
    changes: Changes,
) -> Decision {
    let client = cx.client.client();
    let case = Case {
        now: cx.request.now,
        client,
        grant_type: &GrantType::new(grant_type.to_owned()),
        subject,
        api: None,
        client_grant: None,
        session: Session::Independent,
        connection: None,
        authorization: None,
        consent: None,
    };
    let pass = match case.pass() {
        Ok(pass) => pass,
        Err(refusal) => return Decision::Refuse(refusal.into()),
    };
    let access_token = AccessTokenPlan {
        api: None,
        subject: TokenSubject::Client,
        scope: scope(granted),
        constraint: cx.proved.clone(),
        authorization_id: None,
        gty: None,
        lifetime: Seconds(600),
        custom_claims: CustomClaims::default(),
    };
    let plan = TokenPlan { client: client.clone(), access_token, id_token: None, refresh_token: None };
    Decision::Issue(Issue { pass, plan, changes })
}

/// What a scripted grant issues when nothing else is asked.
pub(crate) fn issue_plainly(cx: &Context<'_>) -> Decision {
    issue(cx, SCRIPTED, "hello", Changes::none())
}

/// A refusal of the test's own.
pub(crate) fn no(rule: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, rule, "No")
}

/// A world that speaks both, with a client that may use them.
pub(crate) fn world_of(scripted: Scripted) -> (World, Arc<Counts>) {
    let counts = scripted.counts.clone();
    let world = World::new(Grants::new().with(scripted).unwrap().with(Greeting).unwrap());
    let mut record = client();
    record.settings.grant_types.extend([GrantType::new(SCRIPTED), GrantType::new(GREETING)]);
    world.put(countersign_storage::Change::UpsertClient(changed(1, record)));
    (world, counts)
}

/// The same where the grant always issues.
pub(crate) fn willing_world() -> World {
    world_of(Scripted::new(|_, cx| Ok(issue_plainly(cx)))).0
}
