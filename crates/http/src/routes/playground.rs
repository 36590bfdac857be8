//! The playground of a development server; `serve` has no such route.

use actix_web::{HttpRequest, HttpResponse, web};
use countersign_oauth::{Fault, Handle, Parameters};
use countersign_pages::{PlaygroundApi, PlaygroundClient, PlaygroundView};

use crate::request::Takes;
use crate::{Provider, request, respond};

/// `GET /playground`: its beginning, and its callback for answers in query and fragment.
pub(crate) async fn get(http: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    page(&http, &provider, None).await
}

/// `POST /playground`: its callback for `response_mode=form_post`. The page compares the state before it
/// takes anything of it, so that a form of another site is only shown.
pub(crate) async fn post(
    http: HttpRequest,
    payload: web::Payload,
    provider: web::Data<Provider>,
) -> HttpResponse {
    match request::body(&http, payload, Takes::Form).await {
        Ok(form) => page(&http, &provider, Some(&form)).await,
        Err(problem) => respond::unreadable(&http, problem),
    }
}

async fn page(http: &HttpRequest, provider: &Provider, form: Option<&Parameters>) -> HttpResponse {
    let context = match request::context(http, provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(http, problem),
    };
    let issuer = &context.domain.issuer;
    let mut view = PlaygroundView {
        callback: issuer.endpoint("playground"),
        discovery: issuer.endpoint(".well-known/openid-configuration"),
        clients: Vec::new(),
        apis: Vec::new(),
        answer: form.map(|form| form.iter().map(|(name, value)| (name.into(), value.into())).collect()),
    };
    if let Err(fault) = offer(provider, &mut view).await {
        return respond::fault_page(http, provider, &fault, &context).await;
    }
    let locale = respond::locale(provider, None, &context).await;
    let nonce = Handle::generate(&*provider.random);
    respond::page(respond::private(200), provider.pages.playground(&view, &locale, nonce.expose()))
}

/// Lists what there is to choose from.
async fn offer(provider: &Provider, view: &mut PlaygroundView) -> Result<(), Fault> {
    for client in provider.storage.clients().await? {
        let settings = client.settings;
        if settings.is_public() && settings.callbacks.contains(&view.callback) {
            view.clients
                .push(PlaygroundClient { client_id: client.id.as_str().to_owned(), name: settings.name });
        }
    }
    for api in provider.storage.resource_servers().await? {
        view.apis.push(PlaygroundApi {
            identifier: api.identifier.as_str().to_owned(),
            name: api.settings.name,
            scopes: api.settings.scopes.into_iter().map(|scope| scope.value).collect(),
        });
    }
    Ok(())
}
