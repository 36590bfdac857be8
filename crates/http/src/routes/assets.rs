use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::Provider;

/// A file of our pages; its name has its hash, so it may be kept for ever.
pub(crate) async fn get(request: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    let playground = if provider.development { provider.pages.playground_assets() } else { &[] };
    match provider.pages.assets().into_iter().chain(playground).find(|asset| asset.path == request.path()) {
        None => HttpResponse::NotFound().finish(),
        Some(asset) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .content_type(asset.content_type)
            .body(asset.bytes),
    }
}
