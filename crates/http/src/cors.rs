use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use actix_web::HttpResponseBuilder;
use actix_web::http::header;
use countersign_oauth::{AllowedOrigin, ClientId, Fault, Origin, OriginPattern};
use countersign_storage::{ClientSettings, Storage};

/// Headers that scripts may send.
const ALLOWED_HEADERS: &str = "content-type, authorization, auth0-client, dpop, auth0-forwarded-for";
/// Headers that scripts may read.
const EXPOSED_HEADERS: &str = "DPoP-Nonce, WWW-Authenticate, X-RateLimit-Limit, X-RateLimit-Remaining, \
                               X-RateLimit-Reset, Retry-After";

/// The origins of the tenant's clients, read again whenever the configuration changes.
#[derive(Default)]
pub struct Origins(RwLock<Arc<Book>>);

#[derive(Default)]
struct Book {
    version: Option<i64>,
    by_client: HashMap<ClientId, Allowed>,
    any: Allowed,
}

/// Origins that may call.
#[derive(Default)]
struct Allowed {
    exact: HashSet<Origin>,
    wildcards: Vec<OriginPattern>,
}

impl Allowed {
    /// What the settings of one client allow. Where an answer may go, scripts may ask: the origins of
    /// callbacks count too (core §6.5).
    fn of(settings: &ClientSettings) -> Self {
        let entries = settings.allowed_origins.iter().chain(&settings.web_origins).chain(&settings.callbacks);
        let mut allowed = Self::default();
        for entry in entries.filter_map(|entry| AllowedOrigin::parse(entry)) {
            match entry {
                AllowedOrigin::Exact(origin) => {
                    allowed.exact.insert(origin);
                }
                AllowedOrigin::Wildcard(pattern) => allowed.wildcards.push(pattern),
            }
        }
        allowed
    }

    fn add(&mut self, other: &Self) {
        self.exact.extend(other.exact.iter().cloned());
        self.wildcards.extend(other.wildcards.iter().cloned());
    }

    fn contains(&self, origin: &Origin) -> bool {
        self.exact.contains(origin) || self.wildcards.iter().any(|wildcard| wildcard.matches(origin))
    }
}

/// Whose origins count.
pub(crate) enum Of<'a> {
    /// Those of any client: for a preflight and for userinfo, where no client is named yet.
    Anyone,
    /// Those of one client.
    Client(&'a ClientId),
}

impl Origins {
    /// Whether the origin may call for whom it calls: one of the client's allowed origins, web origins, or
    /// the origins of its callbacks. `null` never may.
    pub(crate) async fn allows(
        &self,
        origin: &str,
        of: Of<'_>,
        storage: &dyn Storage,
    ) -> Result<bool, Fault> {
        // What is echoed is what was compared: browsers send the serialised form, without a path.
        let serialised = |parsed: &Origin| parsed.as_str() == origin;
        let Some(origin) = Origin::parse(origin).filter(serialised) else { return Ok(false) };
        let book = self.book(storage).await?;
        Ok(match of {
            Of::Anyone => book.any.contains(&origin),
            Of::Client(id) => book.by_client.get(id).is_some_and(|allowed| allowed.contains(&origin)),
        })
    }

    async fn book(&self, storage: &dyn Storage) -> Result<Arc<Book>, Fault> {
        let version = storage.configuration_version().await?;
        let known = self.0.read().map(|book| book.clone()).unwrap_or_default();
        if known.version == Some(version) {
            return Ok(known);
        }
        let mut book = Book { version: Some(version), ..Book::default() };
        for client in storage.clients().await? {
            let allowed = Allowed::of(&client.settings);
            book.any.add(&allowed);
            book.by_client.insert(client.id, allowed);
        }
        let book = Arc::new(book);
        if let Ok(mut slot) = self.0.write() {
            *slot = book.clone();
        }
        Ok(book)
    }
}

/// Lets the origin read the answer.
pub(crate) fn allow(response: &mut HttpResponseBuilder, origin: &str) {
    response
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, origin))
        .insert_header((header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS));
}

/// Lets everybody read the answer: it is public.
pub(crate) fn allow_everybody(response: &mut HttpResponseBuilder) {
    response.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
}

/// The answer to a preflight of an allowed origin.
pub(crate) fn allow_preflight(response: &mut HttpResponseBuilder, origin: &str, methods: &'static str) {
    allow(response, origin);
    response
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"));
}

/// Starts an answer that depends on its origin, readable there if it is allowed.
pub(crate) fn with_origin(mut response: HttpResponseBuilder, origin: Option<String>) -> HttpResponseBuilder {
    response.insert_header(("Vary", "Origin"));
    if let Some(origin) = origin {
        allow(&mut response, &origin);
    }
    response
}
