//! Google, Facebook, Twitter, Weibo and Apple as a server in a test calls them: over HTTP, by the client that it has
//! outside tests.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use countersign_fake_providers::{FakeProviders as Fakes, Misbehaviour, Token};
use countersign_oauth::{BoxFuture, FetchError, FetchRequest, FetchResponse, HttpFetch};
use countersign_outbound::{Outbound, OutboundOptions};
use countersign_testkit::{FixedClock, NOW};
use serde_json::{Value, json};

/// The id that we have at every provider.
pub const APP: &str = "our-app";
/// Our secret there.
pub const APP_SECRET: &str = "our-secret";
/// Another application there.
pub const OTHER_APP: &str = "other-app";
/// The second half of every OAuth 1.0a token.
pub const TOKEN_SECRET: &str = "second-half";

const STRATEGIES: [&str; 4] = ["facebook", "google-oauth2", "twitter", "weibo"];
const HOSTS: [&str; 7] = [
    "www.googleapis.com",
    "oauth2.googleapis.com",
    "openidconnect.googleapis.com",
    "graph.facebook.com",
    "api.twitter.com",
    "api.weibo.com",
    "appleid.apple.com",
];

/// Whether a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goodness {
    Good,
    Expired,
    Revoked,
}

/// All five, and how often they were called.
pub struct FakeProviders {
    fakes: Fakes,
    calls: AtomicUsize,
    are_well: AtomicBool,
    /// The key of our team at Apple.
    pub apple_key: String,
}

/// Two for the whole run, since reading the system's authorities takes a while: as patient as outside tests, and one
/// that does not wait long for providers that are known to hang.
fn outbound(is_patient: bool) -> &'static Outbound {
    static PATIENT: OnceLock<Outbound> = OnceLock::new();
    static IMPATIENT: OnceLock<Outbound> = OnceLock::new();
    let patient = OutboundOptions { allow_private: true, ..OutboundOptions::default() };
    let timeout = if is_patient { patient.timeout } else { Duration::from_secs(1) };
    let held = if is_patient { &PATIENT } else { &IMPATIENT };
    held.get_or_init(|| Outbound::new(&OutboundOptions { timeout, ..patient }).unwrap())
}

impl FakeProviders {
    pub fn new() -> Arc<Self> {
        let fakes = Fakes::start(Arc::new(FixedClock::new(NOW))).unwrap();
        for strategy in STRATEGIES {
            fakes.add_app(strategy, APP, APP_SECRET);
            fakes.add_app(strategy, OTHER_APP, "other-secret");
        }
        let apple_key = fakes.add_apple_key("TEAM", "KID").unwrap();
        Arc::new(Self { fakes, calls: AtomicUsize::new(0), are_well: AtomicBool::new(true), apple_key })
    }

    /// The value for `upstream_base_url`.
    pub fn base_url(&self) -> String {
        self.fakes.base_url()
    }

    /// A token for a user of an application, at whichever provider the profile is of.
    pub fn knows(&self, token: &str, app: &str, profile: Value) {
        self.knows_as(token, app, profile, Goodness::Good);
    }

    pub fn knows_as(&self, token: &str, app: &str, profile: Value, good: Goodness) {
        let id = ["sub", "id_str", "idstr", "id"].iter().find_map(|name| profile.get(name)?.as_str());
        let id = id.unwrap().to_owned();
        for strategy in STRATEGIES {
            self.fakes.add_user(strategy, &id, profile.clone());
            let known = Token::new(token, app, &id).with_secret(TOKEN_SECRET);
            let ends = NOW.seconds() + if good == Goodness::Expired { -100 } else { 3600 };
            self.fakes.issue(strategy, known.expiring_at(ends));
            if good == Goodness::Revoked {
                self.fakes.revoke(strategy, token);
            }
        }
    }

    /// A code of Apple's, good once.
    pub fn knows_code(&self, code: &str, claims: Value) {
        self.fakes.add_apple_code(code, APP, &claims);
    }

    /// Has all of them go wrong from now on.
    pub fn misbehave(&self, how: &Misbehaviour) {
        self.are_well.store(false, Ordering::SeqCst);
        for host in HOSTS {
            self.fakes.misbehave(host, Some(how.clone()));
        }
    }

    /// How often anything was called.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Puts another key in the place of Google's.
    pub fn rotate(&self) {
        self.fakes.rotate_keys("google-oauth2").unwrap();
    }

    /// Apple's identity token with these claims beside the usual ones.
    pub fn apple_id_token(&self, claims: &Value) -> String {
        self.fakes.apple_id_token(&for_us(claims)).unwrap()
    }

    /// Google's ID token likewise.
    pub fn google_id_token(&self, claims: &Value) -> String {
        self.fakes.google_id_token(&for_us(claims)).unwrap()
    }
}

fn for_us(claims: &Value) -> Value {
    let mut all = json!({ "aud": APP, "azp": APP });
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

impl HttpFetch for FakeProviders {
    fn fetch<'a>(&'a self, request: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        outbound(self.are_well.load(Ordering::SeqCst)).fetch(request)
    }

    fn may_call_private(&self) -> bool {
        true
    }
}
