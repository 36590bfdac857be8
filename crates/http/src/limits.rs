use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};
use countersign_auth0::{Endpoint, dress};
use countersign_oauth::{Compliance, ErrorCode, Fault, HandleHash, OAuthError, Timestamp};
use countersign_storage::{Bucket, Drawn, Rate};

use crate::routes::client_endpoints::origin_of_anyone;
use crate::{Provider, cors, door, request, respond};

/// How many requests the whole tenant may get; `None` switches a limit off. Each bucket is one for all
/// processes, so a request that is let through costs a write, and one that is refused a read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestRates {
    /// Requests of every kind, looked at before the others.
    pub requests: Option<Rate>,
    /// Requests to `/oauth/token`; a DPoP nonce challenge is one too.
    pub token: Option<Rate>,
    /// Requests to `/.well-known/jwks.json`.
    pub jwks: Option<Rate>,
}

impl RequestRates {
    /// The limits of a path in their order, each with its rule and its bucket.
    fn of(&self, path: &str) -> impl Iterator<Item = (&'static str, &'static str, Rate)> + use<> {
        let own = match path {
            "/oauth/token" => Some(("limit.token", "rate_token", self.token)),
            "/.well-known/jwks.json" => Some(("limit.jwks", "rate_jwks", self.jwks)),
            _ => None,
        };
        let every = ("limit.requests", "rate_requests", self.requests);
        [Some(every), own].into_iter().flatten().filter_map(|(rule, name, rate)| Some((rule, name, rate?)))
    }
}

/// Draws for a request from the buckets that it counts in: the tenant's first, then the endpoint's. Answers
/// what to tell of the last one, or the refusal. A bucket that cannot be asked refuses.
pub(crate) async fn admit(
    http: &HttpRequest,
    provider: &Provider,
    now: Timestamp,
) -> Result<Option<Drawn>, HttpResponse> {
    let mut told = None;
    if http.method() == Method::OPTIONS || is_free(http.path()) {
        return Ok(told);
    }
    for (rule, name, rate) in provider.rates.of(http.path()) {
        let bucket = Bucket { purpose: name.to_owned(), subject: HandleHash::of("") };
        match provider.storage.draw(&bucket, rate, now).await {
            Ok(drawn) if drawn.allowed => told = Some(drawn),
            Ok(drawn) => return Err(refuse(http, provider, rule, (drawn, now)).await),
            Err(fault) => return Err(fail(http, provider, fault).await),
        }
    }
    Ok(told)
}

/// Probes and the pages' own files are never limited.
fn is_free(path: &str) -> bool {
    path == "/healthz" || path == "/readyz" || path.starts_with("/assets/")
}

/// Whether people see the answers of a path.
fn is_page(path: &str) -> bool {
    matches!(path, "/authorize" | "/v2/logout" | "/logout" | "/oidc/logout") || path.starts_with("/u/")
}

async fn refuse(
    http: &HttpRequest,
    provider: &Provider,
    rule: &'static str,
    (drawn, now): (Drawn, Timestamp),
) -> HttpResponse {
    let error = too_many_requests(rule);
    let mut response = match request::context(http, provider) {
        Err(problem) => return respond::unreadable(http, problem),
        Ok(context) if is_page(http.path()) => {
            let shown = (&error, Endpoint::Authorize, Compliance::Auth0);
            respond::error_page(http, provider, shown, &context).await
        }
        Ok(_) => as_json(http, provider, &error).await,
    };
    tell(response.headers_mut(), drawn, now);
    response
}

/// The refusal of a limit.
pub(crate) fn too_many_requests(rule: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::Other("too_many_requests".into()), rule, "Too many requests")
}

async fn as_json(http: &HttpRequest, provider: &Provider, error: &OAuthError) -> HttpResponse {
    door::note(http, error);
    let dressed = dress(error, Endpoint::Token, Compliance::Auth0);
    let mut head = respond::error_head(&dressed);
    if http.path().starts_with("/.well-known/") {
        cors::allow_everybody(&mut head);
        return respond::error_body(head, &dressed);
    }
    let origin = origin_of_anyone(http, provider).await;
    respond::error_body(cors::with_origin(head, origin), &dressed)
}

async fn fail(http: &HttpRequest, provider: &Provider, fault: Fault) -> HttpResponse {
    match request::context(http, provider) {
        Err(problem) => respond::unreadable(http, problem),
        Ok(context) if is_page(http.path()) => respond::fault_page(http, provider, &fault, &context).await,
        Ok(_) => {
            let dressed = respond::dressed(http, &fault.into(), Compliance::Auth0);
            respond::error_body(respond::error_head(&dressed), &dressed)
        }
    }
}

/// Writes what a bucket says of itself: its size, what is left, and when it gains the next token, in seconds
/// since the epoch; to who is refused also how long to wait (RFC 9110 §10.2.3).
pub(crate) fn tell(headers: &mut header::HeaderMap, drawn: Drawn, now: Timestamp) {
    let mut set = |name: &'static str, value: i64| {
        headers.insert(header::HeaderName::from_static(name), header::HeaderValue::from(value));
    };
    set("x-ratelimit-limit", i64::from(drawn.limit));
    set("x-ratelimit-remaining", i64::from(drawn.remaining));
    set("x-ratelimit-reset", drawn.reset());
    if !drawn.allowed {
        set("retry-after", i64::from(drawn.retry_after(now)));
    }
}
