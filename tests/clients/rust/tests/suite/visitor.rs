//! A browser without a screen: it keeps cookies by name and fills in the hosted pages.

use std::collections::BTreeMap;

use openidconnect::http::{Method, Request, header};
use openidconnect::url::{Url, form_urlencoded};

use crate::form::Form;
use crate::server::{Server, User};

pub struct Visitor {
    agent: ureq::Agent,
    cookies: BTreeMap<String, String>,
}

/// Where a request ended.
pub enum Step {
    /// A page of the server.
    Page(Url, String),
    /// A URL elsewhere.
    Left(Url),
}

impl Visitor {
    pub fn new(server: &Server) -> Self {
        Self { agent: server.agent(), cookies: BTreeMap::new() }
    }

    /// Opens a URL and follows redirects within the server.
    pub fn open(&mut self, url: &Url) -> Step {
        self.send(Method::GET, url.clone(), String::new())
    }

    /// Goes from an authorization request to the redirect back to the application.
    pub fn sign_in(&mut self, url: &Url, user: &User) -> Url {
        let mut step = self.open(url);
        for _ in 0..3 {
            let (at, html) = match step {
                Step::Left(callback) => return callback,
                Step::Page(at, html) => (at, html),
            };
            let form = Form::find(&html).unwrap_or_else(|| panic!("{at} has no form: {html}"));
            let typed = [("username", user.email.as_str()), ("password", user.password.as_str())];
            let filled = if form.fields.iter().any(|field| field == "password") {
                form.filled(&typed, "default")
            } else {
                form.filled(&[], "accept")
            };
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(filled).finish();
            step = self.send(Method::POST, at.join(&form.action).unwrap(), body);
        }
        panic!("no redirect to the application");
    }

    fn send(&mut self, mut method: Method, mut url: Url, mut body: String) -> Step {
        let home = url.origin();
        for _ in 0..10 {
            let location = match self.exchange(&method, &url, body) {
                (Some(location), _) => location,
                (None, html) => return Step::Page(url, html),
            };
            url = url.join(&location).unwrap();
            if url.origin() != home {
                return Step::Left(url);
            }
            (method, body) = (Method::GET, String::new());
        }
        panic!("too many redirects at {url}");
    }

    /// One request and its answer: where it redirects to, and the page.
    fn exchange(&mut self, method: &Method, url: &Url, body: String) -> (Option<String>, String) {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request =
            Request::builder().method(method).uri(url.as_str()).header(header::COOKIE, cookies.join("; "));
        if method == Method::POST {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ORIGIN, url.origin().ascii_serialization());
        }
        let mut response = self.agent.run(request.body(body).unwrap()).unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location =
            response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        (location, response.body_mut().read_to_string().unwrap())
    }
}

/// The `code` of a callback whose `state` is the one that was sent.
pub fn code_of(callback: &Url, state: &str) -> String {
    let answer: BTreeMap<_, _> = callback.query_pairs().into_owned().collect();
    assert_eq!(answer["state"], state);
    answer["code"].clone()
}
