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
    let (session, compat, binding) = if domain.is_secure() {
        (SESSION, SESSION_COMPAT, BINDING)
    } else {
        (SESSION_HTTP, SESSION_HTTP, BINDING_HTTP)
    };
    let values = |wanted: &str| -> Vec<String> {
        request
            .headers()
            .get_all(header::COOKIE)
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == wanted)
            .map(|(_, value)| value.to_owned())
            .collect()
    };
    let mut sessions = values(session);
    if sessions.is_empty() {
        sessions = values(compat);
    }
    Browser { session: sessions, binding: values(binding) }
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
