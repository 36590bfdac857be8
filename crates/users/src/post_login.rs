//! What a tenant's own code may see of a login, and what it may decide: the hook that every path asks which
//! issues something for a user.

mod request;
mod ruling;

use countersign_oauth::{Audience, BoxFuture, ClientId, Error, Fault, Scope, Timestamp};
use countersign_storage::{Client, Connection, Reads, RefreshFamily, RefreshToken, Session, User};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use request::as_members;

/// Runs the tenant's code at the end of a login, a silent login, a refresh, an exchange.
///
/// It is asked in the preparation of a request: once, however often the request is decided. What it wants
/// written is in the [`Verdict`], and is committed with everything else of the request.
pub trait PostLogin: Send + Sync {
    /// Whether anything is bound. It is asked first: where nothing is, no event is gathered and `run` is not
    /// called. It must cost next to nothing, for every issuance asks it.
    ///
    /// # Errors
    /// A fault when that cannot be read.
    fn is_bound<'a>(&'a self, reads: &'a dyn Reads) -> BoxFuture<'a, Result<bool, Fault>> {
        let _ = reads;
        Box::pin(std::future::ready(Ok(true)))
    }

    /// Runs what is bound, in its order, until something denies or redirects.
    ///
    /// # Errors
    /// A refusal (`access_denied`) when the code throws, runs out of time, memory or stack, or calls what is
    /// not served; a fault (`temporarily_unavailable`) when as many runs as may wait are waiting.
    fn run<'a>(
        &'a self,
        event: &'a LoginEvent,
        reads: &'a dyn Reads,
    ) -> BoxFuture<'a, Result<Verdict, Error>>;
}

/// What happened, as it is known when the hook is asked.
#[derive(Debug, Clone)]
pub struct LoginEvent {
    /// Who signs in, as stored; for a first login through a connection, as it will be.
    pub user: User,
    /// For which client.
    pub client: Client,
    /// Where the user came from.
    pub connection: Connection,
    /// The API, if any.
    pub audience: Option<Audience>,
    /// The session, if there is one; of a login, the one that it makes.
    pub session: Option<Session>,
    /// Who took part in the session.
    pub session_clients: Vec<ClientId>,
    /// The refresh token that is exchanged, with its family.
    pub refresh_token: Option<(RefreshToken, RefreshFamily)>,
    /// How the user proved who they are.
    pub methods: Vec<Method>,
    /// The HTTP request, without secrets.
    pub request: HttpRequest,
    /// The transaction.
    pub transaction: LoginTransaction,
    /// What would be granted if nothing changed it.
    pub scope: Scope,
    /// The hook redirected before, and this is the browser's return.
    pub continued: Option<Continued>,
    /// The time of the request.
    pub now: Timestamp,
}

/// One way in which a user proved who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// `pwd`, `federated`, …, or a URL that an earlier hook recorded.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

impl Method {
    /// How the user of a session proved who they are. The name of the method is what a session keeps; a user
    /// of an identity provider was proved there.
    #[must_use]
    pub fn of_session(session: &Session, connection: &Connection) -> Vec<Self> {
        let at = session.authentication.authenticated_at;
        let first = if connection.strategy == "auth0" { "pwd" } else { "federated" };
        let amr = session.authentication.amr.iter().map(String::as_str);
        let others = amr.filter(|name| !matches!(*name, "pwd" | "federated"));
        std::iter::once(first).chain(others).map(|name| Self { name: name.to_owned(), at }).collect()
    }
}

/// The HTTP request that the hook is told of. Nothing in it is a secret: the maker leaves those out.
#[derive(Debug, Clone, Default)]
pub struct HttpRequest {
    /// The client's address, as attack protection counts it.
    pub ip: String,
    /// `GET`, `POST`.
    pub method: String,
    /// The host that was asked.
    pub hostname: String,
    /// `Accept-Language`.
    pub language: String,
    /// `User-Agent`.
    pub user_agent: String,
    /// The parameters of the body, without credentials.
    pub body: Map<String, Value>,
    /// The parameters of the query, without credentials.
    pub query: Map<String, Value>,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct LoginTransaction {
    /// The flow.
    pub protocol: Protocol,
    /// The scopes that the request named; none where it named none.
    pub requested_scopes: Scope,
    /// `acr_values`.
    pub acr_values: Vec<String>,
    /// The language that pages are shown in.
    pub locale: String,
    /// `login_hint`.
    pub login_hint: Option<String>,
    /// `prompt`.
    pub prompt: Vec<String>,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `response_mode`.
    pub response_mode: Option<String>,
    /// `response_type`, split.
    pub response_type: Vec<String>,
    /// `state`.
    pub state: Option<String>,
    /// `ui_locales`.
    pub ui_locales: Vec<String>,
    /// `subject_token_type` of an exchange.
    pub subject_token_type: Option<String>,
    /// Whether the user may be sent elsewhere and come back: interactive logins alone. A verdict that redirects
    /// all the same is refused by whoever asked: `interaction_required` of a silent login, else `access_denied`.
    pub can_redirect: bool,
}

impl LoginTransaction {
    /// One of a flow, with nothing asked for.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            requested_scopes: Scope::default(),
            acr_values: Vec::new(),
            locale: "en".to_owned(),
            login_hint: None,
            prompt: Vec::new(),
            redirect_uri: None,
            response_mode: None,
            response_type: Vec::new(),
            state: None,
            ui_locales: Vec::new(),
            subject_token_type: None,
            can_redirect: false,
        }
    }
}

/// The flow that ends in this issuance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `response_type=code`.
    OidcBasic,
    /// `response_type=id_token token` and its parts.
    OidcImplicit,
    /// `response_type=code id_token` and the like.
    OidcHybrid,
    /// The device flow (RFC 8628).
    DeviceCode,
    /// The legacy resource owner endpoint.
    ResourceOwner,
    /// The password grant.
    Password,
    /// A provider's access token at the legacy social endpoint.
    AccessToken,
    /// A refresh token.
    RefreshToken,
    /// A token exchange (RFC 8693).
    TokenExchange,
}

/// What a hook that redirected left for its return.
#[derive(Debug, Clone)]
pub struct Continued {
    /// What was decided before the redirect, and who redirected.
    pub pending: Pending,
    /// The query that came back.
    pub query: Map<String, Value>,
    /// The body that came back, of a `POST`.
    pub body: Map<String, Value>,
}

/// A redirect on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The id of the script that redirected: its handler for the return runs first.
    pub script_id: String,
    /// Where the user is sent, without `state`.
    pub url: String,
    /// What the scripts decided so far.
    pub so_far: Box<Verdict>,
    /// The value of `state` that comes back; drawn by whoever sends the user away.
    #[serde(default)]
    pub state: String,
}

/// What the hook decided. Nothing of it is written yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// The login is refused. What else is here is written all the same, tokens aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denial: Option<Denial>,
    /// The user is sent elsewhere first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Pending>,
    /// Claims for the access token, not yet held against the restrictions.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub access_token_claims: Map<String, Value>,
    /// Claims for the ID token, likewise.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub id_token_claims: Map<String, Value>,
    /// Edits of the scopes, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeEdit>,
    /// Members of `user_metadata` to set; `null` deletes.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub user_metadata: Map<String, Value>,
    /// Members of `app_metadata` to set; `null` deletes.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub app_metadata: Map<String, Value>,
    /// The refresh token that is exchanged ends with its family, for this reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke_refresh_token: Option<String>,
    /// What happens to the session.
    #[serde(skip_serializing_if = "SessionEdits::is_empty")]
    pub session: SessionEdits,
    /// Methods that were recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
    /// What the scripts of one transaction hand to each other.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub transaction_metadata: Map<String, Value>,
}

/// A refusal by the tenant's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// What the client is told.
    pub reason: String,
    /// Whether a legacy rule said it: `unauthorized` at the legacy endpoints.
    #[serde(default)]
    pub by_rule: bool,
}

/// One edit of the scopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeEdit {
    /// Adds these, whoever may have them.
    Add(Scope),
    /// Takes one away.
    Remove(String),
    /// Replaces all of them.
    Set(Scope),
}

/// Edits of the session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionEdits {
    /// It ends, for this reason, and the login with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke: Option<String>,
    /// Whether refresh tokens outlive that.
    pub preserve_refresh_tokens: bool,
    /// A new absolute end, if earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// A new idle end, if earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_expires_at: Option<Timestamp>,
}

impl SessionEdits {
    /// Whether nothing happens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A tenant without code of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHook;

impl PostLogin for NoHook {
    fn is_bound<'a>(&'a self, _: &'a dyn Reads) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(std::future::ready(Ok(false)))
    }

    fn run<'a>(&'a self, _: &'a LoginEvent, _: &'a dyn Reads) -> BoxFuture<'a, Result<Verdict, Error>> {
        Box::pin(std::future::ready(Ok(Verdict::default())))
    }
}
