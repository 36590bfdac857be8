//! The engine as a whole, with real scripts.

mod api;
mod event;
mod fetch;
mod limits;
mod redirect;
mod rules;
mod secrets;
mod stored;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_oauth::{
    BoxFuture, Error, ErrorCode, FetchError, FetchRequest, FetchResponse, HttpFetch, OAuthError, Scope,
};
use countersign_testkit as testkit;
use countersign_users::{Continued, LoginEvent, LoginTransaction, Method, Pending, Protocol, Verdict};
use serde_json::{Map, Value, json};
use testkit::{NOW, TestKeyRing, TestSealer, block_on};

use crate::bound::{Bound, Kind};
use crate::{Actions, ActionsOptions, ActionsParts};

/// Answers what it was made with, and remembers what it was asked.
#[derive(Default)]
struct FakeHttp {
    answer: Option<FetchResponse>,
    asked: Mutex<Vec<FetchRequest>>,
}

impl HttpFetch for FakeHttp {
    fn fetch<'a>(&'a self, request: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        self.asked.lock().unwrap().push(request);
        Box::pin(std::future::ready(self.answer.clone().ok_or(FetchError::PrivateAddress)))
    }
}

fn parts(http: Arc<dyn HttpFetch>) -> ActionsParts {
    ActionsParts {
        sealer: Arc::new(TestSealer::default()),
        keys: Arc::new(TestKeyRing::new()),
        http,
        spawn: Arc::new(|future| {
            std::thread::spawn(move || block_on(future));
        }),
    }
}

fn options() -> ActionsOptions {
    ActionsOptions { timeout: Duration::from_secs(20), ..ActionsOptions::default() }
}

fn engine(options: ActionsOptions) -> Actions {
    Actions::new(parts(Arc::new(FakeHttp::default())), options)
}

/// A login at the client of the testkit, in a new session.
fn login() -> LoginEvent {
    LoginEvent {
        user: testkit::user(),
        client: testkit::client(),
        connection: testkit::connection(),
        audience: Some(countersign_oauth::Audience::new(testkit::AUDIENCE)),
        session: Some(testkit::session()),
        session_clients: vec![testkit::client().id],
        refresh_token: None,
        methods: vec![Method { name: "pwd".to_owned(), at: NOW }],
        request: countersign_users::HttpRequest {
            ip: "192.0.2.7".to_owned(),
            method: "GET".to_owned(),
            hostname: "acme.auth.example.com".to_owned(),
            language: "de".to_owned(),
            user_agent: "tests/1.0".to_owned(),
            query: object(json!({ "ui": "x" })),
            ..Default::default()
        },
        transaction: LoginTransaction {
            requested_scopes: scope("openid read:things"),
            can_redirect: true,
            ..LoginTransaction::new(Protocol::OidcBasic)
        },
        scope: scope("openid read:things"),
        continued: None,
        now: NOW,
    }
}

/// The exchange of a refresh token.
fn refresh() -> LoginEvent {
    let mut login = login();
    login.refresh_token = Some((testkit::refresh_token(), testkit::refresh_family()));
    login.transaction = LoginTransaction::new(Protocol::RefreshToken);
    login
}

/// The return from where `pending` sent the user, with `query`.
fn returned(pending: Pending, query: Value) -> LoginEvent {
    let continued = Continued { pending, query: object(query), body: Map::new() };
    LoginEvent { continued: Some(continued), ..login() }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

/// An Action whose handler has this body.
fn action(body: &str) -> Bound {
    let code = format!("exports.onExecutePostLogin = async (event, api) => {{\n{body}\n}};");
    Bound::new("action-1", "First", Kind::Action, &code)
}

fn rule(code: &str) -> Bound {
    Bound::new("rule-1", "First", Kind::Rule, code)
}

fn run_all(scripts: Vec<Bound>, login: &LoginEvent) -> Result<Verdict, Error> {
    block_on(engine(options()).run_scripts(scripts, login))
}

/// Runs an Action of this body at a login.
fn run(body: &str) -> Verdict {
    run_all(vec![action(body)], &login()).unwrap()
}

fn refused(outcome: Result<Verdict, Error>) -> OAuthError {
    match outcome {
        Err(Error::Refused(error)) => {
            assert_eq!(error.code, ErrorCode::AccessDenied);
            error
        }
        other => panic!("no refusal: {other:?}"),
    }
}

/// What a login with an Action of this body fails with.
fn failure(body: &str) -> OAuthError {
    refused(run_all(vec![action(body)], &login()))
}

/// What the script hands out as the claim `x`.
fn claim(body: &str) -> Value {
    run(body).id_token_claims.remove("x").unwrap_or_default()
}
