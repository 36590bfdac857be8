use actix_web::{HttpRequest, HttpResponse, web};
use countersign_authorization_endpoint::Return;
use countersign_oauth::{Parameters, RequestContext};

use crate::request::Takes;
use crate::{Provider, cookies, request, respond};

/// `GET /continue`: a browser that the tenant's own code sent elsewhere comes back.
pub(crate) async fn get(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    let context = match request::context(&http, &provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(&http, problem),
    };
    take_up(&http, &provider, ("GET", Parameters::default()), context).await
}

/// `POST /continue`: the same by a form, which is another site's.
pub(crate) async fn post(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let context = match request::context(&http, &provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(&http, problem),
    };
    match request::body(&http, payload, Takes::Form).await {
        Ok(body) => take_up(&http, &provider, ("POST", body), context).await,
        Err(problem) => super::interaction::unreadable_page(&http, &provider, problem, &context).await,
    }
}

async fn take_up(
    http: &HttpRequest,
    provider: &Provider,
    (method, body): (&'static str, Parameters),
    context: RequestContext,
) -> HttpResponse {
    let query = match request::query(http) {
        Ok(query) => query,
        Err(problem) => return super::interaction::unreadable_page(http, provider, problem, &context).await,
    };
    let browser = cookies::read(http, &context.domain);
    let request = Return { method, query, body, browser, context };
    match provider.authorization.take_up(&request).await {
        Ok(outcome) => respond::outcome(http, provider, outcome, &request.context).await,
        Err(fault) => respond::fault_page(http, provider, &fault, &request.context).await,
    }
}
