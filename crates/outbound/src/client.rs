use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use countersign_oauth::{
    BoxFuture, FetchBody, FetchError, FetchMethod, FetchRequest, FetchResponse, HttpFetch,
};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Method, Request, Response, Url, redirect, retry, tls};
use tokio::sync::Semaphore;

use crate::failure::classify;
use crate::resolver::{CheckedResolver, Targets};
use crate::{BuildError, OutboundOptions};

/// Calls other servers (SP-139 to SP-146).
///
/// Every call resolves the host, checks its addresses and connects to one of them anew: no connection is kept, so
/// that what was checked is what is called, and calls can come from any thread that has a runtime.
pub struct Outbound {
    options: Arc<OutboundOptions>,
    /// Further authorities.
    authorities: Vec<Certificate>,
    /// With TLS. Made at the first call: the system's authorities take a while to read and some memory to keep,
    /// and most servers never call anybody.
    secure: OnceLock<Result<Client, FetchError>>,
    /// Without, to private targets alone.
    plain: OnceLock<Result<Client, FetchError>>,
    running: Semaphore,
}

impl Outbound {
    /// A client.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn new(options: &OutboundOptions) -> Result<Self, BuildError> {
        let options = Arc::new(options.clone());
        Ok(Self {
            authorities: authorities(&options)?,
            secure: OnceLock::new(),
            plain: OnceLock::new(),
            running: Semaphore::new(options.max_calls),
            options,
        })
    }

    async fn call(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let url = self.check(request.url.expose())?;
        let _running = self.running.try_acquire().map_err(|_| FetchError::Full)?;
        let client =
            self.client(if url.scheme() == "https" { Targets::Allowed } else { Targets::PrivateOnly })?;
        let response = client.execute(prepare(url, request)?).await.map_err(|error| classify(&error))?;
        self.read(response).await
    }

    fn client(&self, targets: Targets) -> Result<&Client, FetchError> {
        let slot = match targets {
            Targets::Allowed => &self.secure,
            Targets::PrivateOnly => &self.plain,
        };
        slot.get_or_init(|| build(targets, self)).as_ref().map_err(Clone::clone)
    }

    /// The URL, if it may be called. Hosts that are addresses are checked here, names when they are resolved.
    fn check(&self, text: &str) -> Result<Url, FetchError> {
        let url = Url::parse(text).map_err(|_| FetchError::Url("it is no absolute URL"))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(FetchError::Url("it has no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Url("it holds user information"));
        }
        if url.fragment().is_some() {
            return Err(FetchError::Url("it holds a fragment"));
        }
        let private = self.options.allows_private(host);
        let targets = match url.scheme() {
            "https" => Targets::Allowed,
            "http" if private => Targets::PrivateOnly,
            _ => return Err(FetchError::Url("its scheme is not https")),
        };
        let port = url.port_or_known_default().unwrap_or_default();
        if !private && !self.options.ports.contains(&port) {
            return Err(FetchError::Url("its port is not one that may be called"));
        }
        // A URL's parser has turned decimal, octal and hexadecimal forms into an address already.
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) if !targets.may_call(host, address, &self.options) => Err(FetchError::PrivateAddress),
            _ => Ok(url),
        }
    }

    /// Reads the answer as far as the limit.
    async fn read(&self, mut response: Response) -> Result<FetchResponse, FetchError> {
        let limit = self.options.max_body_bytes;
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(FetchError::TooLarge);
        }
        // None was asked for, and what is unpacked later would be measured packed.
        if response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(FetchError::Broken);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
        let content_type = response.headers().get(CONTENT_TYPE).and_then(text).unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let headers = response.headers().iter();
        let headers = headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?)));
        Ok(FetchResponse {
            status: response.status().as_u16(),
            content_type,
            headers: headers.collect(),
            body,
        })
    }
}

impl HttpFetch for Outbound {
    fn fetch<'a>(&'a self, request: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        Box::pin(self.call(request))
    }

    fn may_call_private(&self) -> bool {
        self.options.allow_private
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("options", &self.options).finish_non_exhaustive()
    }
}

fn authorities(options: &OutboundOptions) -> Result<Vec<Certificate>, BuildError> {
    let Some(pem) = &options.ca_pem else { return Ok(Vec::new()) };
    let authorities = Certificate::from_pem_bundle(pem).map_err(|_| BuildError::Authorities)?;
    if authorities.is_empty() { Err(BuildError::Authorities) } else { Ok(authorities) }
}

fn build(targets: Targets, outbound: &Outbound) -> Result<Client, FetchError> {
    let options = &outbound.options;
    let resolver = CheckedResolver { targets, options: Arc::clone(options) };
    let builder = match targets {
        Targets::Allowed => Client::builder().tls_certs_merge(outbound.authorities.clone()),
        // It speaks no TLS, and the system's authorities take a while to read.
        Targets::PrivateOnly => Client::builder().tls_certs_only([]),
    };
    builder
        .user_agent("Countersign")
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
        .dns_resolver(resolver)
        .pool_max_idle_per_host(0)
        .connect_timeout(options.connect_timeout)
        .timeout(options.timeout)
        .tls_version_min(tls::Version::TLS_1_2)
        .build()
        .map_err(|_| FetchError::Tls)
}

fn prepare(url: Url, request: FetchRequest) -> Result<Request, FetchError> {
    let method = match request.method {
        FetchMethod::Get => Method::GET,
        FetchMethod::Post => Method::POST,
        FetchMethod::Put => Method::PUT,
        FetchMethod::Patch => Method::PATCH,
        FetchMethod::Delete => Method::DELETE,
    };
    let mut prepared = Request::new(method, url);
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let name = name.map_err(|_| FetchError::Url("a header field has no name"))?;
        prepared.headers_mut().append(name, header(value.expose())?);
    }
    let (kind, body) = match request.body {
        FetchBody::Empty => return Ok(prepared),
        FetchBody::Form(body) => ("application/x-www-form-urlencoded".to_owned(), body),
        FetchBody::Json(body) => ("application/json".to_owned(), body),
        FetchBody::Other(kind, body) => (kind, body),
    };
    prepared.headers_mut().insert(CONTENT_TYPE, header(&kind)?);
    *prepared.body_mut() = Some(body.expose().clone().into());
    Ok(prepared)
}

/// A header's value, marked so that no debug output shows it.
fn header(text: &str) -> Result<HeaderValue, FetchError> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| FetchError::Url("a header field has no such value"))?;
    value.set_sensitive(true);
    Ok(value)
}
