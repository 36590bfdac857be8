use actix_web::{HttpResponse, web};

use crate::Provider;

/// The process lives.
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok")
}

/// The process serves: its store answers and it is not draining.
pub(crate) async fn ready(provider: web::Data<Provider>) -> HttpResponse {
    let ready = (provider.readiness)() && provider.storage.settings().await.is_ok();
    if ready {
        HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready")
    } else {
        HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body("not ready")
    }
}
