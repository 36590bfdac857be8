use std::cell::RefCell;
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use countersign_oauth::{Fault, Handle, OAuthError, Timestamp};
use countersign_storage::Drawn;

use crate::Provider;
use crate::limits;
use crate::request::{Arrived, RequestId, domain};

/// The longest request target.
const MAX_TARGET: usize = 16 * 1024;
/// All header names and values together.
const MAX_HEADERS: usize = 32 * 1024;
/// How many headers.
const MAX_HEADER_COUNT: usize = 100;

/// The rule that a request broke, if it did, and in development what was compared; handed from the responder to
/// the log line.
#[derive(Clone, Default)]
struct Noted(Rc<RefCell<(Option<String>, Option<String>)>>);

/// Notes the rule that was broken.
pub(crate) fn note_rule(request: &HttpRequest, rule: &str) {
    if let Some(noted) = request.extensions().get::<Noted>() {
        *noted.0.borrow_mut() = (Some(rule.to_owned()), None);
    }
}

/// Notes a refusal: its rule, and in development what was compared.
pub(crate) fn note(request: &HttpRequest, error: &OAuthError) {
    note_rule(request, error.rule);
    let in_development =
        request.app_data::<web::Data<Provider>>().is_some_and(|provider| provider.development);
    if !in_development || error.values.is_empty() {
        return;
    }
    if let Some(noted) = request.extensions().get::<Noted>() {
        let values: Vec<String> =
            error.values.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
        noted.0.borrow_mut().1 = Some(values.join(", "));
    }
}

/// Notes our own failure and logs its cause.
pub(crate) fn note_fault(request: &HttpRequest, fault: &Fault) {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    tracing::error!(request_id = %id, fault = %fault, "a request failed");
    note_rule(request, "server.fault");
}

/// Every request passes here: it gets an id, is measured against the limits, and leaves with the headers
/// that every answer has and a line in the log. The line names the path, never the query.
pub(crate) async fn door(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let provider = request.app_data::<web::Data<Provider>>().cloned();
    let id = provider.as_ref().map_or_else(String::new, |provider| {
        Handle::generate(&*provider.random).expose().chars().take(22).collect()
    });
    let noted = Noted::default();
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(noted.clone());
    let method = request.method().clone();
    let path: String = request.path().chars().take(256).collect();
    // Never for loopback names and in development: it would break a developer's other local servers.
    let secure = provider
        .as_ref()
        .filter(|provider| !provider.development)
        .and_then(|provider| domain(request.request(), provider))
        .is_some_and(|domain| domain.is_secure() && !is_loopback(domain.issuer.authority()));
    let mut response = match refuse(&request, provider.as_ref()).await {
        Err(refusal) => request.into_response(refusal).map_into_boxed_body(),
        Ok(told) => {
            let mut response = next.call(request).await?.map_into_boxed_body();
            if let Some((drawn, now)) = told.filter(|_| !response.headers().contains_key("x-ratelimit-limit"))
            {
                limits::tell(response.headers_mut(), drawn, now);
            }
            response
        }
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    let status = response.status().as_u16();
    let (rule, compared) = noted.0.take();
    let rule = rule.unwrap_or_default();
    if provider.is_some_and(|provider| provider.development)
        && let (false, Ok(rule)) = (rule.is_empty(), HeaderValue::from_str(&rule))
    {
        response.headers_mut().insert(HeaderName::from_static("countersign-rule"), rule);
    }
    let compared = compared.as_deref();
    tracing::info!(request_id = %id, method = %method, path = %path, status, rule = %rule, compared, "request");
    Ok(response)
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// Refuses what is too large, what names no domain of ours being left to its route, and what comes too often;
/// answers what to tell of the bucket that it was counted in.
async fn refuse(
    request: &ServiceRequest,
    provider: Option<&web::Data<Provider>>,
) -> Result<Option<(Drawn, Timestamp)>, HttpResponse> {
    if let Some(status) = oversize(request) {
        return Err(HttpResponse::build(status).finish());
    }
    let Some(provider) = provider else { return Ok(None) };
    let now = provider.clock.now();
    request.extensions_mut().insert(Arrived(now));
    if domain(request.request(), provider).is_none() {
        return Ok(None);
    }
    let told = limits::admit(request.request(), provider, now).await?;
    Ok(told.map(|drawn| (drawn, now)))
}

fn oversize(request: &ServiceRequest) -> Option<actix_web::http::StatusCode> {
    use actix_web::http::StatusCode;
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if target > MAX_TARGET {
        Some(StatusCode::URI_TOO_LONG)
    } else if headers > MAX_HEADERS || request.headers().len() > MAX_HEADER_COUNT {
        Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    } else {
        None
    }
}
