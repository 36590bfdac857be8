use serde_json::Value;

use crate::http::{Client, Request, Response};
use crate::login::{Browser, Lost};
use crate::process::Process;

/// The sample user, signed in to the sample tenant's web application over http.
pub struct Person {
    client: Client,
    application: Value,
    pub access_token: String,
    pub refresh_token: String,
}

impl Person {
    pub fn sign_in(server: &Process) -> Self {
        let user = &server.ready["users"][0];
        let text = |key: &str| user[key].as_str().unwrap().to_owned();
        Self::sign_in_as(server, &text("email"), &text("password")).unwrap()
    }

    /// Signs in with a password.
    ///
    /// # Errors
    /// What the callback says instead of a code, or the page that says no.
    pub fn sign_in_as(server: &Process, email: &str, password: &str) -> Result<Self, String> {
        let (base, application) = (server.text("http"), server.application("regular_web"));
        let callback = application["callbacks"][0].as_str().unwrap();
        let query = [
            ("client_id", application["client_id"].as_str().unwrap()),
            ("response_type", "code"),
            ("redirect_uri", callback),
            ("scope", "openid profile email offline_access"),
            ("state", "s"),
        ];
        let url = format!("{base}/authorize?{}", serde_urlencoded::to_string(query).unwrap());
        let answer = match Browser::new(server.client()).authorize(&url, email, password) {
            Ok(answer) => answer,
            Err(Lost::Refused(page)) => return Err(page.body),
            Err(Lost::Away(error)) => panic!("{error}"),
        };
        let Some(code) = answer.get("code") else { return Err(answer["error_description"].clone()) };
        let mut person = Self {
            client: server.client(),
            application,
            access_token: String::new(),
            refresh_token: String::new(),
        };
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", person.application["callbacks"][0].as_str().unwrap()),
        ];
        let tokens = person.token(&base, &pairs).expect(200);
        (person.access_token, person.refresh_token) =
            (tokens.text("access_token"), tokens.text("refresh_token"));
        Ok(person)
    }

    /// Asks who it is.
    pub fn userinfo(&self, base: &str) -> Response {
        let bearer = format!("Bearer {}", self.access_token);
        self.client.send(&Request::get(format!("{base}/userinfo")).header("authorization", &bearer))
    }

    /// Shows the refresh token.
    pub fn refresh(&self, base: &str) -> Response {
        self.token(base, &[("grant_type", "refresh_token"), ("refresh_token", &self.refresh_token)])
    }

    fn token(&self, base: &str, pairs: &[(&str, &str)]) -> Response {
        let text = |key: &str| self.application[key].as_str().unwrap();
        let own = [("client_id", text("client_id")), ("client_secret", text("client_secret"))];
        self.client.send(&Request::post_form(format!("{base}/oauth/token"), &[&own, pairs].concat()))
    }
}
