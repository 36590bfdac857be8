use actix_web::{HttpRequest, HttpResponse, web};
use countersign_authorization_endpoint::AuthorizeRequest;
use countersign_oauth::{Parameters, RequestContext};

use crate::request::Takes;
use crate::{Provider, cookies, request, respond};

/// `GET /authorize`.
pub(crate) async fn get(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    let context = match request::context(&http, &provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(&http, problem),
    };
    match request::query(&http) {
        Ok(parameters) => answer(&http, &provider, ("GET", parameters), context).await,
        Err(problem) => super::interaction::unreadable_page(&http, &provider, problem, &context).await,
    }
}

/// `POST /authorize`: a form with the same parameters; those of the query count too, so that a name in
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
        Ok(parameters) => answer(&http, &provider, ("POST", parameters), context).await,
        Err(problem) => super::interaction::unreadable_page(&http, &provider, problem, &context).await,
    }
}

async fn answer(
    http: &HttpRequest,
    provider: &Provider,
    (method, parameters): (&'static str, Parameters),
    context: RequestContext,
) -> HttpResponse {
    let browser = cookies::read(http, &context.domain);
    let request = AuthorizeRequest { method, parameters, browser, context };
    match provider.authorization.authorize(&request).await {
        Ok(outcome) => respond::outcome(http, provider, outcome, &request.context).await,
        Err(fault) => respond::fault_page(http, provider, &fault, &request.context).await,
    }
}
