//! What attacks share: requests to change before they are sent, and the proof that nothing was written.

use countersign_oauth::HandleHash;
use countersign_storage::SingleUseKind;
use countersign_testkit::vectors::{RFC7636_CHALLENGE, RFC7636_VERIFIER};
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD, USER_ID, block_on};

use crate::support::{
    Browser, Callback, Harness, Request, Response, SPA_ID, WEB_CALLBACK, WEB_ID, WEB_SECRET, authorize_url,
    unescape,
};

/// Parameters to change before they are sent.
pub type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// The authorization request of the web or the single-page application; `changed` replaces or adds.
pub fn asking<'a>(client: &'a str, changed: &[(&'a str, &'a str)]) -> Pairs<'a> {
    let mut pairs = vec![
        ("client_id", client),
        ("response_type", "code"),
        ("redirect_uri", WEB_CALLBACK),
        ("scope", "openid profile offline_access"),
    ];
    if client == SPA_ID {
        pairs.extend([("code_challenge", RFC7636_CHALLENGE), ("code_challenge_method", "S256")]);
    }
    replaced(pairs, changed)
}

/// The token request that redeems a code.
pub fn redeeming<'a>(client: &'a str, code: &'a str, changed: &[(&'a str, &'a str)]) -> Pairs<'a> {
    let mut pairs = authenticated(client);
    pairs.extend([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", WEB_CALLBACK)]);
    if client == SPA_ID {
        pairs.push(("code_verifier", RFC7636_VERIFIER));
    }
    replaced(pairs, changed)
}

/// The token request that refreshes.
pub fn refreshing<'a>(client: &'a str, token: &'a str, changed: &[(&'a str, &'a str)]) -> Pairs<'a> {
    let mut pairs = authenticated(client);
    pairs.extend([("grant_type", "refresh_token"), ("refresh_token", token)]);
    replaced(pairs, changed)
}

/// The same parameters without one of them.
pub fn without<'a>(mut pairs: Pairs<'a>, name: &str) -> Pairs<'a> {
    pairs.retain(|(known, _)| *known != name);
    pairs
}

fn authenticated(client: &str) -> Pairs<'_> {
    let secret = (client == WEB_ID).then_some(("client_secret", WEB_SECRET));
    [("client_id", client)].into_iter().chain(secret).collect()
}

fn replaced<'a>(mut pairs: Pairs<'a>, changed: &[(&'a str, &'a str)]) -> Pairs<'a> {
    pairs.retain(|(name, _)| changed.iter().all(|(other, _)| name != other));
    pairs.extend_from_slice(changed);
    pairs
}

impl Harness {
    /// A new browser logs the test user in at the application.
    pub fn code_for(&self, client: &str, changed: &[(&str, &str)]) -> Callback {
        self.log_in(&asking(client, changed))
    }

    /// A browser that has a session of the test user.
    pub fn signed_in_browser(&self) -> Browser {
        let mut browser = self.browser();
        browser.log_in(&authorize_url(&self.https, &asking(WEB_ID, &[])), EMAIL, PASSWORD);
        browser
    }

    /// The tokens of a new login.
    pub fn tokens_for(&self, client: &str, changed: &[(&str, &str)]) -> Response {
        let callback = self.code_for(client, changed);
        self.token(&redeeming(client, callback.code(), &[])).expect(200)
    }

    /// `GET /userinfo` with a bearer token.
    pub fn userinfo_of(&self, access_token: &str) -> Response {
        let request = Request::get(self.url("/userinfo"));
        self.send(&request.header("authorization", &format!("Bearer {access_token}")))
    }

    /// Everything stored that an attack could change, the log apart, as text to compare: the accounts, what
    /// the test user has, the configuration, and what the given codes and tokens stand for.
    pub fn held(&self, handles: &[&str]) -> String {
        let (user, storage) = (USER_ID.into(), &self.storage);
        let mut text = format!("{:?}\n", block_on(storage.users(100)).unwrap());
        text += &format!("{:?}\n", block_on(storage.sessions_of_user(&user)).unwrap());
        text += &format!("{:?}\n", block_on(storage.families_of_user(&user)).unwrap());
        text += &format!("{:?}\n", block_on(storage.configuration_version()).unwrap());
        for (client, audience) in [WEB_ID, SPA_ID].iter().flat_map(|id| [(id, ""), (id, AUDIENCE)]) {
            let consent = block_on(storage.consent(&user, &(*client).into(), &audience.into()));
            text += &format!("{:?}\n", consent.unwrap());
        }
        for handle in handles.iter().map(|handle| HandleHash::of(handle)) {
            let code = block_on(storage.single_use(SingleUseKind::AuthorizationCode, &handle)).unwrap();
            if let Some(id) = code.as_ref().and_then(|code| code.authorization_id.as_ref()) {
                text += &format!("{:?}\n", block_on(storage.authorization(id)).unwrap());
            }
            text += &format!("{code:?}\n{:?}\n", block_on(storage.refresh_token(&handle)).unwrap());
            text += &format!("{:?}\n", block_on(storage.access_token(&handle)).unwrap());
        }
        text
    }

    /// Runs an attack and fails if it changed what is stored.
    pub fn writes_nothing(&self, handles: &[&str], attack: impl FnOnce() -> Response) -> Response {
        let before = self.held(handles);
        let response = attack();
        assert_eq!(self.held(handles), before, "a refused request wrote: {response:?}");
        response
    }
}

impl Response {
    /// A page of ours: no cache keeps it, nobody frames it, nothing but our own is loaded into it.
    pub fn shows(self, status: u16) -> Self {
        let page = self.expect(status);
        assert_eq!(page.header("location"), None);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        let policy = page.header("content-security-policy").unwrap();
        for rule in ["default-src 'none'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'"] {
            assert!(policy.split("; ").any(|known| known == rule), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        page
    }

    /// The error page, with this code and text, and without a `Location` or a cookie.
    pub fn shows_error(self, status: u16, code: &str, description: &str) -> Self {
        let page = self.shows(status);
        assert!(page.body.contains(&format!("data-error-code=\"{code}\"")), "{page:?}");
        assert!(unescape(&page.body).contains(&format!("<bdi>{description}</bdi>")), "{page:?}");
        assert!(page.all("set-cookie").is_empty(), "{page:?}");
        page
    }

    /// The error that goes back to the application by redirect, without a code.
    pub fn goes_back(self, status: u16, error: &str) -> Callback {
        let answer = self.expect(status);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let callback = Callback::parse(answer.header("location").unwrap());
        assert!(callback.url.starts_with(WEB_CALLBACK), "{callback:?}");
        assert_eq!(callback.get("error"), error, "{callback:?}");
        assert!(!callback.parameters.contains_key("code"), "{callback:?}");
        callback
    }
}

/// Base64 with padding (RFC 4648 §4), for `Authorization: Basic`.
pub fn base64(text: &str) -> String {
    base64_of(text.as_bytes())
}

/// The same of bytes.
pub fn base64_of(bytes: &[u8]) -> String {
    let mut encoded = countersign_jose::encode_base64url(bytes).replace('-', "+").replace('_', "/");
    while !encoded.len().is_multiple_of(4) {
        encoded.push('=');
    }
    encoded
}
