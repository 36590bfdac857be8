use actix_web::{HttpRequest, HttpResponse, web};
use countersign_auth0::Endpoint;
use countersign_authorization_endpoint::{Browser, CookieChange};
use countersign_oauth::{Compliance, Fault, Parameters, RequestContext};
use countersign_openid::{LogoutAnswer, RpLogoutOutcome, RpLogoutRequest};
use countersign_pages::Notice;

use super::interaction;
use crate::request::Takes;
use crate::{Provider, cookies, request, respond};

/// `GET /oidc/logout`.
pub(crate) async fn get(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    let context = match request::context(&http, &provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(&http, problem),
    };
    match request::query(&http) {
        Ok(parameters) => log_out(&http, &provider, parameters, context).await,
        Err(problem) => interaction::unreadable_page(&http, &provider, problem, &context).await,
    }
}

/// `POST /oidc/logout`: a form with the same parameters; those of the query count too, so that a name in
/// both is a duplicate.
pub(crate) async fn post(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let context = match request::context(&http, &provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(&http, problem),
    };
    let read = match (request::body(&http, payload, Takes::Form).await, request::query(&http)) {
        (Ok(form), Ok(query)) => Ok(form.joined(query)),
        (Err(problem), _) | (_, Err(problem)) => Err(problem),
    };
    match read {
        Ok(parameters) => log_out(&http, &provider, parameters, context).await,
        Err(problem) => interaction::unreadable_page(&http, &provider, problem, &context).await,
    }
}

/// `POST /u/logout`: the answer of the confirmation page.
pub(crate) async fn answer(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let (form, context) = match interaction::read(&http, payload, &provider).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let answer = LogoutAnswer {
        confirmation: form.find("transaction").unwrap_or_default().to_owned(),
        accepted: form.find("action") == Some("accept"),
        browser: browser(&http, &context),
        context,
    };
    let outcome = provider.logout.answer(&answer).await;
    respond_to(&http, &provider, outcome, None, &answer.context).await
}

async fn log_out(
    http: &HttpRequest,
    provider: &Provider,
    parameters: Parameters,
    context: RequestContext,
) -> HttpResponse {
    let request = RpLogoutRequest { parameters, browser: browser(http, &context), context };
    let outcome = provider.logout.rp_initiated(&request).await;
    let ui_locales = request.parameters.find("ui_locales");
    respond_to(http, provider, outcome, ui_locales, &request.context).await
}

/// The browser with every session that it shows: a logout ends them all.
fn browser(http: &HttpRequest, context: &RequestContext) -> Browser {
    let session = cookies::every_session(http, &context.domain);
    Browser { session, ..cookies::read(http, &context.domain) }
}

async fn respond_to(
    http: &HttpRequest,
    provider: &Provider,
    outcome: Result<RpLogoutOutcome, Fault>,
    ui_locales: Option<&str>,
    context: &RequestContext,
) -> HttpResponse {
    let over = [CookieChange::EndSession];
    match outcome {
        Ok(RpLogoutOutcome::Redirect(target)) => {
            let mut response = respond::redirect(http, &target);
            respond::set_cookies(&mut response, &over, context);
            response
        }
        Ok(RpLogoutOutcome::SignedOut) => {
            let mut response = respond::notice(provider, Notice::SignedOut, ui_locales, context).await;
            respond::set_cookies(&mut response, &over, context);
            response
        }
        Ok(RpLogoutOutcome::StillSignedIn) => {
            respond::notice(provider, Notice::StillSignedIn, ui_locales, context).await
        }
        Ok(RpLogoutOutcome::Confirm(form, cookie)) => {
            let locale = respond::locale(provider, form.locale.as_deref(), context).await;
            let shown = provider.pages.logout(&form, &locale);
            let mut response = respond::page(respond::form_head(200), shown);
            respond::set_cookies(&mut response, cookie.as_slice(), context);
            response
        }
        Ok(RpLogoutOutcome::Refused(error)) => {
            let shown = (&error, Endpoint::Logout, Compliance::Auth0);
            respond::error_page(http, provider, shown, context).await
        }
        Err(fault) => respond::fault_page(http, provider, &fault, context).await,
    }
}
