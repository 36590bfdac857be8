use actix_web::http::header::{HeaderName, ORIGIN};
use actix_web::{HttpRequest, HttpResponse, web};
use countersign_auth0::{LegacySocial, missing_parameter};
use countersign_oauth::{ClientId, Compliance, GrantType, RequestContext};
use countersign_token_endpoint::{Answered, EndpointError, TokenAnswer, TokenRequest};

use crate::cors::{self, Of, with_origin};
use crate::request::Takes;
use crate::{Provider, limits, request, respond};

const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// `POST /oauth/token`.
pub(crate) async fn token(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let request = match read(&http, payload, &provider).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let origin = allowed_origin(&http, &request, &provider).await;
    answer(&http, provider.token.handle(&request).await, origin)
}

/// `POST /oauth/access_token`: a provider's access token, of the legacy pipeline.
pub(crate) async fn access_token(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let mut request = match read(&http, payload, &provider).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    // The legacy pipeline knows no proofs.
    request.dpop.clear();
    let origin = allowed_origin(&http, &request, &provider).await;
    if request.parameters.find("client_id").is_none() && request.authorization.is_none() {
        let dressed = respond::dressed(&http, &missing_parameter("client_id").into(), Compliance::Auth0);
        return respond::error_body(with_origin(respond::error_head(&dressed), origin), &dressed);
    }
    let grant_type = GrantType::new(LegacySocial::GRANT_TYPE);
    answer(&http, provider.token.handle_own(&request, &grant_type).await, origin)
}

fn answer(http: &HttpRequest, answered: Answered<TokenAnswer>, origin: Option<String>) -> HttpResponse {
    match answered {
        Ok(answer) => {
            let mut response = respond::private(200);
            if let Some(nonce) = answer.dpop_nonce {
                response.insert_header((DPOP_NONCE, nonce));
            }
            respond::json(with_origin(response, origin), &answer.response)
        }
        Err(error) => refused(http, &error, origin),
    }
}

/// `POST /oauth/revoke`; success has an empty body (RFC 7009 §2.2).
pub(crate) async fn revoke(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let request = match read(&http, payload, &provider).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let origin = allowed_origin(&http, &request, &provider).await;
    match provider.revocation.handle(&request).await {
        Ok(()) => with_origin(respond::private(200), origin).finish(),
        Err(error) => refused(&http, &error, origin),
    }
}

/// `POST /oauth/introspect`: there under `rfc`, else a path that nothing serves.
pub(crate) async fn introspect(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    match provider.storage.settings().await {
        Ok(settings) if settings.record.compliance.is_rfc() => {}
        Ok(_) => return super::not_found().await,
        Err(fault) => {
            let dressed = respond::dressed(&http, &fault.into(), Compliance::Auth0);
            return respond::error_body(respond::error_head(&dressed), &dressed);
        }
    }
    let request = match read(&http, payload, &provider).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    match provider.introspection.handle(&request).await {
        Ok(answer) => respond::json(respond::private(200), &answer.0),
        Err(error) => refused(&http, &error, None),
    }
}

/// The preflight of both: an origin of any client passes, since none is named yet.
pub(crate) async fn preflight(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    preflight_for(&http, &provider, "POST, OPTIONS").await
}

pub(crate) async fn preflight_for(
    http: &HttpRequest,
    provider: &Provider,
    methods: &'static str,
) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response.insert_header(("Vary", "Origin"));
    if let Some(origin) = request::header(http, ORIGIN.as_str()) {
        let allowed = provider.origins.allows(&origin, Of::Anyone, &*provider.storage).await;
        if matches!(allowed, Ok(true)) {
            cors::allow_preflight(&mut response, &origin, methods);
        }
    }
    response.finish()
}

/// Reads the request of a client: form or JSON body, headers, domain.
pub(crate) async fn read(
    http: &HttpRequest,
    payload: web::Payload,
    provider: &Provider,
) -> Result<TokenRequest, HttpResponse> {
    let context: RequestContext =
        request::context(http, provider).map_err(|problem| respond::unreadable(http, problem))?;
    let authorization = request::authorization(http);
    let (parameters, authorization) =
        match (request::body(http, payload, Takes::FormOrJson).await, authorization) {
            (Ok(parameters), Ok(authorization)) => (parameters, authorization),
            (Err(problem), _) | (_, Err(problem)) => {
                let origin = origin_of_anyone(http, provider).await;
                return Err(respond::unreadable_to(http, problem, origin));
            }
        };
    Ok(TokenRequest {
        parameters,
        authorization,
        dpop: request::headers(http, "dpop"),
        forwarded_for: request::header(http, "auth0-forwarded-for"),
        context,
    })
}

/// The request's origin, if the client that it names may be used from there.
async fn allowed_origin(http: &HttpRequest, request: &TokenRequest, provider: &Provider) -> Option<String> {
    let origin = request::header(http, ORIGIN.as_str())?;
    let client = request.parameters.find("client_id").map(ClientId::new);
    let of = client.as_ref().map_or(Of::Anyone, Of::Client);
    let allowed = provider.origins.allows(&origin, of, &*provider.storage).await;
    matches!(allowed, Ok(true)).then_some(origin)
}

/// The request's origin, if any client may be used from there.
pub(crate) async fn origin_of_anyone(http: &HttpRequest, provider: &Provider) -> Option<String> {
    let origin = request::header(http, ORIGIN.as_str())?;
    let allowed = provider.origins.allows(&origin, Of::Anyone, &*provider.storage).await;
    matches!(allowed, Ok(true)).then_some(origin)
}

pub(crate) fn refused(http: &HttpRequest, error: &EndpointError, origin: Option<String>) -> HttpResponse {
    let dressed = respond::dressed(http, &error.error, error.compliance);
    let mut response = with_origin(respond::error_head(&dressed), origin);
    if let Some(nonce) = &error.dpop_nonce {
        response.insert_header((DPOP_NONCE, nonce.clone()));
    }
    let mut response = respond::error_body(response, &dressed);
    if let Some((drawn, now)) = error.limited.zip(request::arrived(http)) {
        limits::tell(response.headers_mut(), drawn, now);
    }
    response
}
