use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use countersign_auth0::{Endpoint, dress, dress_fault};
use countersign_oauth::Compliance;
use countersign_openid::{UserinfoError, UserinfoRequest};
use serde_json::json;

use super::client_endpoints::{origin_of_anyone, preflight_for};
use crate::cors::with_origin;
use crate::request::{Takes, Unreadable};
use crate::{Provider, door, limits, request, respond};

/// `GET /userinfo`.
pub(crate) async fn get(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    let query_token = match request::query(&http) {
        Ok(parameters) if parameters.is_repeated("access_token") => {
            return respond::unreadable_to(
                &http,
                Unreadable::Malformed,
                origin_of_anyone(&http, &provider).await,
            );
        }
        Ok(parameters) => parameters.find("access_token").map(str::to_owned),
        Err(problem) => return respond::unreadable(&http, problem),
    };
    answer(&http, &provider, None, query_token, "GET").await
}

/// `POST /userinfo`; the body may be a form with `access_token`, or nothing at all.
pub(crate) async fn post(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let mut body_token = None;
    if http.headers().contains_key(header::CONTENT_TYPE) {
        match request::body(&http, payload, Takes::FormOrJson).await {
            Ok(form) if form.is_repeated("access_token") => {
                return respond::unreadable_to(
                    &http,
                    Unreadable::Malformed,
                    origin_of_anyone(&http, &provider).await,
                );
            }
            Ok(form) => body_token = form.find("access_token").map(str::to_owned),
            Err(problem) => return respond::unreadable(&http, problem),
        }
    }
    answer(&http, &provider, body_token, None, "POST").await
}

/// The preflight of userinfo.
pub(crate) async fn preflight(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    preflight_for(&http, &provider, "GET, POST, OPTIONS").await
}

async fn answer(
    http: &HttpRequest,
    provider: &Provider,
    body_token: Option<String>,
    query_token: Option<String>,
    method: &'static str,
) -> HttpResponse {
    let context = match request::context(http, provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(http, problem),
    };
    let origin = origin_of_anyone(http, provider).await;
    let authorization = match request::authorization(http) {
        Ok(authorization) => authorization,
        Err(problem) => return respond::unreadable(http, problem),
    };
    let request = UserinfoRequest {
        authorization,
        dpop: request::headers(http, "dpop"),
        body_token,
        query_token,
        method,
        context,
    };
    let answer = provider.userinfo.handle(&request).await;
    let mut response = match answer.outcome {
        Ok(claims) => respond::json(with_origin(respond::private(200), origin), &claims),
        Err(error) => refused(http, error, origin),
    };
    if let Some(drawn) = answer.bucket {
        limits::tell(response.headers_mut(), drawn, request.context.now);
    }
    response
}

/// 401 with the challenge of the scheme (RFC 6750 §3, RFC 9449 §7.1), and a JSON body.
fn refused(http: &HttpRequest, error: UserinfoError, origin: Option<String>) -> HttpResponse {
    let (status, challenge, code, description, nonce) = match error {
        UserinfoError::Fault(fault) => {
            door::note_fault(http, &fault);
            let dressed = dress_fault(&fault);
            return respond::error_body(with_origin(respond::error_head(&dressed), origin), &dressed);
        }
        UserinfoError::TooManyRequests => {
            let error = limits::too_many_requests("limit.userinfo").into();
            let dressed = respond::dressed(http, &error, Compliance::Auth0);
            return respond::error_body(with_origin(respond::error_head(&dressed), origin), &dressed);
        }
        UserinfoError::InsufficientScope => {
            door::note_rule(http, "userinfo.insufficient_scope");
            let text = "The request requires higher privileges than provided by the access token";
            let challenge = "Bearer error=\"insufficient_scope\", scope=\"openid\"".to_owned();
            (403, challenge, "insufficient_scope".to_owned(), text.to_owned(), None)
        }
        UserinfoError::InvalidToken { rule, description, dpop } => {
            door::note_rule(http, rule);
            let challenge = if dpop {
                "DPoP error=\"invalid_token\", algs=\"ES256\"".to_owned()
            } else {
                format!(
                    "Bearer realm=\"Users\", error=\"invalid_token\", error_description=\"{description}\""
                )
            };
            (401, challenge, "invalid_token".to_owned(), description.to_owned(), None)
        }
        UserinfoError::Proof { error, nonce } => {
            door::note(http, &error);
            let dressed = dress(&error, Endpoint::Token, Compliance::Auth0);
            let challenge = format!("DPoP error=\"{}\", algs=\"ES256\"", dressed.code);
            (401, challenge, dressed.code, dressed.description, Some(nonce))
        }
    };
    let mut response = with_origin(respond::private(status), origin);
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        response.insert_header((header::WWW_AUTHENTICATE, value));
    }
    if let Some(nonce) = nonce {
        response.insert_header(("DPoP-Nonce", nonce));
    }
    respond::json(response, &json!({ "error": code, "error_description": description }))
}
