//! The server in this process, its partner, and requests to send there.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign_crypto::{Argon2Cost, OsRandom};
use countersign_dpop::P256Verifier;
use countersign_jose::{PublishedKeys, encode_base64url};
use countersign_server::Running;
use countersign_storage::User;
use hmac::{Hmac, KeyInit, Mac};
use own_server::{PartnerTicket, apply, parts, register, start};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::Sha256;

pub const PARTNER: &str = "https://partner.example.test";
pub const TICKET: &str = "urn:example:params:oauth:grant-type:partner-ticket";
pub const API: &str = "https://orders.example.test";
pub const SECRET: &str = "a-secret-for-the-tests-of-this-example-alone-1234";
pub const USER: &str = "auth0|ada";

const TENANT: &str = r#"
clients:
  - name: Portal
    client_id: portal
    client_secret: a-secret-for-the-tests-of-this-example-alone-1234
    app_type: regular_web
    grant_types: [client_credentials, "urn:example:params:oauth:grant-type:partner-ticket"]
  - name: Job
    client_id: job
    client_secret: a-secret-for-the-tests-of-this-example-alone-1234
    app_type: non_interactive
    grant_types: [client_credentials]
resourceServers:
  - name: Orders
    identifier: https://orders.example.test
    scopes: [{ value: "read:orders" }, { value: "write:orders" }]
clientGrants:
  - { client_id: Portal, audience: "https://orders.example.test", scope: ["read:orders"] }
  - { client_id: Job, audience: "https://orders.example.test", scope: ["read:orders"] }
databases:
  - name: Username-Password-Authentication
    strategy: auth0
    enabled_clients: [Portal]
"#;

/// A running server over a folder that may have been used before.
pub struct World {
    pub running: Running,
    pub issuer: String,
    pub partner: Key,
}

impl World {
    pub fn start(folder: &Path, partner: Key) -> Self {
        let cheap = Argon2Cost { memory_kib: 8, iterations: 1, parallelism: 1 };
        let parts = parts(folder, cheap).unwrap();
        apply(&parts, TENANT).unwrap();
        register(&*parts.storage, &"job".into(), "client_badge").unwrap();
        let http = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://localhost:{}/", http.local_addr().unwrap().port());
        let keys = PublishedKeys::parse(partner.jwk_set().as_bytes(), Arc::new(P256Verifier)).unwrap();
        let ticket = PartnerTicket::new(PARTNER, keys, Arc::new(OsRandom));
        Self { running: start(&parts, &issuer, ticket, http).unwrap(), issuer, partner }
    }

    /// A user whom the partner may name.
    pub fn add_user(&self) {
        use countersign_storage::{Change, Changes, Upsert};
        let storage = &self.running.storage;
        let connection = pollster::block_on(storage.connections()).unwrap().remove(0).id;
        let record = User {
            id: USER.into(),
            connection_id: connection,
            email: Some("ada@example.test".to_owned()),
            email_verified: true,
            username: None,
            password: None,
            profile: countersign_storage::Profile::default(),
            blocked: false,
            identities: Vec::new(),
            created_at: now(),
            updated_at: now(),
            password_changed_at: None,
            last_login: None,
            last_ip: None,
            logins_count: 0,
            version: 0,
            epoch: 0,
        };
        let upsert = Upsert { record, expected_version: None, raise_epoch: false };
        pollster::block_on(storage.commit(Changes::none().with(Change::UpsertUser(upsert)))).unwrap();
    }

    pub fn block_user(&self) {
        use countersign_storage::{Change, Changes, Upsert};
        let storage = &self.running.storage;
        let mut record = pollster::block_on(storage.user(&USER.into())).unwrap().unwrap();
        let expected_version = Some(record.version);
        record.blocked = true;
        let upsert = Upsert { record, expected_version, raise_epoch: true };
        pollster::block_on(storage.commit(Changes::none().with(Change::UpsertUser(upsert)))).unwrap();
    }

    pub fn token(&self, pairs: &[(&str, &str)]) -> (u16, Value) {
        let body = serde_urlencoded::to_string(pairs).unwrap();
        let request = ureq::http::Request::post(format!("{}oauth/token", self.issuer))
            .header("content-type", "application/x-www-form-urlencoded");
        let mut response = agent().run(request.body(body).unwrap()).unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap())
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let mut response = agent().get(format!("{}{path}", self.issuer)).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// A token request of the portal for that ticket.
    pub fn show(&self, ticket: &str) -> (u16, Value) {
        self.show_for(ticket, &[("audience", API)])
    }

    pub fn show_for(&self, ticket: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let own = [("grant_type", TICKET), ("client_id", "portal"), ("client_secret", SECRET)];
        self.token(&[own.as_slice(), &[("ticket", ticket)], more].concat())
    }

    /// A ticket's claims, to be changed before they are signed.
    pub fn claims(&self) -> Value {
        json!({
            "iss": PARTNER, "aud": self.issuer, "sub": USER, "jti": unique(),
            "iat": now().seconds(), "exp": now().seconds() + 60,
        })
    }

    pub fn ticket(&self, claims: &Value) -> String {
        self.partner.sign(&json!({ "typ": "partner-ticket+jwt", "alg": "ES256", "kid": "partner" }), claims)
    }

    /// A token request of the job, which signs this assertion with its secret.
    pub fn assert(&self, claims: &Value) -> (u16, Value) {
        self.present(&sign_with_secret(SECRET, claims))
    }

    pub fn present(&self, assertion: &str) -> (u16, Value) {
        self.token(&[
            ("grant_type", "client_credentials"),
            ("audience", API),
            ("client_assertion_type", "urn:example:client-assertion-type:badge"),
            ("client_assertion", assertion),
        ])
    }

    /// The rules by which requests were refused, the newest first.
    pub fn logged_rules(&self) -> Vec<String> {
        let events = pollster::block_on(self.running.storage.log_events(20)).unwrap();
        events.into_iter().filter_map(|event| event.rule).collect()
    }
}

/// An assertion of the job, to be changed before it is signed.
pub fn assertion(issuer: &str) -> Value {
    json!({
        "iss": "job", "sub": "job", "aud": issuer, "jti": unique(),
        "iat": now().seconds(), "exp": now().seconds() + 60,
    })
}

pub fn sign_with_secret(secret: &str, claims: &Value) -> String {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let input = format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(input.as_bytes());
    format!("{input}.{}", encode_base64url(mac.finalize().into_bytes()))
}

/// A key of the partner's.
pub struct Key(SigningKey);

impl Key {
    pub fn generate() -> Self {
        let mut scalar = [0; 32];
        getrandom::fill(&mut scalar).unwrap();
        Self(SigningKey::from_slice(&scalar).unwrap())
    }

    pub fn jwk_set(&self) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        let (x, y) = (encode_base64url(point.x().unwrap()), encode_base64url(point.y().unwrap()));
        let key = json!({ "kty": "EC", "crv": "P-256", "kid": "partner", "use": "sig", "alg": "ES256", "x": x, "y": y });
        json!({ "keys": [key] }).to_string()
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let input =
            format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()));
        let signature: Signature = self.0.sign(input.as_bytes());
        format!("{input}.{}", encode_base64url(signature.to_bytes()))
    }
}

pub fn now() -> countersign_oauth::Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    countersign_oauth::Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("jti-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(Duration::from_secs(30))).build().new_agent()
}
