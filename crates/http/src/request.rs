use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, web};
use countersign_oauth::{Domain, ErrorCode, OAuthError, Parameters, RequestContext, Timestamp};

use crate::Provider;

/// What a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// A form of at most 64 KiB.
    Form,
    /// A form or a JSON object of at most 64 KiB.
    FormOrJson,
    /// One of our own forms: it carries a sealed request, which grows in the sealing.
    OwnForm,
}

impl Takes {
    fn limit(self) -> usize {
        match self {
            Self::Form | Self::FormOrJson => 64 * 1024,
            Self::OwnForm => 512 * 1024,
        }
    }
}

/// The id of a request, made at the door.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// When a request came, read once at the door.
#[derive(Clone, Copy)]
pub(crate) struct Arrived(pub(crate) Timestamp);

/// Addresses whose `X-Forwarded-For` is believed.
#[derive(Clone, Default)]
pub(crate) struct TrustedProxies(pub(crate) Arc<[IpAddr]>);

/// Why a request is not even read. Each has a status of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    UnknownHost,
    MediaType,
    TooLarge,
    Malformed,
}

impl Unreadable {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::UnknownHost | Self::Malformed => 400,
            Self::MediaType => 415,
            Self::TooLarge => 413,
        }
    }

    pub(crate) fn error(self) -> OAuthError {
        let (rule, text) = match self {
            Self::UnknownHost => ("http.unknown_host", "The host is not one of this server's domains"),
            Self::MediaType => ("http.media_type", "Unsupported media type"),
            Self::TooLarge => ("http.body_too_large", "The request body is larger than 64 KiB"),
            Self::Malformed => ("http.malformed_body", "Invalid request body"),
        };
        OAuthError::new(ErrorCode::InvalidRequest, rule, text)
    }
}

/// Picks the domain by host and gathers what is true of the request throughout.
pub(crate) fn context(request: &HttpRequest, provider: &Provider) -> Result<RequestContext, Unreadable> {
    let domain = domain(request, provider).ok_or(Unreadable::UnknownHost)?;
    let text = |name: header::HeaderName| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().chars().take(256).collect::<String>()
    };
    let peer_ip = client_ip(request);
    Ok(RequestContext {
        now: arrived(request).unwrap_or_else(|| provider.clock.now()),
        domain,
        client_ip: peer_ip,
        peer_ip,
        user_agent: text(header::USER_AGENT),
        accept_language: text(header::ACCEPT_LANGUAGE),
        request_id: request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
    })
}

/// When the request came, as the door noted it.
pub(crate) fn arrived(request: &HttpRequest) -> Option<Timestamp> {
    request.extensions().get::<Arrived>().map(|arrived| arrived.0)
}

/// The domain that the host names; the scheme's default port may stand in it or not.
pub(crate) fn domain(request: &HttpRequest, provider: &Provider) -> Option<Arc<Domain>> {
    let mut hosts = request.headers().get_all(header::HOST);
    let host = match (request.uri().authority(), hosts.next(), hosts.next()) {
        (Some(authority), _, None) => authority.as_str().to_ascii_lowercase(),
        (None, Some(host), None) => host.to_str().ok()?.to_ascii_lowercase(),
        _ => return None,
    };
    let names = |domain: &&Arc<Domain>| {
        let default_port = if domain.is_secure() { ":443" } else { ":80" };
        let authority = domain.issuer.authority();
        authority == host || Some(authority) == host.strip_suffix(default_port)
    };
    provider.domains.iter().find(names).cloned()
}

/// The peer, or behind trusted proxies the right-most address that is not one of them.
fn client_ip(request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    let trusted = request.app_data::<web::Data<TrustedProxies>>().map(|data| data.0.clone());
    let trusts = |ip: &IpAddr| trusted.as_ref().is_some_and(|list| list.contains(ip));
    if !trusts(&peer) {
        return peer;
    }
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    let mut client = peer;
    for hop in forwarded.iter().rev() {
        let Ok(ip) = hop.trim().parse::<IpAddr>() else { return peer };
        client = ip.to_canonical();
        if !trusts(&client) {
            break;
        }
    }
    client
}

/// Reads the query's parameters.
pub(crate) fn query(request: &HttpRequest) -> Result<Parameters, Unreadable> {
    Parameters::parse_form(request.query_string().as_bytes()).map_err(|_| Unreadable::Malformed)
}

/// Reads a body as a form, or as JSON where the endpoint takes it. Nothing is decompressed.
pub(crate) async fn body(
    request: &HttpRequest,
    payload: web::Payload,
    takes: Takes,
) -> Result<Parameters, Unreadable> {
    let single = |name: header::HeaderName| {
        let mut values = request.headers().get_all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(|value| value.to_str().unwrap_or("?").to_owned())),
            _ => Err(Unreadable::Malformed),
        }
    };
    if single(header::CONTENT_ENCODING)?.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Unreadable::MediaType);
    }
    let content_type = single(header::CONTENT_TYPE)?.unwrap_or_default();
    let (essence, parameters) = content_type.split_once(';').unwrap_or((&content_type, ""));
    let charset = parameters.trim().to_ascii_lowercase();
    let charset = charset.strip_prefix("charset=").map(|charset| charset.trim_matches('"'));
    if charset.is_some_and(|charset| charset != "utf-8") {
        return Err(Unreadable::MediaType);
    }
    let json = match essence.trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => false,
        "application/json" if takes == Takes::FormOrJson => true,
        _ => return Err(Unreadable::MediaType),
    };
    let bytes = match payload.to_bytes_limited(takes.limit()).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Err(Unreadable::Malformed),
        Err(_) => return Err(Unreadable::TooLarge),
    };
    let parsed = if json { Parameters::parse_json(&bytes) } else { Parameters::parse_form(&bytes) };
    parsed.map_err(|_| Unreadable::Malformed)
}

/// The `Authorization` header; a second or an unreadable one refuses the request.
pub(crate) fn authorization(request: &HttpRequest) -> Result<Option<String>, Unreadable> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            value.to_str().map(|value| Some(value.to_owned())).map_err(|_| Unreadable::Malformed)
        }
        (Some(_), Some(_)) => Err(Unreadable::Malformed),
    }
}

/// A header's only value; repeated or unreadable ones count as absent.
pub(crate) fn header(request: &HttpRequest, name: &str) -> Option<String> {
    let mut values = request.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}

/// Every value of a header; an unreadable one stays as something that no parser takes.
pub(crate) fn headers(request: &HttpRequest, name: &str) -> Vec<String> {
    request.headers().get_all(name).map(|value| value.to_str().unwrap_or("?").to_owned()).collect()
}
