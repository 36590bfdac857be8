#![doc = include_str!("../README.md")]

mod apple;
mod control;
mod facebook;
mod google;
mod keys;
mod sample;
mod server;
mod state;
mod twitter;
mod weibo;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_oauth::Clock;
use serde_json::{Value, json};

pub use sample::APPLE_APP;
use state::State;
pub use state::{Misbehaviour, Token};

/// All five providers behind one address: what is at `https://HOST/PATH` at the real one is at `/HOST/PATH` here.
///
/// The same by HTTP, for developers, with `user`, `app`, `token` and `how` in the query:
/// `/control/STRATEGY/access-token`, `…/id-token`, `…/revoke`, `…/expire`, `…/rotate-keys`, `/control/apple/code`,
/// `/control/misbehave/HOST`.
///
/// It ends when it is dropped.
pub struct FakeProviders {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stopped: Arc<AtomicBool>,
}

impl FakeProviders {
    /// Starts them on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port or no thread is to be had.
    pub fn start(clock: Arc<dyn Clock>) -> io::Result<Self> {
        Self::start_on(TcpListener::bind("127.0.0.1:0")?, clock)
    }

    /// Starts them on a socket that is bound.
    ///
    /// # Errors
    /// When no thread is to be had, or no key can be made.
    pub fn start_on(listener: TcpListener, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::new(clock)?));
        let stopped = Arc::new(AtomicBool::new(false));
        server::start(listener, state.clone(), stopped.clone())?;
        Ok(Self { address, state, stopped })
    }

    /// The value for `upstream_base_url`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an account at a strategy's provider, or replaces it: the members of its profile, in the provider's words.
    pub fn add_user(&self, strategy: &str, id: &str, profile: Value) {
        let profile = profile.as_object().cloned().unwrap_or_default();
        self.state().users.insert((strategy.to_owned(), id.to_owned()), profile);
    }

    /// Issues an access token.
    pub fn issue(&self, strategy: &str, token: Token) {
        self.state().tokens.insert((strategy.to_owned(), token.token.clone()), token);
    }

    /// Revokes an access token.
    pub fn revoke(&self, strategy: &str, token: &str) {
        if let Some(token) = self.state().tokens.get_mut(&(strategy.to_owned(), token.to_owned())) {
            token.revoked = true;
        }
    }

    /// Registers an application with its secret.
    pub fn add_app(&self, strategy: &str, id: &str, secret: &str) {
        self.state().apps.insert((strategy.to_owned(), id.to_owned()), secret.to_owned());
    }

    /// Signs an ID token of Google's; `claims` go over the usual ones, and `null` takes one out.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn google_id_token(&self, claims: &Value) -> io::Result<String> {
        let state = self.state();
        state.google_keys.sign(&google::claims(&state, claims), true)
    }

    /// Signs an identity token of Apple's likewise.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn apple_id_token(&self, claims: &Value) -> io::Result<String> {
        let state = self.state();
        state.apple_keys.sign(&apple::claims(&state, claims), false)
    }

    /// Registers a key of an Apple team; answers its private half in PKCS#8 PEM, which Apple lets one download once.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn add_apple_key(&self, team_id: &str, kid: &str) -> io::Result<String> {
        let (key, pem) = keys::p256()?;
        self.state().apple_team_keys.insert((team_id.to_owned(), kid.to_owned()), key);
        Ok(pem)
    }

    /// Gives out an authorization code of Apple's for an application, good once and for five minutes; `claims` are
    /// those of the identity token that it brings.
    pub fn add_apple_code(&self, code: &str, app_id: &str, claims: &Value) {
        let mut state = self.state();
        let expires_at = state.now() + 300;
        let mut claims = claims.clone();
        if let Some(claims) = claims.as_object_mut() {
            claims.entry("aud").or_insert_with(|| json!(app_id));
        }
        state
            .apple_codes
            .insert(code.to_owned(), state::AppleCode { app_id: app_id.to_owned(), claims, expires_at });
    }

    /// Replaces the signing key of Google or Apple; the old one is published no more.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn rotate_keys(&self, strategy: &str) -> io::Result<()> {
        let mut state = self.state();
        if strategy == "apple" { state.apple_keys.rotate() } else { state.google_keys.rotate() }
    }

    /// Has every answer of a host go wrong from now on; `None` ends it.
    pub fn misbehave(&self, host: &str, how: Option<Misbehaviour>) {
        let mut state = self.state();
        match how {
            Some(how) => drop(state.misbehaviour.insert(host.to_owned(), how)),
            None => drop(state.misbehaviour.remove(host)),
        }
    }

    /// How often a path was asked for: `appleid.apple.com/auth/token`.
    #[must_use]
    pub fn calls(&self, path: &str) -> usize {
        self.state().calls.get(path).copied().unwrap_or_default()
    }
}

impl Drop for FakeProviders {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The thread that accepts wakes up by this, and sees it.
        drop(std::net::TcpStream::connect(self.address));
    }
}
