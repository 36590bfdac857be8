//! What the server under test says about itself, and HTTP to it.

use std::{env, fs};

use openidconnect::http::Response;
use openidconnect::{HttpRequest, HttpResponse};
use serde_json::Value;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// The API that the tests ask tokens for.
pub const ITEMS: &str = "https://items.example.test";

/// The ready file.
pub struct Server(Value);

impl Server {
    pub fn find() -> Self {
        let path = env::var("COUNTERSIGN_READY_FILE")
            .expect("COUNTERSIGN_READY_FILE: start the suites with run.mjs");
        Self(serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
    }

    pub fn issuer(&self) -> String {
        text(&self.0, "issuer")
    }

    /// A client of tenant.yaml by its name.
    pub fn client(&self, name: &str) -> Client {
        let found =
            self.0["clients"].as_array().unwrap().iter().find(|client| client["name"] == name).unwrap();
        Client {
            id: text(found, "client_id"),
            secret: found["client_secret"].as_str().map(str::to_owned),
            callback: found["callbacks"][0].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The user of this suite.
    pub fn user(&self) -> User {
        let users = self.0["users"].as_array().unwrap();
        let found = users.iter().find(|user| user["email"] == "rust@users.example.test").unwrap();
        User { id: text(found, "user_id"), email: text(found, "email"), password: text(found, "password") }
    }

    /// An HTTP client that trusts the server's certificate authority and follows no redirect.
    pub fn agent(&self) -> ureq::Agent {
        let authority = fs::read(text(&self.0, "ca_file")).unwrap();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::new_with_certs(&[Certificate::from_pem(&authority).unwrap()]))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(std::time::Duration::from_secs(30)))
            .build();
        config.new_agent()
    }

    /// The HTTP client in the form that both crates take.
    pub fn http(&self) -> impl Fn(HttpRequest) -> Result<HttpResponse, ureq::Error> + use<> {
        let agent = self.agent();
        move |request| {
            let (parts, mut body) = agent.run(request)?.into_parts();
            Ok(Response::from_parts(parts, body.read_to_vec()?))
        }
    }
}

pub struct Client {
    pub id: String,
    pub secret: Option<String>,
    pub callback: String,
}

pub struct User {
    pub id: String,
    pub email: String,
    pub password: String,
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key}")).to_owned()
}
