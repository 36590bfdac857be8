use countersign_crypto::OsRandom;
use countersign_management::Admin;
use countersign_oauth::{Compliance, HandleHash};
use countersign_storage::{Change, ClientGrant, Session, Upsert};
use countersign_testkit::{EMAIL, PASSWORD, USER_ID, block_on};

use super::{
    Browser, Harness, MACHINE_ID, MACHINE_SECRET, Request, Response, SPA_ID, WEB_CALLBACK, WEB_ID,
    WEB_SECRET, authorize_url, on_every_backend, s256,
};

/// How the web application shows itself.
pub const WEB: &[(&str, &str)] = &[("client_id", WEB_ID), ("client_secret", WEB_SECRET)];
/// How the machine does.
pub const MACHINE: &[(&str, &str)] = &[("client_id", MACHINE_ID), ("client_secret", MACHINE_SECRET)];
/// How the single-page application does.
pub const SPA: &[(&str, &str)] = &[("client_id", SPA_ID)];
/// The single-page application's PKCE verifier.
pub const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-0";

impl Harness {
    /// A code for the web application; an empty audience is none.
    pub fn web_code(&self, scope: &str, audience: &str) -> String {
        self.code_in(&mut self.browser(), WEB_ID, &[("scope", scope), ("audience", audience)])
    }

    /// A code for the single-page application, with an S256 challenge.
    pub fn spa_code(&self, scope: &str, audience: &str) -> String {
        self.code_in(&mut self.browser(), SPA_ID, &[("scope", scope), ("audience", audience)])
    }

    /// A code from this browser, which logs in if it must; the single-page application sends its challenge.
    pub fn code_in(&self, browser: &mut Browser, client: &str, more: &[(&str, &str)]) -> String {
        let challenge = s256(VERIFIER);
        let pkce = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
        let common = [("client_id", client), ("response_type", "code"), ("redirect_uri", WEB_CALLBACK)];
        let pkce: &[_] = if client == SPA_ID { &pkce } else { &[] };
        let url = authorize_url(&self.https, &[&common, pkce, more].concat());
        browser.log_in(&url, EMAIL, PASSWORD).code().to_owned()
    }

    /// The web application exchanges a code.
    pub fn web_exchange(&self, code: &str) -> Response {
        self.token(&[WEB, &exchange(code)].concat())
    }

    /// The single-page application exchanges a code.
    pub fn spa_exchange(&self, code: &str) -> Response {
        self.token(&[SPA, &exchange(code), &[("code_verifier", VERIFIER)]].concat())
    }

    /// The web application's tokens after a login.
    pub fn web_tokens(&self, scope: &str, audience: &str) -> Response {
        self.web_exchange(&self.web_code(scope, audience)).expect(200)
    }

    /// The single-page application's tokens after a login.
    pub fn spa_tokens(&self, scope: &str, audience: &str) -> Response {
        self.spa_exchange(&self.spa_code(scope, audience)).expect(200)
    }

    /// The machine's token.
    pub fn machine_token(&self, audience: &str) -> Response {
        self.token(&[MACHINE, &client_credentials(audience)].concat()).expect(200)
    }

    /// A refresh by a client.
    pub fn refresh(&self, client: &[(&str, &str)], token: &str) -> Response {
        self.token(&[client, &refresh(token)].concat())
    }

    /// `GET /userinfo` with a bearer token.
    pub fn userinfo(&self, token: &str) -> Response {
        self.send(&self.userinfo_request(token))
    }

    pub fn userinfo_request(&self, token: &str) -> Request {
        Request::get(self.url("/userinfo")).header("authorization", &format!("Bearer {token}"))
    }
}

/// What an exchange of a code says, the client and the verifier apart.
pub fn exchange(code: &str) -> [(&str, &str); 3] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", WEB_CALLBACK)]
}

/// What a refresh says, the client apart.
pub fn refresh(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

/// What a machine says, itself apart.
pub fn client_credentials(audience: &str) -> [(&str, &str); 2] {
    [("grant_type", "client_credentials"), ("audience", audience)]
}

/// Credentials as `Authorization: Basic` (RFC 6749 §2.3.1), for ids and secrets without special characters.
pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", base64(format!("{id}:{secret}").as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    let mut text = countersign_jose::encode_base64url(bytes).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

impl Harness {
    /// The hands of administration.
    pub fn admin(&self) -> Admin<'_> {
        Admin { storage: &*self.storage, random: &OsRandom, now: self.now() }
    }

    /// The test user's sessions, ended or not.
    pub fn sessions(&self) -> Vec<Session> {
        block_on(self.storage.sessions_of_user(&USER_ID.into())).unwrap()
    }

    /// Whether a refresh token's family has ended, and whether its authorization has.
    pub fn is_over(&self, refresh_token: &str) -> (bool, bool) {
        let found = block_on(self.storage.refresh_token(&HandleHash::of(refresh_token))).unwrap();
        let (_, family) = found.unwrap();
        let authorization = block_on(self.storage.authorization(&family.authorization_id)).unwrap();
        (family.ended_at.is_some(), authorization.unwrap().ended_at.is_some())
    }

    /// Changes a client grant, as administration does.
    pub fn change_grant(&self, id: &str, change: impl FnOnce(&mut ClientGrant)) {
        let grants = block_on(self.storage.client_grants()).unwrap();
        let mut record = grants.into_iter().find(|grant| grant.id.as_str() == id).unwrap();
        let expected_version = Some(record.version);
        change(&mut record);
        self.commit(Change::UpsertClientGrant(Upsert { record, expected_version, raise_epoch: true }));
    }

    /// Adds a client grant.
    pub fn add_grant(&self, record: ClientGrant) {
        let upsert = Upsert { record, expected_version: None, raise_epoch: false };
        self.commit(Change::UpsertClientGrant(upsert));
    }
}

/// Runs a test on every backend: where the tenant has `compliance: rfc`, and where only its clients do.
pub fn under_rfc(test: impl Fn(&Harness)) {
    on_every_backend(|server| {
        server.change_settings(|settings| settings.compliance = Compliance::Rfc);
        test(server);
    });
    on_every_backend(|server| {
        for id in [WEB_ID, SPA_ID, MACHINE_ID] {
            server.change_client(id, |client| client.settings.compliance = Some(Compliance::Rfc));
        }
        test(server);
    });
}
