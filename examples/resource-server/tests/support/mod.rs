//! A running Countersign, a client with a key, and the API that is tried.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use countersign_jose::{PublicKey, encode_base64url};
use countersign_oauth::Timestamp;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use resource_server::{Api, FetchError, FetchKeys, Guard, Http, IssuerKeys, NonceKey, Settings, UsedProofs};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// `countersign dev` with a tenant of our own.
pub struct Countersign {
    child: Child,
    /// The issuer, with its slash.
    pub issuer: String,
    _folder: tempfile::TempDir,
}

impl Countersign {
    /// Starts the program that `PROGRAM_UNDER_TEST` names, for APIs at these URLs: the first is bound, the
    /// second is bound and another, the third signs with RS256, the fourth takes what is bound or not.
    pub fn start(apis: [&str; 4]) -> Self {
        let binary = std::env::var_os("PROGRAM_UNDER_TEST").expect(
            "PROGRAM_UNDER_TEST names the program to test against: `cargo xtask test --only examples`",
        );
        let folder = tempfile::tempdir().unwrap();
        let (tenant, ready) = (folder.path().join("tenant.yaml"), folder.path().join("ready.json"));
        std::fs::write(&tenant, tenant_file(apis)).unwrap();
        let mut dev = Command::new(PathBuf::from(binary));
        dev.arg("dev").arg("--data").arg(folder.path().join("data"));
        dev.args(["--http-port", "0", "--https-port", "0"]);
        dev.arg("--tenant").arg(tenant).arg("--ready-file").arg(&ready);
        let log = folder.path().join("log");
        dev.stdout(Stdio::null()).stderr(std::fs::File::create(&log).unwrap());
        let child = dev.current_dir(folder.path()).spawn().unwrap();
        let mut running = Self { child, issuer: String::new(), _folder: folder };
        let until = Instant::now() + Duration::from_secs(60);
        let facts: Value = loop {
            let text = std::fs::read(&ready).unwrap_or_default();
            if let Ok(facts) = serde_json::from_slice(&text) {
                break facts;
            }
            let ended = running.child.try_wait().unwrap().is_some();
            assert!(!ended, "countersign ended: {}", std::fs::read_to_string(&log).unwrap());
            assert!(Instant::now() < until, "countersign did not get ready");
            std::thread::sleep(Duration::from_millis(20));
        };
        running.issuer = format!("{}/", facts["http"].as_str().unwrap());
        running
    }

    pub fn jwks_uri(&self) -> String {
        format!("{}.well-known/jwks.json", self.issuer)
    }

    /// A token by client credentials: bound to `key`, if there is one.
    pub fn token(&self, audience: &str, scope: &str, key: Option<&Key>) -> String {
        let url = format!("{}oauth/token", self.issuer);
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", "machine"),
            ("client_secret", SECRET),
            ("audience", audience),
            ("scope", scope),
        ];
        let mut call = Call::new("POST", &url).header("content-type", "application/x-www-form-urlencoded");
        let pairs =
            pairs.map(|(name, value)| format!("{name}={}", value.replace(':', "%3A").replace('/', "%2F")));
        call.body = pairs.join("&");
        if let Some(key) = key {
            call = call.header("DPoP", &key.sign(&key.claims("POST", &url)));
        }
        let answer = call.send();
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["token_type"], if key.is_some() { "DPoP" } else { "Bearer" });
        body["access_token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Countersign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SECRET: &str = "a-secret-for-the-tests-of-this-example-alone-1234";

fn tenant_file([orders, stock, plain, open]: [&str; 4]) -> String {
    let api = |name: &str, url: &str, rest: &str| {
        format!(
            "  - {{ name: {name}, identifier: \"{url}\", token_dialect: rfc9068_profile,\n      \
             scopes: [{{ value: \"read:orders\" }}, {{ value: \"write:orders\" }}], {rest} }}\n"
        )
    };
    let grant = |url: &str| {
        format!(
            "  - {{ client_id: Machine, audience: \"{url}\", scope: [\"read:orders\", \"write:orders\"] }}\n"
        )
    };
    let bound = "signing_alg: ES256, proof_of_possession: { mechanism: dpop, required: true }";
    [
        "clients:\n  - { name: Machine, client_id: machine, app_type: non_interactive,\n      ",
        &format!("client_secret: {SECRET}, grant_types: [client_credentials] }}\n"),
        "resourceServers:\n",
        &api("Orders", orders, bound),
        &api("Stock", stock, bound),
        &api("Plain", plain, &bound.replace("ES256", "RS256")),
        &api("Open", open, "signing_alg: ES256"),
        "clientGrants:\n",
        &[orders, stock, plain, open].map(grant).concat(),
    ]
    .concat()
}

/// A client's key.
pub struct Key {
    key: SigningKey,
    jwk: Value,
}

static COUNT: AtomicU64 = AtomicU64::new(0);

impl Key {
    pub fn generate() -> Self {
        let mut scalar = [0; 32];
        getrandom::fill(&mut scalar).unwrap();
        let key = SigningKey::from_slice(&scalar).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let (x, y) = (encode_base64url(point.x().unwrap()), encode_base64url(point.y().unwrap()));
        Self { key, jwk: json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }) }
    }

    /// `jkt`.
    pub fn thumbprint(&self) -> String {
        PublicKey::from_jwk(&self.jwk).unwrap().thumbprint().as_str().to_owned()
    }

    /// The claims of a right proof, made now, to be changed before they are signed.
    pub fn claims(&self, method: &str, url: &str) -> Value {
        let jti = format!("proof-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        json!({ "jti": jti, "htm": method, "htu": url, "iat": now().seconds() })
    }

    /// The claims of a right proof with a token.
    pub fn claims_for(&self, method: &str, url: &str, token: &str, nonce: &str) -> Value {
        let mut claims = self.claims(method, url);
        claims["ath"] = encode_base64url(Sha256::digest(token.as_bytes())).into();
        claims["nonce"] = nonce.into();
        claims
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_under(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk }), claims)
    }

    pub fn sign_under(&self, header: &Value, claims: &Value) -> String {
        let input =
            format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()));
        let signature: Signature = self.key.sign(input.as_bytes());
        format!("{input}.{}", encode_base64url(signature.to_bytes()))
    }
}

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

/// A request.
pub struct Call {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// What came back.
pub struct Answered {
    pub status: u16,
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Answered {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Call {
    pub fn new(method: &'static str, url: &str) -> Self {
        Self { method, url: url.to_owned(), headers: Vec::new(), body: String::new() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn send(self) -> Answered {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.timeout_global(Some(Duration::from_secs(30))).build().new_agent();
        let mut request = ureq::http::Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut response = agent.run(request.body(self.body).unwrap()).unwrap();
        let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        Answered { status, body: response.body_mut().read_to_string().unwrap(), headers }
    }
}

/// Counts how often keys are fetched.
#[derive(Clone)]
pub struct Counting(pub Arc<AtomicU64>, pub Arc<Http>);

impl FetchKeys for Counting {
    fn fetch(&self) -> Result<Vec<u8>, FetchError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.1.fetch()
    }
}

/// A guard that counts its fetches.
pub fn guard(countersign: &Countersign, url: &str, room: usize) -> (Guard, Arc<AtomicU64>) {
    let fetches = Arc::new(AtomicU64::new(0));
    let http = Arc::new(Http::new(&countersign.jwks_uri()).unwrap());
    let keys = IssuerKeys::new(Box::new(Counting(fetches.clone(), http)));
    let settings = Settings { issuer: countersign.issuer.clone(), url: url.to_owned() };
    (Guard::new(settings, keys, UsedProofs::new(room), NonceKey::generate().unwrap()), fetches)
}

/// The API on a port of its own, as long as it is not dropped.
pub struct Served {
    server: Arc<tiny_http::Server>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    pub fn start(server: Arc<tiny_http::Server>, guard: Guard) -> Self {
        let (its, api) = (server.clone(), Arc::new(Api { guard }));
        Self { server, thread: Some(std::thread::spawn(move || resource_server::serve(&its, &api, 1))) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.unblock();
        let _ = self.thread.take().unwrap().join();
    }
}
