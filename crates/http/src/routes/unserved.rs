//! Endpoints that the discovery document names and this server does not offer: each answers with the
//! refusal that a tenant with the feature switched off gives.

use actix_web::{HttpRequest, HttpResponse, web};
use countersign_gate::GateRefusal;
use countersign_oauth::{Compliance, ErrorCode, GrantType, OAuthError};

use super::client_endpoints::{read, refused};
use crate::{Provider, respond};

/// `POST /oauth/device/code`: no client has the device grant.
pub(crate) async fn device_code(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let grant = GrantType::new("urn:ietf:params:oauth:grant-type:device_code");
    refuse_client(&http, payload, &provider, grant).await
}

/// `POST /mfa/challenge`: no login of ours hands out an `mfa_token`, so none is well-formed.
pub(crate) async fn mfa_challenge(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let request = match read(&http, payload, &provider).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let error =
        OAuthError::new(ErrorCode::InvalidGrant, "mfa.malformed_token", "The mfa_token is none of ours");
    let refusal = provider.token.refuse(&request, &["mfa_token"], error).await;
    refused(&http, &refusal, None)
}

/// `POST /oidc/register`: dynamic registration is off.
pub(crate) async fn registration(http: HttpRequest) -> HttpResponse {
    let error = OAuthError::new(
        ErrorCode::AccessDenied,
        "registration.disabled",
        "Dynamic client registration is not enabled",
    );
    let dressed = respond::dressed(&http, &error.into(), Compliance::Auth0);
    respond::error_body(respond::error_head(&dressed), &dressed)
}

/// `POST /oauth/global-token-revocation/…`: no connection of ours has an identity provider behind it.
pub(crate) async fn global_token_revocation(http: HttpRequest) -> HttpResponse {
    let error = OAuthError::new(
        ErrorCode::InvalidClient,
        "global_token_revocation.unknown_connection",
        "The connection has no identity provider that may revoke tokens",
    );
    let dressed = respond::dressed(&http, &error.into(), Compliance::Rfc);
    respond::error_body(respond::error_head(&dressed), &dressed)
}

async fn refuse_client(
    http: &HttpRequest,
    payload: web::Payload,
    provider: &Provider,
    grant: GrantType,
) -> HttpResponse {
    let request = match read(http, payload, provider).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let error = GateRefusal::GrantNotAllowed(grant).into();
    let error = provider.token.refuse(&request, &[], error).await;
    refused(http, &error, None)
}
