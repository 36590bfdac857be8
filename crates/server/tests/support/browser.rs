use std::collections::BTreeMap;

use countersign_jose::encode_base64url;
use sha2::{Digest as _, Sha256};

use super::{Client, Form, Request, Response};

/// A browser without a screen: it keeps cookies by name, as browsers do whatever the port, and follows
/// redirects only within the server.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    /// Cookies by name: value, and whether it may only go over https.
    pub cookies: BTreeMap<String, (String, bool)>,
}

/// Where the server sent the browser in the end: back to the application.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The whole URL.
    pub url: String,
    /// Its parameters, from query or fragment.
    pub parameters: BTreeMap<String, String>,
}

impl Callback {
    pub fn parse(url: &str) -> Self {
        let query = url.split_once(['?', '#']).map_or("", |(_, query)| query);
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
        Self { url: url.to_owned(), parameters: pairs.into_iter().collect() }
    }

    /// A parameter that must be there.
    pub fn get(&self, name: &str) -> &str {
        self.parameters.get(name).unwrap_or_else(|| panic!("no {name} in {}", self.url))
    }

    pub fn code(&self) -> &str {
        self.get("code")
    }
}

/// An authorization request; `base` is a domain without its trailing slash.
pub fn authorize_url(base: &str, parameters: &[(&str, &str)]) -> String {
    format!("{base}/authorize?{}", serde_urlencoded::to_string(parameters).unwrap())
}

/// The S256 challenge of a verifier (RFC 7636 §4.2).
pub fn s256(verifier: &str) -> String {
    encode_base64url(Sha256::digest(verifier.as_bytes()))
}

impl Browser {
    pub fn new(client: Client) -> Self {
        Self { client, cookies: BTreeMap::new() }
    }

    /// Sends one request with our cookies and keeps those of the answer.
    pub fn send(&mut self, request: Request) -> Response {
        let secure = request.url.starts_with("https:");
        let sent = self.cookies.iter().filter(|(_, (_, only_https))| secure || !only_https);
        let line = sent.map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = if line.is_empty() { request } else { request.header("cookie", &line) };
        let response = self.client.send(&request);
        for cookie in response.all("set-cookie") {
            self.keep(cookie);
        }
        response
    }

    fn keep(&mut self, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        let is_over = attributes
            .iter()
            .any(|attribute| attribute.starts_with("expires=thu, 01 jan 1970") || attribute == "max-age=0");
        if is_over {
            self.cookies.remove(name);
        } else {
            let only_https = attributes.iter().any(|attribute| attribute == "secure");
            self.cookies.insert(name.to_owned(), (value.to_owned(), only_https));
        }
    }

    pub fn get(&mut self, url: &str) -> Response {
        self.send(Request::get(url))
    }

    /// Sends the form of a page from `url`, as a browser does.
    pub fn submit(&mut self, url: &str, form: &Form, typed: &[(&str, &str)], button: &str) -> Response {
        let base = origin(url);
        let post = Request::post_form(format!("{base}{}", form.action), &form.filled(typed, button));
        self.send(post.header("origin", base).header("sec-fetch-site", "same-origin"))
    }

    /// Goes from an authorization request to the callback: logs in if asked, accepts if asked.
    pub fn log_in(&mut self, url: &str, email: &str, password: &str) -> Callback {
        let mut response = self.get(url);
        for _ in 0..4 {
            if let Some(location) = response.header("location") {
                return Callback::parse(location);
            }
            let form = Form::find(&response.body).unwrap_or_else(|| panic!("no form: {response:?}"));
            response = if form.fields.iter().any(|field| field == "password") {
                self.submit(url, &form, &[("username", email), ("password", password)], "default")
            } else {
                self.submit(url, &form, &[], "accept")
            };
        }
        panic!("no way back to the application: {response:?}")
    }
}

fn origin(url: &str) -> &str {
    let start = url.find("://").unwrap() + 3;
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}
