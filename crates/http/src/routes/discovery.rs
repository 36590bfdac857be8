use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use countersign_oauth::{Compliance, Error, Fault, GrantType};
use countersign_openid::{Served, ServedMethod, discovery_document, published_algorithms, published_keys};

use crate::{Provider, cors, request, respond};

/// The discovery document of the request's domain.
pub(crate) async fn document(request: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    let context = match request::context(&request, &provider) {
        Ok(context) => context,
        Err(problem) => return respond::unreadable(&request, problem),
    };
    let read = async {
        let settings = provider.storage.settings().await?.record;
        let signing_algorithms = published_algorithms(&*provider.storage).await?;
        Ok::<_, Fault>((settings, signing_algorithms))
    };
    match provider.last_discovery.or_before(read.await, provider.clock.now()) {
        Err(fault) => failed(&request, Error::Fault(fault)),
        Ok(read) => {
            let (settings, signing_algorithms) = &*read;
            let mut grant_types: Vec<String> =
                provider.token.grants.grant_types().map(GrantType::to_string).collect();
            grant_types.sort();
            let client_methods = provider.token.client_methods.iter().map(|method| ServedMethod {
                name: method.name(),
                signing_algorithms: method.signing_algorithms(),
            });
            let client_methods = client_methods.collect();
            let signing_algorithms = signing_algorithms.clone();
            let served = Served { grant_types, signing_algorithms, client_methods };
            respond::json(public(), &discovery_document(&context.domain, settings, &served))
        }
    }
}

/// The tenant's public keys.
pub(crate) async fn jwks(request: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    if let Err(problem) = request::context(&request, &provider) {
        return respond::unreadable(&request, problem);
    }
    let read = published_keys(&*provider.keys, &*provider.storage, &*provider.storage).await;
    match provider.last_keys.or_before(read, provider.clock.now()) {
        Ok(keys) => respond::json(public(), &*keys),
        Err(fault) => failed(&request, Error::Fault(fault)),
    }
}

fn public() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    cors::allow_everybody(&mut response);
    response.insert_header((
        header::CACHE_CONTROL,
        "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400",
    ));
    response
}

fn failed(request: &HttpRequest, error: Error) -> HttpResponse {
    let dressed = respond::dressed(request, &error, Compliance::Auth0);
    respond::error_body(respond::error_head(&dressed), &dressed)
}
