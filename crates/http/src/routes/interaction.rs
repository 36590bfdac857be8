use actix_web::{HttpRequest, HttpResponse, web};
use countersign_auth0::Endpoint;
use countersign_authorization_endpoint::{LoginSubmission, QuestionSubmission};
use countersign_oauth::{Compliance, ErrorCode, OAuthError, Parameters, RedirectUri, RequestContext, Secret};

use crate::request::{Takes, Unreadable};
use crate::{Provider, cookies, request, respond, same_site};

/// `POST /u/login`.
pub(crate) async fn login(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let (form, context) = match read(&http, payload, &provider).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let value = |name: &str| form.find(name).unwrap_or_default().to_owned();
    let submission = LoginSubmission {
        transaction: value("transaction"),
        identifier: value("username"),
        password: Secret::new(value("password")),
        browser: cookies::read(&http, &context.domain),
        context,
    };
    match provider.authorization.login(&submission).await {
        Ok(outcome) => respond::outcome(&http, &provider, outcome, &submission.context).await,
        Err(fault) => respond::fault_page(&http, &provider, &fault, &submission.context).await,
    }
}

/// `POST /u/consent` and `POST /u/confirmation`.
pub(crate) async fn question(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    let (form, context) = match read(&http, payload, &provider).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let submission = QuestionSubmission {
        transaction: form.find("transaction").unwrap_or_default().to_owned(),
        accepted: form.find("action") == Some("accept"),
        browser: cookies::read(&http, &context.domain),
        context,
    };
    match provider.authorization.answer_question(&submission).await {
        Ok(outcome) => respond::outcome(&http, &provider, outcome, &submission.context).await,
        Err(fault) => respond::fault_page(&http, &provider, &fault, &submission.context).await,
    }
}

/// A form's address typed by hand, or a page reloaded: to the tenant's default route, else the error page.
pub(crate) async fn opened_directly(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    let context = match request::context(&http, &provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(&http, problem),
    };
    let route = match provider.storage.settings().await {
        Ok(settings) => settings.record.default_redirection_uri,
        Err(fault) => return respond::fault_page(&http, &provider, &fault, &context).await,
    };
    if let Some(target) = route.filter(|url| RedirectUri::parse(url).is_ok()) {
        return respond::redirect(&http, &target);
    }
    let error = OAuthError::new(
        ErrorCode::InvalidRequest,
        "transaction.opened_directly",
        "This page is no longer good. Go back to the application and try again.",
    );
    let shown = (&error, Endpoint::Authorize, Compliance::Auth0);
    respond::error_page(&http, &provider, shown, &context).await
}

/// Reads one of our own forms: from our own origin, each field once.
pub(super) async fn read(
    http: &HttpRequest,
    payload: web::Payload,
    provider: &Provider,
) -> Result<(Parameters, RequestContext), HttpResponse> {
    let context = request::context(http, provider).map_err(|problem| respond::unreadable(http, problem))?;
    let refuse = async |error: OAuthError| {
        let shown = (&error, Endpoint::Authorize, Compliance::Auth0);
        respond::error_page(http, provider, shown, &context).await
    };
    if !same_site::is_our_own(http, &context.domain) {
        let error = OAuthError::new(
            ErrorCode::InvalidRequest,
            "http.cross_site",
            "This form was not sent from its own page",
        );
        return Err(refuse(error).await);
    }
    match request::body(http, payload, Takes::OwnForm).await {
        Err(problem) => Err(unreadable_page(http, provider, problem, &context).await),
        Ok(form) => match form.find_duplicate(&[]) {
            Some(name) => Err(refuse(OAuthError::repeated_parameter(name)).await),
            None => Ok((form, context)),
        },
    }
}

/// A request that was not even read, as a page.
pub(crate) async fn unreadable_page(
    http: &HttpRequest,
    provider: &Provider,
    problem: Unreadable,
    context: &RequestContext,
) -> HttpResponse {
    let error = problem.error();
    let shown = (&error, Endpoint::Authorize, Compliance::Auth0);
    let mut response = respond::error_page(http, provider, shown, context).await;
    if let Ok(status) = actix_web::http::StatusCode::from_u16(problem.status()) {
        *response.status_mut() = status;
    }
    response
}
