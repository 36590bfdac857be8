use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use countersign_authorization_endpoint::{Browser, CookieChange};
use countersign_oauth::{Domain, Timestamp};

/// The SSO session.
const SESSION: &str = "auth0";
/// The same value without `SameSite`, for browsers that do not know `None`.
const SESSION_COMPAT: &str = "auth0_compat";
/// Binds login pages to a browser.
const BINDING: &str = "__Host-countersign_browser";
/// On a loopback http domain nothing can be `Secure`; the names say so.
const SESSION_HTTP: &str = "auth0_http";
const BINDING_HTTP: &str = "countersign_browser_http";

/// Reads our cookies, every value of each name; `auth0_compat` counts where there is no `auth0`.
pub(crate) fn read(request: &HttpRequest, domain: &Domain) -> Browser {
    let (session, compat, binding) = names(domain);
    let mut sessions = values(request, session);
    if sessions.is_empty() {
        sessions = values(request, compat);
    }
    Browser { session: sessions, binding: values(request, binding) }
}

/// Every session that a browser shows, under either name: what a logout ends.
pub(crate) fn every_session(request: &HttpRequest, domain: &Domain) -> Vec<String> {
    let (session, compat, _) = names(domain);
    let mut sessions = values(request, session);
    sessions.extend(values(request, compat));
    sessions.sort();
    sessions.dedup();
    sessions
}

/// The names of session, its twin, and the browser's binding.
fn names(domain: &Domain) -> (&'static str, &'static str, &'static str) {
    if domain.is_secure() {
        (SESSION, SESSION_COMPAT, BINDING)
    } else {
        (SESSION_HTTP, SESSION_HTTP, BINDING_HTTP)
    }
}

fn values(request: &HttpRequest, wanted: &str) -> Vec<String> {
    request
        .headers()
        .get_all(header::COOKIE)
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| value_of(wanted, pair.trim_ascii()))
        .filter(|value| !value.is_empty())
        .collect()
}

/// The value of one `name=value` pair. Other applications of the host may set cookies of any bytes.
fn value_of(wanted: &str, pair: &[u8]) -> Option<String> {
    let value = pair.strip_prefix(wanted.as_bytes())?.strip_prefix(b"=")?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// The `Set-Cookie` values of a change.
pub(crate) fn write(change: &CookieChange, domain: &Domain) -> Vec<String> {
    let secure = domain.is_secure();
    match change {
        CookieChange::Session { handle, expires_at } => session(handle.expose(), *expires_at, secure),
        CookieChange::EndSession => session("", Some(Timestamp::from_millis(0)), secure),
        CookieChange::Binding(handle) => {
            let name = if secure { BINDING } else { BINDING_HTTP };
            vec![line(name, handle.expose(), Some(SameSite::Lax), None, secure)]
        }
    }
}

fn session(value: &str, expires_at: Option<Timestamp>, secure: bool) -> Vec<String> {
    if secure {
        vec![
            line(SESSION, value, Some(SameSite::None), expires_at, true),
            line(SESSION_COMPAT, value, None, expires_at, true),
        ]
    } else {
        vec![line(SESSION_HTTP, value, Some(SameSite::Lax), expires_at, false)]
    }
}

fn line(
    name: &str,
    value: &str,
    same_site: Option<SameSite>,
    expires_at: Option<Timestamp>,
    secure: bool,
) -> String {
    let mut cookie = Cookie::build(name, value).path("/").http_only(true);
    if secure {
        cookie = cookie.secure(true);
    }
    if let Some(same_site) = same_site {
        cookie = cookie.same_site(same_site);
    }
    let mut line = cookie.finish().to_string();
    if let Some(expires_at) = expires_at {
        line.push_str("; Expires=");
        line.push_str(&expires_at.to_http_date());
    }
    line
}
