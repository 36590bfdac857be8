//! A tenant with its endpoints for clients, and requests to send there.

use std::sync::Arc;

use countersign_client_auth::{ClientMethods, SECRET_PURPOSE};
use countersign_jose::{Compact, encode_base64url};
use countersign_oauth::{
    Audience, ClientId, Domain, Error, Fault, Handle, Issuer, OAuthError, Parameters, Scope, Seconds,
    Timestamp, UserId,
};
use countersign_storage::*;
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, FakeVerifier, NOW, ProofBuilder, SeededRandom, TestKeyRing,
    TestSealer, USER_ID, api, block_on, client, client_grant, connection, proof, request_context, session,
    user,
};
use countersign_token::{TokenIssuer, TokenResponse};
use countersign_token_endpoint::{
    Answered, EndpointError, Grants, Introspection, IntrospectionEndpoint, RevocationEndpoint, TokenAnswer,
    TokenEndpoint, TokenRequest,
};
use countersign_users::{NoHook, PostLogin};
use serde_json::Value;

use super::spy::SpyStorage;

/// The URL that proofs for the token endpoint name.
pub(crate) const TOKEN_URL: &str = "https://login.example.com/oauth/token";

/// A tenant with `client()`, `api()`, `client_grant()`, `connection()`, `user()` and `session()`.
pub(crate) struct World {
    pub(crate) storage: Arc<SpyStorage>,
    pub(crate) token: TokenEndpoint,
    pub(crate) revocation: RevocationEndpoint,
    pub(crate) introspection: IntrospectionEndpoint,
}

#[allow(dead_code, reason = "each test binary uses its part")]
impl World {
    pub(crate) fn new(grants: Grants) -> Self {
        Self::with_hook(grants, Arc::new(NoHook))
    }

    /// The same with code of the tenant's own.
    pub(crate) fn with_hook(grants: Grants, hook: Arc<dyn PostLogin>) -> Self {
        let storage = Arc::new(SpyStorage::default());
        let sealer = Arc::new(TestSealer::default());
        let keys = Arc::new(TestKeyRing::new());
        let random = Arc::new(SeededRandom::default());
        let world = Self {
            token: TokenEndpoint {
                configuration: Arc::default(),
                storage: storage.clone(),
                grants,
                own_grants: Grants::new(),
                failed_logins: None,
                exempt: countersign_users::Allowlist::default(),
                client_methods: ClientMethods::new(),
                issuer: TokenIssuer::new(keys.clone(), sealer.clone(), random, SECRET_PURPOSE),
                sealer: sealer.clone(),
                verifier: Arc::new(FakeVerifier),
                hook,
            },
            revocation: RevocationEndpoint {
                storage: storage.clone(),
                client_methods: ClientMethods::new(),
                sealer: sealer.clone(),
                verifier: Arc::new(FakeVerifier),
                keys: keys.clone(),
            },
            introspection: IntrospectionEndpoint {
                storage: storage.clone(),
                client_methods: ClientMethods::new(),
                sealer,
                verifier: Arc::new(FakeVerifier),
                keys,
            },
            storage,
        };
        world.put(Change::UpsertClient(new(client())));
        world.put(Change::UpsertResourceServer(new(api())));
        world.put(Change::UpsertClientGrant(new(client_grant())));
        world.put(Change::UpsertConnection(new(connection())));
        world.put(Change::UpsertUser(new(user())));
        world.put(Change::InsertSession(session()));
        world
    }

    /// Writes past the spy.
    pub(crate) fn put(&self, change: Change) {
        put(self.storage.inner(), change);
    }

    pub(crate) fn edit_client(&self, edit: impl FnOnce(&mut Client)) {
        edit_client(self.storage.inner(), edit);
    }

    pub(crate) fn edit_user(&self, edit: impl FnOnce(&mut User)) {
        edit_user(self.storage.inner(), edit);
    }

    pub(crate) fn edit_api(&self, edit: impl FnOnce(&mut ResourceServer)) {
        let audience = Audience::new(AUDIENCE);
        let mut record = block_on(self.storage.resource_server(&audience)).unwrap().unwrap();
        edit(&mut record);
        self.put(Change::UpsertResourceServer(changed(record.version, record)));
    }

    pub(crate) fn edit_settings(&self, edit: impl FnOnce(&mut TenantSettings)) {
        let Keyed { mut record, version } = block_on(self.storage.settings()).unwrap();
        edit(&mut record);
        self.put(Change::SetSettings(changed(version, record)));
    }

    /// Adds another client, as [`client`] but for its id and what `edit` does.
    pub(crate) fn add_client(&self, id: &str, edit: impl FnOnce(&mut Client)) {
        let mut record = Client { id: ClientId::new(id), ..client() };
        edit(&mut record);
        self.put(Change::UpsertClient(new(record)));
    }

    /// Sends a request to the token endpoint.
    pub(crate) fn post(&self, call: &Call) -> Answered<TokenAnswer> {
        block_on(self.token.handle(&call.request()))
    }

    pub(crate) fn revoke(&self, call: &Call) -> Answered<()> {
        block_on(self.revocation.handle(&call.request()))
    }

    pub(crate) fn introspect(&self, call: &Call) -> Answered<Introspection> {
        block_on(self.introspection.handle(&call.request()))
    }

    /// Sends a request that must be refused for `rule`, and asserts that nothing was written but the log.
    #[track_caller]
    pub(crate) fn refuses(&self, call: &Call, rule: &str) -> OAuthError {
        let error = self.refuses_and_writes(call, rule);
        let written = self.take_effects();
        assert!(written.is_empty(), "a refusal for {rule} wrote {written:?}");
        error
    }

    /// Sends a request that must be refused for `rule`.
    #[track_caller]
    pub(crate) fn refuses_and_writes(&self, call: &Call, rule: &str) -> OAuthError {
        self.storage.take_writes();
        let error = refusal(self.post(call));
        assert_eq!(error.rule, rule, "{error:?}");
        error
    }

    /// Everything written since the last look, rows of the log aside.
    pub(crate) fn take_effects(&self) -> Vec<Change> {
        let mut written = self.storage.take_writes();
        written.retain(|change| !matches!(change, Change::Log(_)));
        written
    }

    /// Sends a request that must succeed.
    #[track_caller]
    pub(crate) fn issues(&self, call: &Call) -> TokenAnswer {
        match self.post(call) {
            Ok(answer) => answer,
            Err(error) => panic!("refused: {:?}", error.error),
        }
    }

    pub(crate) fn families(&self) -> Vec<RefreshFamily> {
        block_on(self.storage.families_of_user(&UserId::new(USER_ID))).unwrap()
    }

    pub(crate) fn log(&self) -> Vec<LogEvent> {
        block_on(self.storage.log_events(1000)).unwrap()
    }
}

/// A record that is not there yet.
pub(crate) fn new<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: None, raise_epoch: false }
}

/// A record that is there, narrowed.
pub(crate) fn changed<T>(version: i64, record: T) -> Upsert<T> {
    Upsert { record, expected_version: Some(version), raise_epoch: true }
}

#[track_caller]
pub(crate) fn put(storage: &MemoryStorage, change: Change) {
    block_on(storage.commit(Changes::none().with(change))).unwrap();
}

#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn edit_client(storage: &MemoryStorage, edit: impl FnOnce(&mut Client)) {
    let mut record = block_on(storage.client(&ClientId::new(CLIENT_ID))).unwrap().unwrap();
    edit(&mut record);
    put(storage, Change::UpsertClient(changed(record.version, record)));
}

#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn edit_user(storage: &MemoryStorage, edit: impl FnOnce(&mut User)) {
    let mut record = block_on(storage.user(&UserId::new(USER_ID))).unwrap().unwrap();
    edit(&mut record);
    put(storage, Change::UpsertUser(changed(record.version, record)));
}

/// The refusal of an answer that must be one.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(answered: Answered<T>) -> OAuthError {
    match answered {
        Err(EndpointError { error: Error::Refused(error), .. }) => error,
        other => panic!("not refused: {other:?}"),
    }
}

/// The fault of an answer that must be one.
#[track_caller]
#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn fault<T: std::fmt::Debug>(answered: Answered<T>) -> Fault {
    match answered {
        Err(EndpointError { error: Error::Fault(fault), .. }) => fault,
        other => panic!("no fault: {other:?}"),
    }
}

/// The payload of a JWT, unverified.
#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn claims(jwt: &str) -> Value {
    serde_json::from_slice(&Compact::parse(jwt).unwrap().payload).unwrap()
}

/// The `scope` of an answer; `-` where it is left out.
#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn granted(response: &TokenResponse) -> String {
    response.scope.as_ref().map_or_else(|| "-".to_owned(), Scope::to_string)
}

/// Scopes by their names.
#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

/// A request at the making; [`Call::new`] has the credentials of [`client`] in its body.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    parameters: Vec<(String, String)>,
    authorization: Option<String>,
    dpop: Vec<String>,
    forwarded_for: Option<String>,
    at: Timestamp,
    issuer: Option<String>,
}

#[allow(dead_code, reason = "each test binary uses its part")]
impl Call {
    pub(crate) fn new(parameters: &[(&str, &str)]) -> Self {
        Self::anonymous(parameters).with("client_id", CLIENT_ID).with("client_secret", CLIENT_SECRET)
    }

    /// Without credentials.
    pub(crate) fn anonymous(parameters: &[(&str, &str)]) -> Self {
        let parameters = parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Self { parameters, authorization: None, dpop: Vec::new(), forwarded_for: None, at: NOW, issuer: None }
    }

    /// Of a public client.
    pub(crate) fn public(parameters: &[(&str, &str)]) -> Self {
        Self::anonymous(parameters).with("client_id", CLIENT_ID)
    }

    /// Sets a parameter.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a parameter, though it may be there.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn authorization(mut self, header: &str) -> Self {
        self.authorization = Some(header.to_owned());
        self
    }

    /// With `auth0-forwarded-for`.
    pub(crate) fn for_user_at(mut self, ip: &str) -> Self {
        self.forwarded_for = Some(ip.to_owned());
        self
    }

    pub(crate) fn dpop(mut self, proof: &ProofBuilder) -> Self {
        self.dpop.push(proof.build());
        self
    }

    pub(crate) fn at(mut self, at: Timestamp) -> Self {
        self.at = at;
        self
    }

    pub(crate) fn later(self, seconds: i64) -> Self {
        let at = self.at.plus(Seconds(seconds));
        self.at(at)
    }

    /// At another domain of the tenant.
    pub(crate) fn on(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    pub(crate) fn request(&self) -> TokenRequest {
        let mut context = request_context();
        context.now = self.at;
        if let Some(issuer) = &self.issuer {
            context.domain = Arc::new(Domain { issuer: Issuer::new(issuer) });
        }
        TokenRequest {
            parameters: Parameters::from_pairs(self.parameters.clone()).unwrap(),
            authorization: self.authorization.clone(),
            dpop: self.dpop.clone(),
            forwarded_for: self.forwarded_for.clone(),
            context,
        }
    }
}

/// `Authorization: Basic` of a client.
#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn basic(id: &str, secret: &str) -> String {
    // Standard and URL-safe base64 differ in two characters and the padding.
    let mut text = encode_base64url(format!("{id}:{secret}")).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    format!("Basic {text}")
}

/// A proof for the token endpoint with an id of its own.
#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn token_proof(jti: &str) -> ProofBuilder {
    proof("POST", TOKEN_URL).claim("jti", jti)
}

/// A handle that nobody made.
#[allow(dead_code, reason = "each test binary uses its part")]
pub(crate) fn stranger() -> Handle {
    Handle::generate(&SeededRandom::new(7))
}
