//! Google, Facebook, Twitter, Weibo and Apple as a server in a test calls them, without a network.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use countersign_crypto::{DataKeys, OsRandom, SigningKeys, generate_signing_key};
use countersign_jose::{Algorithm, KeyRing, sign_compact};
use countersign_oauth::{
    BoxFuture, FetchBody, FetchError, FetchRequest, FetchResponse, HttpFetch, Parameters, Sealer,
};
use countersign_storage::KeyState;
use countersign_testkit::NOW;
use serde_json::{Value, json};

/// The id that we have at every provider.
pub const APP: &str = "our-app";
/// Another application there.
pub const OTHER_APP: &str = "other-app";

/// How the providers behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As they document.
    Well,
    /// No answer in time.
    TimesOut,
    /// Status 500.
    Broken,
    /// A page instead of JSON.
    Html,
    /// A body over the limit.
    TooLarge,
    /// A redirect, which nobody follows.
    Redirects,
    /// An address that must not be called.
    Private,
}

/// A token that a provider knows.
#[derive(Clone)]
pub struct Known {
    pub app: &'static str,
    pub profile: Value,
    pub good: Goodness,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goodness {
    Good,
    Expired,
    Revoked,
}

/// All five.
pub struct FakeProviders {
    keys: Mutex<Arc<SigningKeys>>,
    sealer: Arc<DataKeys>,
    tokens: Mutex<HashMap<String, Known>>,
    /// Apple's codes that nobody redeemed yet, with the claims of their users.
    codes: Mutex<HashMap<String, Value>>,
    mood: Mutex<Mood>,
    calls: AtomicUsize,
}

impl FakeProviders {
    pub fn new() -> Arc<Self> {
        let sealer = Arc::new(DataKeys::generate(&OsRandom));
        Arc::new(Self {
            keys: Mutex::new(keys(&sealer)),
            sealer,
            tokens: Mutex::default(),
            codes: Mutex::default(),
            mood: Mutex::new(Mood::Well),
            calls: AtomicUsize::new(0),
        })
    }

    /// A token for a user of an application.
    pub fn knows(&self, token: &str, app: &'static str, profile: Value) {
        self.knows_as(token, app, profile, Goodness::Good);
    }

    pub fn knows_as(&self, token: &str, app: &'static str, profile: Value, good: Goodness) {
        self.tokens.lock().unwrap().insert(token.to_owned(), Known { app, profile, good });
    }

    /// A code of Apple's, good once.
    pub fn knows_code(&self, code: &str, claims: Value) {
        self.codes.lock().unwrap().insert(code.to_owned(), claims);
    }

    pub fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// How often anything was called.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Puts another key in place.
    pub fn rotate(&self) {
        *self.keys.lock().unwrap() = keys(&self.sealer);
    }

    /// An ID token with these claims beside the usual ones.
    pub fn id_token(&self, issuer: &str, claims: &Value) -> String {
        let now = NOW.seconds();
        let mut all = json!({ "iss": issuer, "aud": APP, "iat": now, "exp": now + 3600 });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let signer = self.keys.lock().unwrap().signer(Algorithm::RS256).unwrap();
        sign_compact(&*signer, "JWT", &all).unwrap()
    }

    /// Google's ID token for a user.
    pub fn google_id_token(&self, claims: &Value) -> String {
        self.id_token("https://accounts.google.com", claims)
    }

    fn token(&self, token: &str) -> Option<Known> {
        self.tokens.lock().unwrap().get(token).cloned()
    }

    fn answer(&self, request: &FetchRequest) -> (u16, Value) {
        let url = request.url.expose();
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let query = Parameters::parse_form(query.as_bytes()).unwrap();
        let form = match &request.body {
            FetchBody::Form(form) => Parameters::parse_form(form.expose().as_bytes()).unwrap(),
            _ => Parameters::default(),
        };
        let header = |name: &str| {
            let found = request.headers.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.expose().clone()).unwrap_or_default()
        };
        match base {
            "https://www.googleapis.com/oauth2/v3/certs" | "https://appleid.apple.com/auth/keys" => {
                let keys = self.keys.lock().unwrap().jwk_set(&[Algorithm::RS256]);
                (200, serde_json::to_value(keys).unwrap())
            }
            "https://appleid.apple.com/auth/token" => self.redeem(&form),
            "https://oauth2.googleapis.com/tokeninfo" => self.google_token(&query),
            "https://openidconnect.googleapis.com/v1/userinfo" => {
                let bearer = header("authorization");
                match self.token(bearer.trim_start_matches("Bearer ")) {
                    Some(known) => (200, known.profile),
                    None => (401, json!({ "error": "invalid_request" })),
                }
            }
            "https://graph.facebook.com/debug_token" => self.debug_token(&query),
            "https://graph.facebook.com/me" => {
                assert!(query.find("appsecret_proof").is_some(), "Facebook asks for the proof");
                (200, self.token(query.find("access_token").unwrap()).unwrap().profile)
            }
            "https://api.twitter.com/1.1/account/verify_credentials.json" => {
                self.verify_credentials(&header("authorization"))
            }
            "https://api.weibo.com/oauth2/get_token_info" => self.weibo_token(&form),
            "https://api.weibo.com/2/users/show.json" => {
                (200, self.token(query.find("access_token").unwrap()).unwrap().profile)
            }
            other => panic!("nobody listens at {other}"),
        }
    }

    fn redeem(&self, form: &Parameters) -> (u16, Value) {
        assert_eq!(form.find("grant_type"), Some("authorization_code"));
        assert_eq!(form.find("client_secret").unwrap().split('.').count(), 3, "a signed assertion");
        match self.codes.lock().unwrap().remove(form.find("code").unwrap()) {
            None => (400, json!({ "error": "invalid_grant" })),
            Some(claims) => {
                let id_token = self.id_token("https://appleid.apple.com", &claims);
                (
                    200,
                    json!({
                        "access_token": "apple-access", "refresh_token": "apple-refresh",
                        "token_type": "Bearer", "expires_in": 3600, "id_token": id_token,
                    }),
                )
            }
        }
    }

    fn google_token(&self, query: &Parameters) -> (u16, Value) {
        match self.token(query.find("access_token").unwrap()) {
            Some(Known { app, profile, good: Goodness::Good }) => (
                200,
                json!({ "aud": app, "azp": app, "sub": profile["sub"], "exp": (NOW.seconds() + 3600).to_string() }),
            ),
            _ => (400, json!({ "error": "invalid_token" })),
        }
    }

    fn debug_token(&self, query: &Parameters) -> (u16, Value) {
        let data = match self.token(query.find("input_token").unwrap()) {
            None => json!({ "is_valid": false, "error": { "code": 190 } }),
            Some(known) => {
                let subcode = if known.good == Goodness::Expired { 463 } else { 458 };
                let mut data = json!({
                    "app_id": known.app, "user_id": known.profile["id"], "expires_at": 0,
                    "is_valid": known.good == Goodness::Good,
                });
                if known.good != Goodness::Good {
                    data["error"] = json!({ "code": 190, "subcode": subcode });
                }
                data
            }
        };
        (200, json!({ "data": data }))
    }

    fn verify_credentials(&self, header: &str) -> (u16, Value) {
        let token = header.split("oauth_token=\"").nth(1).and_then(|rest| rest.split('"').next());
        match token.and_then(|token| self.token(token)) {
            Some(Known { app: APP, profile, good: Goodness::Good }) => (200, profile),
            Some(Known { app: OTHER_APP, .. }) => (401, json!({ "errors": [{ "code": 32 }] })),
            _ => (401, json!({ "errors": [{ "code": 89 }] })),
        }
    }

    fn weibo_token(&self, form: &Parameters) -> (u16, Value) {
        match self.token(form.find("access_token").unwrap()) {
            Some(known) if known.good == Goodness::Revoked => (400, json!({ "error_code": 21332 })),
            Some(known) => (
                200,
                json!({
                    "uid": known.profile["id"], "appkey": known.app,
                    "expire_in": if known.good == Goodness::Good { 3600 } else { 0 },
                }),
            ),
            None => (400, json!({ "error_code": 21314 })),
        }
    }
}

impl HttpFetch for FakeProviders {
    fn fetch<'a>(&'a self, request: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            let mood = *self.mood.lock().unwrap();
            let json = |status, body: Value| answer(status, "application/json", body.to_string());
            match mood {
                Mood::Well => {
                    let (status, body) = self.answer(&request);
                    Ok(json(status, body))
                }
                Mood::TimesOut => Err(FetchError::TimedOut),
                Mood::Broken => Ok(json(500, json!({ "error": "server_error" }))),
                Mood::Html => Ok(answer(200, "text/html", "<html>hello</html>".to_owned())),
                Mood::TooLarge => Err(FetchError::TooLarge),
                Mood::Redirects => Ok(answer(302, "text/html", String::new())),
                Mood::Private => Err(FetchError::PrivateAddress),
            }
        })
    }
}

fn answer(status: u16, content_type: &str, body: String) -> FetchResponse {
    FetchResponse {
        status,
        content_type: content_type.to_owned(),
        headers: Vec::new(),
        body: body.into_bytes(),
    }
}

fn keys(sealer: &Arc<DataKeys>) -> Arc<SigningKeys> {
    let key = generate_signing_key(Algorithm::RS256, KeyState::Current, &**sealer, &OsRandom, NOW).unwrap();
    let sealer: Arc<dyn Sealer> = sealer.clone();
    Arc::new(SigningKeys::new(vec![key], sealer).unwrap())
}
