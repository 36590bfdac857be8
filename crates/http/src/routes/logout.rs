use actix_web::{HttpRequest, HttpResponse, web};
use countersign_auth0::Endpoint;
use countersign_authorization_endpoint::CookieChange;
use countersign_oauth::{Compliance, Error, Parameters};
use countersign_openid::{LogoutOutcome, LogoutRequest};

use crate::{Provider, cookies, request, respond};

/// `GET /v2/logout`: the session ends whatever comes of the target.
pub(crate) async fn get(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    let context = match request::context(&http, &provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(&http, problem),
    };
    // The session ends even where the rest of the request makes no sense.
    let (parameters, problem) = match request::query(&http) {
        Ok(parameters) => (parameters, None),
        Err(problem) => (Parameters::default(), Some(problem)),
    };
    let session = cookies::every_session(&http, &context.domain);
    let logout = LogoutRequest { parameters, session, context };
    let context = &logout.context;
    let mut response = match provider.logout.handle(&logout).await {
        Ok(LogoutOutcome::Redirect(target)) => respond::redirect(&http, &target),
        Ok(LogoutOutcome::LoggedOut) => {
            let locale = respond::locale(&provider, None, context).await;
            respond::page(respond::private(200), provider.pages.logged_out(&locale))
        }
        Ok(LogoutOutcome::Refused(error)) | Err(Error::Refused(error)) => {
            let shown = (&error, Endpoint::Logout, Compliance::Auth0);
            respond::error_page(&http, &provider, shown, context).await
        }
        Err(Error::Fault(fault)) => return respond::fault_page(&http, &provider, &fault, context).await,
    };
    if let Some(problem) = problem {
        response = super::interaction::unreadable_page(&http, &provider, problem, context).await;
    }
    respond::set_cookies(&mut response, &[CookieChange::EndSession], context);
    response
}
