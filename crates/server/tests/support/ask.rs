use countersign_storage::{Change, TenantSettings, Upsert};
use countersign_testkit::{EMAIL, PASSWORD, block_on};

use super::{
    Backend, Browser, Form, Harness, Response, Tenant, WEB_CALLBACK, WEB_ID, WEB_SECRET, authorize_url,
};

/// The state of every request that [`ask`] makes.
pub const STATE: &str = "state-1";

/// The web application's authorization request, with what `changes` replaces, adds or, by an empty value,
/// leaves out.
pub fn ask<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("client_id", WEB_ID),
        ("response_type", "code"),
        ("redirect_uri", WEB_CALLBACK),
        ("scope", "openid"),
        ("state", STATE),
    ];
    let kept = usual.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().copied().filter(|(_, value)| !value.is_empty())).collect()
}

/// Runs a test against a server over each backend, with a tenant of its own.
pub fn on_every_backend_with(tenant: impl Fn() -> Tenant, test: impl Fn(&Harness)) {
    for backend in Backend::chosen() {
        test(&Harness::start(backend, tenant()));
    }
}

impl Harness {
    /// What [`ask`] asks, as a URL on the first domain.
    pub fn ask(&self, changes: &[(&str, &str)]) -> String {
        authorize_url(&self.https, &ask(changes))
    }

    /// A browser that has a session of the test user.
    pub fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        browser.log_in(&self.ask(&[]), EMAIL, PASSWORD).code();
        browser
    }

    /// Does what must be refused: nothing is written, and the log says no success.
    pub fn in_vain(&self, refused: impl FnOnce() -> Response) -> Response {
        let (before, logged) = (self.stored(&[]), block_on(self.storage.log_events(1_000)).unwrap().len());
        let answer = refused();
        assert_eq!(self.stored(&[]), before, "a refusal wrote something: {answer:?}");
        let log = block_on(self.storage.log_events(1_000)).unwrap();
        for row in log.iter().take(log.len() - logged) {
            let failed = row.event.starts_with('f') || row.event.starts_with("limit_");
            assert!(failed, "a refusal was logged as {row:?}");
        }
        answer
    }

    /// The web application exchanges a code that came to its first callback.
    pub fn redeem(&self, code: &str) -> Response {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("client_id", WEB_ID),
            ("client_secret", WEB_SECRET),
            ("code", code),
            ("redirect_uri", WEB_CALLBACK),
        ])
    }

    /// Changes the tenant's settings, as administration does.
    pub fn change_settings(&self, change: impl FnOnce(&mut TenantSettings)) {
        let mut keyed = block_on(self.storage.settings()).unwrap();
        change(&mut keyed.record);
        let expected_version = Some(keyed.version);
        self.commit(Change::SetSettings(Upsert {
            record: keyed.record,
            expected_version,
            raise_epoch: true,
        }));
    }
}

impl Browser {
    /// Opens a request's login page and submits it; answers what came back.
    pub fn submit_login(&mut self, url: &str, email: &str, password: &str) -> Response {
        let page = self.get(url).expect_page(200);
        self.submit_password(url, &page, email, password)
    }

    /// Submits the login page that is open.
    pub fn submit_password(&mut self, url: &str, page: &Response, email: &str, password: &str) -> Response {
        let form = Form::find(&page.body).unwrap();
        self.submit(url, &form, &[("username", email), ("password", password)], "default")
    }

    /// Presses a button of the consent or confirmation page that is open.
    pub fn press(&mut self, url: &str, page: &Response, button: &str) -> Response {
        self.submit(url, &Form::find(&page.body).unwrap(), &[], button)
    }
}

impl Response {
    /// Fails unless it is the login page.
    pub fn expect_login_page(self) -> Self {
        let page = self.expect_page(200);
        let form = Form::find(&page.body).unwrap();
        assert_eq!(form.fields, ["username", "password"], "{page:?}");
        page
    }

    /// Fails unless it is a page that asks to accept or deny.
    pub fn expect_question(self) -> Self {
        let page = self.expect_page(200);
        let form = Form::find(&page.body).unwrap();
        assert_eq!(form.buttons, ["accept", "deny"], "{page:?}");
        assert!(form.fields.is_empty(), "{page:?}");
        page
    }
}
