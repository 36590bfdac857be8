use actix_web::HttpRequest;
use actix_web::http::header;
use countersign_oauth::{Domain, Origin};

/// Whether a form post comes from one of our own pages, as far as the browser tells (OWASP ASVS 3.5).
///
/// Our pages send no referrer, so browsers write `Origin: null` on their forms; then `Sec-Fetch-Site` must
/// vouch for it. A client that is no browser sends neither, and is held by the transaction's cookie.
pub(crate) fn is_our_own(request: &HttpRequest, domain: &Domain) -> bool {
    let value = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap_or("?"));
    let from_site = value("sec-fetch-site");
    if from_site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    match value(header::ORIGIN.as_str()) {
        None => true,
        Some("null") => from_site == Some("same-origin"),
        Some(origin) => Origin::parse(origin) == Origin::parse(domain.issuer.as_str()),
    }
}
