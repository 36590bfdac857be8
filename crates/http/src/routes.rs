//! One file per endpoint; `configure` is the table of contents.

mod assets;
mod authorize;
pub(crate) mod client_endpoints;
mod continuation;
mod discovery;
mod health;
mod interaction;
mod logout;
mod oidc_logout;
mod playground;
mod unserved;
mod userinfo;

use actix_web::http::header;
use actix_web::{HttpResponse, web};

/// A resource that answers other methods with 405 and `Allow`.
fn resource(path: &str, allow: &'static str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(move || async move {
        HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allow)).finish()
    }))
}

/// What a development server offers beside the others.
pub(crate) fn configure_development(config: &mut web::ServiceConfig) {
    config.service(
        resource("/playground", "GET, POST")
            .route(web::get().to(playground::get))
            .route(web::post().to(playground::post)),
    );
}

/// Every route of the server.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/authorize", "GET, POST")
                .route(web::get().to(authorize::get))
                .route(web::post().to(authorize::post)),
        )
        .service(
            resource("/u/login", "GET, POST")
                .route(web::get().to(interaction::opened_directly))
                .route(web::post().to(interaction::login)),
        )
        .service(
            resource("/u/consent", "GET, POST")
                .route(web::get().to(interaction::opened_directly))
                .route(web::post().to(interaction::question)),
        )
        .service(
            resource("/u/confirmation", "GET, POST")
                .route(web::get().to(interaction::opened_directly))
                .route(web::post().to(interaction::question)),
        )
        .service(
            resource("/continue", "GET, POST")
                .route(web::get().to(continuation::get))
                .route(web::post().to(continuation::post)),
        )
        .service(
            resource("/oauth/token", "POST, OPTIONS")
                .route(web::post().to(client_endpoints::token))
                .route(web::method(actix_web::http::Method::OPTIONS).to(client_endpoints::preflight)),
        )
        .service(
            resource("/oauth/access_token", "POST, OPTIONS")
                .route(web::post().to(client_endpoints::access_token))
                .route(web::method(actix_web::http::Method::OPTIONS).to(client_endpoints::preflight)),
        )
        .service(
            resource("/oauth/revoke", "POST, OPTIONS")
                .route(web::post().to(client_endpoints::revoke))
                .route(web::method(actix_web::http::Method::OPTIONS).to(client_endpoints::preflight)),
        )
        .service(resource("/oauth/introspect", "POST").route(web::post().to(client_endpoints::introspect)))
        .service(
            resource("/userinfo", "GET, POST, OPTIONS")
                .route(web::get().to(userinfo::get))
                .route(web::post().to(userinfo::post))
                .route(web::method(actix_web::http::Method::OPTIONS).to(userinfo::preflight)),
        )
        .service(
            resource("/.well-known/openid-configuration", "GET").route(web::get().to(discovery::document)),
        )
        .service(
            resource("/.well-known/oauth-authorization-server", "GET")
                .route(web::get().to(discovery::document)),
        )
        .service(resource("/.well-known/jwks.json", "GET").route(web::get().to(discovery::jwks)))
        .service(resource("/v2/logout", "GET").route(web::get().to(logout::get)))
        .service(resource("/logout", "GET").route(web::get().to(logout::get)))
        .service(
            resource("/oidc/logout", "GET, POST")
                .route(web::get().to(oidc_logout::get))
                .route(web::post().to(oidc_logout::post)),
        )
        .service(
            resource("/u/logout", "GET, POST")
                .route(web::get().to(interaction::opened_directly))
                .route(web::post().to(oidc_logout::answer)),
        )
        .service(resource("/oauth/device/code", "POST").route(web::post().to(unserved::device_code)))
        .service(resource("/mfa/challenge", "POST").route(web::post().to(unserved::mfa_challenge)))
        .service(resource("/oidc/register", "POST").route(web::post().to(unserved::registration)))
        .service(
            resource("/oauth/global-token-revocation/connection/{name}", "POST")
                .route(web::post().to(unserved::global_token_revocation)),
        )
        .service(resource("/assets/{file}", "GET").route(web::get().to(assets::get)))
        .service(resource("/healthz", "GET").route(web::get().to(health::alive)))
        .service(resource("/readyz", "GET").route(web::get().to(health::ready)));
}

/// Paths that nothing serves.
pub(crate) async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().finish()
}
