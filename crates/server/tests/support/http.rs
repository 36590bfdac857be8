use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

// By path, since the tests of the program take this file alone.
#[path = "record.rs"]
mod record;

/// An HTTP client that trusts the test's authority alone and follows no redirect.
///
/// Where several processes serve one host, each request goes to the next of them.
#[derive(Clone)]
pub struct Client {
    agents: Vec<ureq::Agent>,
    turn: Arc<AtomicUsize>,
}

/// The ports of a process, beside those of the first one, which URLs name.
#[derive(Clone, Debug)]
struct Ports(Vec<(u16, u16)>);

impl Resolver for Ports {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = DefaultResolver::default().resolve(uri, config, timeout)?;
        for address in addresses.iter_mut() {
            let moved = self.0.iter().find(|(named, _)| *named == address.port());
            address.set_port(moved.map_or(address.port(), |(_, real)| *real));
        }
        Ok(addresses)
    }
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn post_form(url: impl Into<String>, pairs: &[(&str, &str)]) -> Self {
        let body = serde_urlencoded::to_string(pairs).unwrap();
        let request = Self::new("POST", url).header("content-type", "application/x-www-form-urlencoded");
        request.body(body)
    }

    pub fn post_json(url: impl Into<String>, body: &Value) -> Self {
        Self::new("POST", url).header("content-type", "application/json").body(body.to_string())
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

impl Client {
    pub fn new(ca_pem: &str) -> Self {
        Self::in_turn(ca_pem, vec![[0, 0]])
    }

    /// A client of several processes, each by its ports; URLs name those of the first.
    pub fn in_turn(ca_pem: &str, processes: Vec<[u16; 2]>) -> Self {
        let certificate = Certificate::from_pem(ca_pem.as_bytes()).unwrap();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::new_with_certs(&[certificate]))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("countersign-tests")
            .timeout_global(Some(std::time::Duration::from_secs(30)))
            // Below the time after which the server closes a connection that is idle.
            .max_idle_age(std::time::Duration::from_secs(3))
            .build();
        let agent = |ports: &[u16; 2]| {
            let ports = Ports(processes[0].into_iter().zip(*ports).collect());
            ureq::Agent::with_parts(config.clone(), DefaultConnector::default(), ports)
        };
        Self { agents: processes.iter().map(agent).collect(), turn: Arc::default() }
    }

    /// A client of one of the processes.
    pub fn only(&self, process: usize) -> Self {
        Self { agents: vec![self.agents[process].clone()], turn: Arc::default() }
    }

    /// Sends a request; a failure of the connection fails the test.
    pub fn send(&self, request: &Request) -> Response {
        self.try_send(request).unwrap_or_else(|error| panic!("{} {}: {error}", request.method, request.url))
    }

    /// Sends a request, where the server may be away.
    pub fn try_send(&self, request: &Request) -> Result<Response, String> {
        let mut building = ureq::http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            building = building.header(name, value);
        }
        let built = building.body(request.body.clone()).map_err(|error| error.to_string())?;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.agents.len();
        let mut response = self.agents[turn].run(built).map_err(|error| error.to_string())?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let status = response.status().as_u16();
        let body = response.body_mut().read_to_string().map_err(|error| error.to_string())?;
        let response = Response { status, headers, body };
        record::record(request, &response);
        Ok(response)
    }
}

impl Response {
    /// A header's value; several are one failure.
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() < 2, "{name} stands several times: {values:?}");
        values.first().copied()
    }

    /// Every value of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The JSON body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A text member of the JSON body.
    pub fn text(&self, member: &str) -> String {
        let json = self.json();
        json[member].as_str().unwrap_or_else(|| panic!("no {member} in {json}")).to_owned()
    }

    /// Fails unless the answer has this status.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Fails unless it is this refusal as JSON, with exactly this text, which no cache keeps.
    pub fn expect_error(self, status: u16, code: &str, description: &str) -> Self {
        let answer = self.expect(status);
        let expected = serde_json::json!({ "error": code, "error_description": description });
        assert_eq!(answer.json(), expected);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer
    }
}

/// The claims of a JWT, not verified: for looking at what we issued ourselves.
impl Response {
    pub fn claims(&self, member: &str) -> Value {
        part(&self.text(member), 1)
    }

    pub fn jose_header(&self, member: &str) -> Value {
        part(&self.text(member), 0)
    }
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&countersign_jose::decode_base64url(part).unwrap()).unwrap()
}
