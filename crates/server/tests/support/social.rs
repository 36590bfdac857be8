//! A tenant whose users come from elsewhere, and what its applications send.

use std::sync::Arc;

use countersign_connections::seal_option;
use countersign_oauth::{ConnectionId, GrantType, HttpFetch, Sealer, Secret};
use countersign_storage::{
    Change, Client, Connection, ConnectionSettings, NativeSocialLogin, Switch, Upsert, User,
};
use countersign_testkit::block_on;
use serde_json::{Map, Value, json};

use super::providers::{APP, APP_SECRET, FakeProviders};
use super::{Backend, DpopKey, Harness, Request, Response, SPA_ID, Tenant, WEB_ID, WEB_SECRET};

/// The legacy application: public, and not of the OpenID Connect pipeline.
pub const LEGACY_ID: &str = "test-legacy";
pub const APPLE_CODE: &str = "http://auth0.com/oauth/token-type/apple-authz-code";
pub const APPLE_ID_TOKEN: &str = "http://auth0.com/oauth/token-type/apple-id-token";
pub const FACEBOOK: &str = "http://auth0.com/oauth/token-type/facebook-info-session-access-token";
pub const GOOGLE: &str = "http://auth0.com/oauth/token-type/google-id-token";
pub const EXCHANGE: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");

/// The tenant, and the providers that its server calls.
pub fn tenant(providers: &Arc<FakeProviders>) -> Tenant {
    let mut tenant = Tenant::default();
    for id in [WEB_ID, SPA_ID] {
        let settings = &mut tenant.client(id).settings;
        let on = Switch { enabled: true };
        settings.native_social_login =
            NativeSocialLogin { apple: on, facebook: on, google: on, single_use_id_tokens: false };
        let mobile = json!({ "ios": { "app_bundle_identifier": APP } });
        settings.other.insert("mobile".to_owned(), mobile);
    }
    tenant.clients.push(legacy_client());
    for strategy in ["google-oauth2", "facebook", "twitter", "weibo", "apple"] {
        tenant.connections.push(connection(strategy, providers, &*Harness::data_key()));
    }
    tenant.fetch = Some(providers.clone() as Arc<dyn HttpFetch>);
    tenant
}

/// Runs a test against a server over each backend, with providers of its own.
pub fn with_providers(test: impl Fn(&Harness, &FakeProviders)) {
    for backend in Backend::chosen() {
        let providers = FakeProviders::new();
        test(&Harness::start(backend, tenant(&providers)), &providers);
    }
}

fn legacy_client() -> Client {
    let mut legacy = countersign_testkit::public_client();
    legacy.id = LEGACY_ID.into();
    legacy.settings.oidc_conformant = false;
    legacy.settings.grant_types = vec![
        GrantType::new("http://auth0.com/oauth/legacy/grant-type/access_token"),
        GrantType::REFRESH_TOKEN,
    ];
    legacy
}

fn connection(strategy: &str, providers: &FakeProviders, sealer: &dyn Sealer) -> Connection {
    let id = ConnectionId::new(format!("con_{strategy}"));
    let mut options = Map::new();
    options.insert("client_id".to_owned(), Value::from(APP));
    options.insert("upstream_base_url".to_owned(), Value::from(providers.base_url()));
    let secret = Secret::new(APP_SECRET.to_owned());
    options.insert("client_secret".to_owned(), seal_option(&id, "client_secret", &secret, sealer));
    if strategy == "apple" {
        let pem = Secret::new(providers.apple_key.clone());
        options.insert("app_secret".to_owned(), seal_option(&id, "app_secret", &pem, sealer));
        options.insert("kid".to_owned(), Value::from("KID"));
        options.insert("team_id".to_owned(), Value::from("TEAM"));
    }
    let enabled_clients = [WEB_ID, SPA_ID, LEGACY_ID].into_iter().map(Into::into).collect();
    Connection {
        id,
        name: strategy.to_owned(),
        strategy: strategy.to_owned(),
        settings: ConnectionSettings { enabled_clients, options, ..ConnectionSettings::default() },
        version: 0,
        epoch: 0,
    }
}

impl Harness {
    /// The single-page application, which stands for an app on a telephone, exchanges what it was given.
    pub fn exchange_social(&self, kind: &str, token: &str, more: &[(&str, &str)]) -> Response {
        self.send(&self.exchange_request(kind, token, more))
    }

    pub fn exchange_request(&self, kind: &str, token: &str, more: &[(&str, &str)]) -> Request {
        let common =
            [EXCHANGE, ("client_id", SPA_ID), ("subject_token", token), ("subject_token_type", kind)];
        Request::post_form(self.url("/oauth/token"), &[&common, more].concat())
    }

    /// The legacy application sends a provider's access token.
    pub fn legacy_request(&self, connection: &str, token: &str, more: &[(&str, &str)]) -> Request {
        let common = [("client_id", LEGACY_ID), ("access_token", token), ("connection", connection)];
        Request::post_form(self.url("/oauth/access_token"), &[&common, more].concat())
    }

    pub fn legacy(&self, connection: &str, token: &str, more: &[(&str, &str)]) -> Response {
        self.send(&self.legacy_request(connection, token, more))
    }

    /// Sends a request with proofs of a key: the second one with the nonce that the first one was answered with.
    pub fn send_with_nonce(&self, request: &Request, key: &DpopKey) -> Response {
        let url = self.url("/oauth/token");
        let first = request.clone().header("dpop", &key.proof("POST", &url, self.now()));
        let nonce = self.send(&first).expect(400).header("dpop-nonce").unwrap().to_owned();
        let proof = key.proof_with_nonce("POST", &url, self.now(), &nonce);
        self.send(&request.clone().header("dpop", &proof))
    }

    /// Changes a user, as administration does.
    pub fn change_user_of(&self, id: &str, change: impl FnOnce(&mut User)) {
        let mut record = self.user_of(id).unwrap();
        let expected_version = Some(record.version);
        change(&mut record);
        self.commit(Change::UpsertUser(Upsert { record, expected_version, raise_epoch: true }));
    }

    /// Changes a connection, as administration does.
    pub fn change_connection(&self, id: &str, change: impl FnOnce(&mut Connection)) {
        let mut record = block_on(self.storage.connection(&id.into())).unwrap().unwrap();
        let expected_version = Some(record.version);
        change(&mut record);
        self.commit(Change::UpsertConnection(Upsert { record, expected_version, raise_epoch: true }));
    }

    /// A user by id.
    pub fn user_of(&self, id: &str) -> Option<User> {
        block_on(self.storage.user(&id.into())).unwrap()
    }

    /// How many users there are beside the one that every tenant has.
    pub fn users_from_elsewhere(&self) -> usize {
        block_on(self.storage.users(1000)).unwrap().len() - 1
    }
}
