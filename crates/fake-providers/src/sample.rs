//! What the fake providers know without being told, for developers: an application, a key and a user each.

use std::io;

use serde_json::{Value, json};

use crate::FakeProviders;

/// The application at Google.
pub(crate) const GOOGLE_APP: &str = "fake.apps.googleusercontent.com";
/// The application at the others, whose ids are numbers or letters without meaning.
pub(crate) const APP: &str = "1000001";
/// The native application at Apple: `mobile.ios.app_bundle_identifier` of a client.
pub const APPLE_APP: &str = "com.example.fake";
/// The user at each of them.
pub(crate) const USER: &str = "2000001";

impl FakeProviders {
    /// Adds the sample; answers strategy and options of a connection to each, secrets in clear.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn add_sample(&self) -> io::Result<Vec<(&'static str, Value)>> {
        let pem = self.add_apple_key("FAKETEAM01", "FAKEKEY001")?;
        for strategy in ["facebook", "twitter", "weibo"] {
            self.add_app(strategy, APP, "fake-app-secret");
        }
        self.add_app("google-oauth2", GOOGLE_APP, "fake-app-secret");
        let email = json!({ "email": "fay@fake.example", "email_verified": true });
        let google = json!({ "name": "Fay Example", "given_name": "Fay", "family_name": "Example" });
        self.add_user("google-oauth2", USER, crate::state::lay_over(google, &email));
        let facebook = json!({ "name": "Fay Example", "first_name": "Fay", "last_name": "Example", "email": "fay@fake.example" });
        self.add_user("facebook", USER, facebook);
        self.add_user("twitter", USER, json!({ "name": "Fay Example", "screen_name": "fay" }));
        self.add_user("weibo", USER, json!({ "name": "Fay", "screen_name": "fay" }));
        self.add_user("apple", USER, email);
        let base = self.base_url();
        let usual = |app: &str| json!({ "client_id": app, "client_secret": "fake-app-secret", "upstream_base_url": base });
        let apple = json!({
            "client_id": "com.example.fake.web", "team_id": "FAKETEAM01", "kid": "FAKEKEY001", "app_secret": pem,
            "upstream_base_url": base,
        });
        Ok(vec![
            ("apple", apple),
            ("facebook", usual(APP)),
            ("google-oauth2", usual(GOOGLE_APP)),
            ("twitter", usual(APP)),
            ("weibo", usual(APP)),
        ])
    }
}
