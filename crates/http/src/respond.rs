use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use countersign_auth0::{Dressed, Endpoint, dress, dress_fault};
use countersign_authorization_endpoint::{
    Answer, CookieChange, Interaction, LoginProblem, Outcome, ResponseMode, Shown, Target,
};
use countersign_oauth::{
    Compliance, Error, Fault, Handle, OAuthError, RedirectUri, RequestContext, encode_query,
};
use countersign_pages::{ErrorView, Framing, Locale, Notice, Page};
use serde::Serialize;

use crate::{Provider, cookies, cors, door, limits, request::Unreadable};

/// Starts an answer that no cache keeps (RFC 6749 §5.1).
pub(crate) fn private(status: u16) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::PRAGMA, "no-cache"));
    response
}

/// A JSON body.
pub(crate) fn json(mut response: HttpResponseBuilder, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(body) {
        Ok(bytes) => response.content_type("application/json; charset=utf-8").body(bytes),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// The error body of every JSON endpoint: `error` and `error_description`, nothing else.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// Dresses a refusal or fault and notes it for the log.
pub(crate) fn dressed(request: &HttpRequest, error: &Error, compliance: Compliance) -> Dressed {
    match error {
        Error::Refused(error) => {
            door::note(request, error);
            dress(error, Endpoint::Token, compliance)
        }
        Error::Fault(fault) => {
            door::note_fault(request, fault);
            dress_fault(fault)
        }
    }
}

/// Starts the answer of a dressed error.
pub(crate) fn error_head(dressed: &Dressed) -> HttpResponseBuilder {
    let mut response = private(dressed.status);
    if let Some(challenge) = dressed.www_authenticate {
        response.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    if let Some(seconds) = dressed.retry_after {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    response
}

/// The body of a dressed error.
pub(crate) fn error_body(response: HttpResponseBuilder, dressed: &Dressed) -> HttpResponse {
    json(response, &ErrorBody { error: &dressed.code, error_description: &dressed.description })
}

/// A request that was not even read, as JSON.
pub(crate) fn unreadable(request: &HttpRequest, problem: Unreadable) -> HttpResponse {
    unreadable_to(request, problem, None)
}

/// The same, for a script of an origin that may read it.
pub(crate) fn unreadable_to(
    request: &HttpRequest,
    problem: Unreadable,
    origin: Option<String>,
) -> HttpResponse {
    let error = problem.error();
    door::note(request, &error);
    let dressed = Dressed { status: problem.status(), ..dress(&error, Endpoint::Token, Compliance::Auth0) };
    error_body(cors::with_origin(error_head(&dressed), origin), &dressed)
}

/// The locale of a page that belongs to no transaction.
pub(crate) async fn locale(
    provider: &Provider,
    ui_locales: Option<&str>,
    context: &RequestContext,
) -> Locale {
    let enabled = match provider.storage.settings().await {
        Ok(settings) => settings.record.enabled_locales,
        Err(_) => vec!["en".to_owned()],
    };
    provider.pages.choose_locale(ui_locales, &enabled, &context.accept_language)
}

/// Starts the answer of a page with a form to us, which shall come back with a true `Origin`; other sites
/// still learn nothing.
pub(crate) fn form_head(status: u16) -> HttpResponseBuilder {
    let mut response = private(status);
    response.insert_header((header::REFERRER_POLICY, "same-origin"));
    response
}

/// The page that says how something ended.
pub(crate) async fn notice(
    provider: &Provider,
    notice: Notice,
    ui_locales: Option<&str>,
    context: &RequestContext,
) -> HttpResponse {
    let tenant = match provider.storage.settings().await {
        Ok(settings) => settings.record.friendly_name,
        Err(_) => String::new(),
    };
    let locale = locale(provider, ui_locales, context).await;
    page(private(200), provider.pages.notice(notice, &tenant, &locale))
}

/// A page with its policies.
pub(crate) fn page(mut response: HttpResponseBuilder, page: Page) -> HttpResponse {
    response.insert_header((header::CONTENT_SECURITY_POLICY, page.content_security_policy));
    if page.frame == Framing::Denied {
        response.insert_header((header::X_FRAME_OPTIONS, "DENY"));
    }
    response.content_type("text/html; charset=utf-8").body(page.html)
}

/// The error page; it never has a `Location`.
pub(crate) async fn error_page(
    request: &HttpRequest,
    provider: &Provider,
    shown: (&OAuthError, Endpoint, Compliance),
    context: &RequestContext,
) -> HttpResponse {
    error_page_about(request, provider, shown, (None, None), context).await
}

/// The error page of a request that named a client and a connection.
async fn error_page_about(
    request: &HttpRequest,
    provider: &Provider,
    (error, endpoint, compliance): (&OAuthError, Endpoint, Compliance),
    named: (Option<&str>, Option<&str>),
    context: &RequestContext,
) -> HttpResponse {
    door::note(request, error);
    let dressed = dress(error, endpoint, compliance);
    if let Some(location) = tenants_own_error_page(provider, error, &dressed, named, context).await {
        return redirect(request, &location);
    }
    let title =
        (error.rule == "authorize.redirect_uri_mismatch").then(|| "Callback URL mismatch.".to_owned());
    let compared = if provider.development {
        error.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    } else {
        Vec::new()
    };
    let view = ErrorView {
        code: dressed.code.clone(),
        description: dressed.description.clone(),
        title,
        rule: error.rule,
        tracking: context.request_id.clone(),
        compared,
        explained_in: provider.development.then(|| explained_in(error.rule)),
    };
    let locale = locale(provider, None, context).await;
    let mut response = error_head(&dressed);
    response.insert_header(("Cross-Origin-Opener-Policy", "same-origin"));
    page(response, provider.pages.error(&view, &locale))
}

/// Where the reference explains a rule.
fn explained_in(rule: &str) -> String {
    format!("docs/reference/errors.md#{rule}")
}

/// The tenant's own error page, where it has one: a fixed URL of its settings, never one of the request.
async fn tenants_own_error_page(
    provider: &Provider,
    error: &OAuthError,
    dressed: &Dressed,
    (client_id, connection): (Option<&str>, Option<&str>),
    context: &RequestContext,
) -> Option<String> {
    if error.rule.starts_with("http.")
        || error.rule.starts_with("limit.")
        || error.rule == "authorize.web_origin_not_allowed"
    {
        return None;
    }
    let settings = provider.storage.settings().await.ok()?.record;
    let url = settings.error_page.as_ref()?.get("url")?.as_str()?;
    let page = RedirectUri::parse(url).ok().filter(RedirectUri::is_web)?;
    let lang = settings.enabled_locales.first().cloned();
    let values: Vec<(&'static str, String)> = [
        ("client_id", client_id.or_else(|| error.value("client_id")).map(str::to_owned)),
        ("connection", connection.map(str::to_owned)),
        ("lang", lang),
        ("error", Some(dressed.code.clone())),
        ("error_description", Some(dressed.description.clone())),
        ("tracking", Some(context.request_id.clone())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    Some(page.with_query(&encode_query(&values)))
}

/// A fault, as a page.
pub(crate) async fn fault_page(
    request: &HttpRequest,
    provider: &Provider,
    fault: &Fault,
    context: &RequestContext,
) -> HttpResponse {
    door::note_fault(request, fault);
    let dressed = dress_fault(fault);
    let view = ErrorView {
        code: dressed.code.clone(),
        description: dressed.description.clone(),
        title: None,
        rule: "server.fault",
        tracking: context.request_id.clone(),
        compared: Vec::new(),
        explained_in: provider.development.then(|| explained_in("server.fault")),
    };
    let locale = locale(provider, None, context).await;
    page(error_head(&dressed), provider.pages.error(&view, &locale))
}

/// What the authorization endpoint decided: a page, an answer to the client, or the error page.
pub(crate) async fn outcome(
    request: &HttpRequest,
    provider: &Provider,
    outcome: Outcome,
    context: &RequestContext,
) -> HttpResponse {
    let mut response = match outcome.shown {
        Shown::Interaction(interaction) => {
            let (ui_locales, status) = page_head(&interaction);
            let locale = locale(provider, ui_locales.as_deref(), context).await;
            let mut response = page(form_head(status), provider.pages.interaction(&interaction, &locale));
            if let Interaction::Login(form) = &interaction
                && let Some(drawn) = form.limit
            {
                limits::tell(response.headers_mut(), drawn, context.now);
            }
            if let Interaction::Login(form) = &interaction
                && let Some(problem) = form.problem
            {
                door::note_rule(request, problem.rule());
            }
            response
        }
        Shown::ErrorPage { page, compliance } => {
            let shown = (&page.error, Endpoint::Authorize, compliance);
            let named = (page.client_id.as_deref(), page.connection.as_deref());
            error_page_about(request, provider, shown, named, context).await
        }
        Shown::Elsewhere { url } => elsewhere(request, provider, &url, context).await,
        Shown::Answer(Answer::Code { target, code }) => {
            let values = vec![("code", code.expose().to_owned())];
            answer(request, provider, &target, values, context).await
        }
        Shown::Answer(Answer::Failed { target, fault }) => {
            door::note_fault(request, &fault);
            answer(request, provider, &target, error_values(dress_fault(&fault)), context).await
        }
        Shown::Answer(Answer::Error { target, error }) => {
            door::note(request, &error);
            let dressed = dress(&error, Endpoint::Authorize, target.compliance);
            answer(request, provider, &target, error_values(dressed), context).await
        }
    };
    set_cookies(&mut response, &outcome.cookies, context);
    response
}

/// Sets our cookies on an answer.
pub(crate) fn set_cookies(response: &mut HttpResponse, changes: &[CookieChange], context: &RequestContext) {
    for line in changes.iter().flat_map(|change| cookies::write(change, &context.domain)) {
        if let Ok(value) = header::HeaderValue::from_str(&line) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

fn page_head(interaction: &Interaction) -> (Option<String>, u16) {
    use Interaction::{Confirmation, Consent, Login};
    match interaction {
        Login(form) => {
            let status = match form.problem {
                None => 200,
                Some(
                    LoginProblem::TooManyAttempts | LoginProblem::AddressHeldBack | LoginProblem::TooFast,
                ) => 429,
                Some(_) => 400,
            };
            (form.frame.locale.clone(), status)
        }
        Consent(form) => (form.frame.locale.clone(), 200),
        Confirmation(form) => (form.frame.locale.clone(), 200),
    }
}

fn error_values(dressed: Dressed) -> Vec<(&'static str, String)> {
    vec![("error", dressed.code), ("error_description", dressed.description)]
}

/// Sends values to the client by the response mode (OAuth 2.0 Multiple Response Types §2.1).
async fn answer(
    request: &HttpRequest,
    provider: &Provider,
    target: &Target,
    mut values: Vec<(&'static str, String)>,
    context: &RequestContext,
) -> HttpResponse {
    values.extend(target.state.clone().map(|state| ("state", state)));
    values.extend(target.iss.clone().map(|iss| ("iss", iss)));
    let nonce = || Handle::generate(&*provider.random);
    match target.response_mode {
        ResponseMode::Query => redirect(request, &target.redirect_uri.with_query(&encode_query(&values))),
        ResponseMode::Fragment => {
            redirect(request, &target.redirect_uri.with_fragment(&encode_query(&values)))
        }
        ResponseMode::FormPost => {
            let locale = locale(provider, None, context).await;
            let shown = provider.pages.form_post(&target.redirect_uri, &values, nonce().expose(), &locale);
            let mut response = private(200);
            // The client sees that the form comes from us, and not from which request.
            response.insert_header((header::REFERRER_POLICY, "strict-origin"));
            page(response, shown)
        }
        ResponseMode::WebMessage => {
            let Some(origin) = target.origin() else { return private(400).finish() };
            page(private(200), provider.pages.web_message(&origin, &values, nonce().expose()))
        }
    }
}

/// To a place that the tenant's own code names: a redirect, or after a form a page that goes there.
async fn elsewhere(
    request: &HttpRequest,
    provider: &Provider,
    url: &str,
    context: &RequestContext,
) -> HttpResponse {
    if request.method() != actix_web::http::Method::POST {
        return redirect(request, url);
    }
    let locale = locale(provider, None, context).await;
    page(private(200), provider.pages.leaving(url, &locale))
}

/// 302, or 303 in answer to a POST, so that no browser repeats a form there (RFC 9700 §4.12).
pub(crate) fn redirect(request: &HttpRequest, location: &str) -> HttpResponse {
    let status = if request.method() == actix_web::http::Method::POST { 303 } else { 302 };
    private(status).insert_header((header::LOCATION, location)).finish()
}
