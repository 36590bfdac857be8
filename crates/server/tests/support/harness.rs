use std::net::TcpListener;
use std::sync::{Arc, OnceLock};

use countersign_authorization_endpoint::LoginLimits;
use countersign_crypto::{
    Argon2Cost, Argon2Hasher, DataKeys, DevAuthority, OpenSslSecretKeys, OpenSslVerifier, OsRandom,
    SystemClock, generate_signing_key,
};
use countersign_jose::Algorithm;
use countersign_oauth::{Clock as _, HttpFetch, Issuer, Sealer, Secret, Timestamp};
use countersign_outbound::{Outbound, OutboundOptions};
use countersign_server::{
    Deployment, Parts, Running, ServeOptions, Sockets, TlsFiles, bind_loopback, port_of,
};
use countersign_storage::{
    Change, Changes, Client as ClientRecord, KeyState, ResourceServer, SigningKey, Storage, Upsert, User,
};
use countersign_testkit::{AUDIENCE, EMAIL, FixedClock, NOW, PASSWORD, USER_ID, block_on};

use super::{Backend, Browser, Callback, Client, Opened, Request, Response, Store, Tenant};

/// Hashing as cheap as argon2 can be, the same as testkit's user has.
const CHEAP: Argon2Cost = Argon2Cost { memory_kib: 8, iterations: 1, parallelism: 1 };

/// A server in this process, or several that share a database and take requests in turn, with a clock that stands still until it is told otherwise.
pub struct Harness {
    /// The https domain, without a slash at the end; the first one.
    pub https: String,
    /// The http domain.
    pub http: String,
    /// The server's clock.
    pub clock: Arc<FixedClock>,
    /// What is stored: what HTTP cannot set is set here.
    pub storage: Arc<dyn Storage>,
    /// The data key.
    pub sealer: Arc<dyn Sealer>,
    client: Client,
    running: Vec<Running>,
    backend: Backend,
    _store: Store,
}

/// Runs a test against a server over each backend.
pub fn on_every_backend(test: impl Fn(&Harness)) {
    for backend in Backend::chosen() {
        test(&Harness::start(backend, Tenant::default()));
    }
}

impl Harness {
    /// A server over the first backend of the run, with the default tenant.
    pub fn new() -> Self {
        Self::start(Backend::first(), Tenant::default())
    }

    /// A server over the first backend of the run, with a tenant of the test's own.
    pub fn with(tenant: Tenant) -> Self {
        Self::start(Backend::first(), tenant)
    }

    /// A server with a tenant of the test's own.
    pub fn start(backend: Backend, tenant: Tenant) -> Self {
        Self::start_with(backend, tenant, ServeOptions::default())
    }

    pub fn start_with(backend: Backend, tenant: Tenant, options: ServeOptions) -> Self {
        Self::over(backend, Store::open(backend), tenant, options)
    }

    /// A server over a store that is open, and empty.
    pub fn over(backend: Backend, store: Store, tenant: Tenant, options: ServeOptions) -> Self {
        let storage = store.processes[0].storage.clone();
        let sealer: Arc<dyn Sealer> = shared().sealer.clone();
        let (rate_limits, development, fetch) =
            (tenant.rate_limits.clone(), tenant.development, tenant.fetch.clone());
        let actions = tenant.actions.clone();
        tenant.store(&*storage, &*sealer);
        for key in &shared().keys {
            block_on(storage.commit(Changes::none().with(Change::InsertSigningKey(key.clone())))).unwrap();
        }
        let clock = Arc::new(FixedClock::new(NOW));
        let sockets: Vec<Sockets> = store.processes.iter().map(|_| sockets()).collect();
        let (https, http) = (base("https", &sockets[0].https), base("http", &sockets[0].http));
        let deployment = Deployment {
            domains: vec![Issuer::new(&https), Issuer::new(&http)],
            login_limits: LoginLimits {
                per_account_and_ip: Some(10),
                per_account: Some(100),
                ..LoginLimits::default()
            },
            rate_limits,
            actions,
            development,
        };
        let ports = sockets.iter().map(|sockets| [port(&sockets.https), port(&sockets.http)]).collect();
        let processes = store.processes.iter().zip(sockets);
        let running = processes.map(|(opened, sockets)| {
            let parts = parts(opened, clock.clone(), fetch.clone());
            Running::start(&parts, &deployment, sockets, options.clone()).unwrap()
        });
        Self {
            running: running.collect(),
            client: Client::in_turn(&shared().ca_pem, ports),
            https,
            http,
            clock,
            storage,
            sealer,
            backend,
            _store: store,
        }
    }

    /// The data key that every server of a run has.
    pub fn data_key() -> Arc<dyn Sealer> {
        shared().sealer.clone()
    }

    /// The server's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The issuer of the first domain.
    pub fn issuer(&self) -> String {
        format!("{}/", self.https)
    }

    /// A URL on the first domain.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.https)
    }

    /// The client that trusts this server.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A client of one process alone, where there are several.
    pub fn client_of(&self, process: usize) -> Client {
        self.client.only(process)
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser {
        Browser::new(self.client())
    }

    pub fn send(&self, request: &Request) -> Response {
        self.client.send(request)
    }

    pub fn get(&self, path: &str) -> Response {
        self.send(&Request::get(self.url(path)))
    }

    pub fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Response {
        self.send(&Request::post_form(self.url(path), pairs))
    }

    /// A token request to the first domain, as a form.
    pub fn token(&self, pairs: &[(&str, &str)]) -> Response {
        self.post("/oauth/token", pairs)
    }

    /// A new browser logs the test user in, by a request with these parameters.
    pub fn log_in(&self, parameters: &[(&str, &str)]) -> Callback {
        let url = super::authorize_url(&self.https, parameters);
        self.browser().log_in(&url, EMAIL, PASSWORD)
    }

    /// The test user as stored.
    pub fn user(&self) -> User {
        block_on(self.storage.user(&USER_ID.into())).unwrap().unwrap()
    }

    /// Changes the test user, as administration does: what was decided before does not commit.
    pub fn change_user(&self, change: impl FnOnce(&mut User)) {
        let mut record = self.user();
        let expected_version = Some(record.version);
        change(&mut record);
        self.commit(Change::UpsertUser(Upsert { record, expected_version, raise_epoch: true }));
    }

    /// Changes a client, as administration does.
    pub fn change_client(&self, id: &str, change: impl FnOnce(&mut ClientRecord)) {
        let mut record = block_on(self.storage.client(&id.into())).unwrap().unwrap();
        let expected_version = Some(record.version);
        change(&mut record);
        self.commit(Change::UpsertClient(Upsert { record, expected_version, raise_epoch: true }));
    }

    /// Changes the test API, as administration does.
    pub fn change_api(&self, change: impl FnOnce(&mut ResourceServer)) {
        let mut record = block_on(self.storage.resource_server(&AUDIENCE.into())).unwrap().unwrap();
        let expected_version = Some(record.version);
        change(&mut record);
        self.commit(Change::UpsertResourceServer(Upsert { record, expected_version, raise_epoch: true }));
    }

    pub fn commit(&self, change: Change) {
        block_on(self.storage.commit(Changes::none().with(change))).unwrap();
    }

    /// Drains the server and waits for its end.
    pub fn stop(&mut self) {
        self.running.drain(..).for_each(|running| running.stop().unwrap());
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was on {:?}", self.backend);
        }
    }
}

/// What a process stands on: all of it its own, but for the clock and the data key.
fn parts(opened: &Opened, clock: Arc<FixedClock>, fetch: Option<Arc<dyn HttpFetch>>) -> Parts {
    Parts {
        storage: opened.storage.clone(),
        check: opened.check.clone(),
        clock,
        random: Arc::new(OsRandom),
        sealer: shared().sealer.clone(),
        hasher: Arc::new(Argon2Hasher::start(CHEAP, 2, 64, Arc::new(OsRandom)).unwrap()),
        verifier: Arc::new(OpenSslVerifier::new().unwrap()),
        fetch: fetch.unwrap_or_else(|| shared().fetch.clone()),
        secret_keys: Arc::new(OpenSslSecretKeys),
    }
}

fn sockets() -> Sockets {
    let (https, http) = (bind_loopback(0, "https").unwrap(), bind_loopback(0, "http").unwrap());
    Sockets { http, https, tls: Some(shared().tls.clone()) }
}

fn port(sockets: &[TcpListener]) -> u16 {
    port_of(&sockets[0], "a test").unwrap()
}

fn base(scheme: &str, sockets: &[TcpListener]) -> String {
    format!("{scheme}://localhost:{}", port(sockets))
}

/// What is dear to make and the same for every server of a test run.
struct Shared {
    sealer: Arc<DataKeys>,
    keys: Vec<SigningKey>,
    ca_pem: String,
    tls: TlsFiles,
    /// May call fake providers, which listen on loopback; reading the system's authorities takes a while.
    fetch: Arc<Outbound>,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let sealer = Arc::new(DataKeys::generate(&OsRandom));
        let key =
            |algorithm, state| generate_signing_key(algorithm, state, &*sealer, &OsRandom, NOW).unwrap();
        let keys = [KeyState::Current, KeyState::Next]
            .into_iter()
            .flat_map(|state| [key(Algorithm::RS256, state), key(Algorithm::ES256, state)])
            .collect();
        // The client's TLS looks at the machine's clock.
        let now = SystemClock.now();
        let authority = DevAuthority::generate(&[], &OsRandom, now).unwrap();
        let server = authority.issue_server_certificate(&[], &OsRandom, now).unwrap();
        let may_call = OutboundOptions { allow_private: true, ..OutboundOptions::default() };
        Shared {
            fetch: Arc::new(Outbound::new(&may_call).unwrap()),
            keys,
            sealer: sealer.clone(),
            ca_pem: authority.certificate_pem().unwrap(),
            tls: TlsFiles {
                certificate_chain_pem: server.certificate.into_bytes(),
                private_key_pem: Secret::new(server.private_key.expose().clone().into_bytes()),
            },
        }
    })
}
