use std::path::Path;

use serde_json::{Value, json};

use crate::http::{Client, Request, Response};

pub const CALLBACK: &str = "https://app.example.test/callback";
pub const API: &str = "https://api.example.test";
const SECRET: &str = "a-secret-of-the-test-that-is-long-enough-0123456789";

const TENANT: &str = "\
tenant: { skip_non_verifiable_callback_uri_confirmation_prompt: true }
resourceServers:
  - name: API
    identifier: https://api.example.test
    allow_offline_access: true
    skip_consent_for_verifiable_first_party_clients: true
clients:
  - name: Web
    client_id: web
    client_secret: a-secret-of-the-test-that-is-long-enough-0123456789
    app_type: regular_web
    callbacks: [https://app.example.test/callback]
    grant_types: [authorization_code, refresh_token]
    token_endpoint_auth_method: client_secret_post
    refresh_token:
      rotation_type: rotating
      leeway: 0
      expiration_type: expiring
      token_lifetime: 2592000
      idle_token_lifetime: 1296000
  - name: Machine
    client_id: machine
    client_secret: a-secret-of-the-test-that-is-long-enough-0123456789
    app_type: non_interactive
    grant_types: [client_credentials]
    token_endpoint_auth_method: client_secret_post
clientGrants:
  - { client_id: Machine, audience: 'https://api.example.test', scope: [] }
databases:
  - name: Users
    strategy: auth0
    enabled_clients: [Web]
";

/// Writes the tenant file, and as many users with the same password.
pub fn write(folder: &Path, users: usize, password: &str) {
    std::fs::write(folder.join("tenant.yaml"), TENANT).unwrap();
    let user = |n| json!({ "email": email(n), "email_verified": true, "password": password });
    let users: Vec<Value> = (0..users).map(user).collect();
    std::fs::write(folder.join("users.json"), Value::from(users).to_string()).unwrap();
}

pub fn email(number: usize) -> String {
    format!("user-{number}@example.com")
}

/// The authorization request of the web application.
pub fn authorize_url(base: &str, prompt: &str) -> String {
    let mut pairs = vec![
        ("client_id", "web"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid offline_access"),
        ("audience", API),
        ("state", "s"),
    ];
    if !prompt.is_empty() {
        pairs.push(("prompt", prompt));
    }
    format!("{base}/authorize?{}", serde_urlencoded::to_string(pairs).unwrap())
}

/// What the clients send to the server.
#[derive(Clone)]
pub struct Wire {
    pub base: String,
    pub client: Client,
}

/// An answer, or nothing but a broken connection.
pub type Answer = Result<Response, String>;

impl Wire {
    pub fn redeem(&self, code: &str) -> Answer {
        self.post(
            "token",
            "web",
            &[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)],
        )
    }

    pub fn refresh(&self, token: &str) -> Answer {
        self.post("token", "web", &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    pub fn revoke(&self, token: &str) -> Answer {
        self.post("revoke", "web", &[("token", token)])
    }

    pub fn credentials(&self) -> Answer {
        self.post("token", "machine", &[("grant_type", "client_credentials"), ("audience", API)])
    }

    /// The key set's keys.
    pub fn keys(&self) -> Vec<Value> {
        let keys = self.client.send(&Request::get(format!("{}/.well-known/jwks.json", self.base)));
        keys.expect(200).json()["keys"].as_array().unwrap().clone()
    }

    fn post(&self, endpoint: &str, client: &str, pairs: &[(&str, &str)]) -> Answer {
        let own = [("client_id", client), ("client_secret", SECRET)];
        let url = format!("{}/oauth/{endpoint}", self.base);
        self.client.try_send(&Request::post_form(url, &[&own, pairs].concat()))
    }
}
