use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign_client_auth::{ClientAuthenticator, ClientMethods, JWT_BEARER, MethodContext, Presented};
use countersign_dpop::P256Verifier;
use countersign_oauth::{
    ClientId, Compliance, Domain, Error, Issuer, KeyId, MessageAuthenticator, Parameters, RequestContext,
    SealError, Sealed, Sealer, Timestamp,
};
use serde_json::json;
use tiny_http::{Header, Request, Response, Server};

use crate::{Callers, UsedAssertions};

/// The header that a caller signs each request with.
const ASSERTION: &str = "Client-Assertion";
/// The header that tells the API who calls.
const CALLER: &str = "X-Client-Id";
/// What goes through in either direction, at most.
const MAX_BODY: u64 = 1024 * 1024;
/// How long the API may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What stands before an API.
pub struct Gateway {
    callers: Callers,
    used: UsedAssertions,
    domain: Arc<Domain>,
    upstream: String,
    agent: ureq::Agent,
}

impl Gateway {
    /// A gateway that callers reach at `url`, before an API at `upstream`.
    #[must_use]
    pub fn new(callers: Callers, used: UsedAssertions, url: &str, upstream: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        let domain = Arc::new(Domain { issuer: Issuer::new(url) });
        let upstream = upstream.trim_end_matches('/').to_owned();
        Self { callers, used, domain, upstream, agent: config.new_agent() }
    }

    // docs:begin authenticate
    /// Who calls: the client whose key signed the assertion, for this gateway and for the first time.
    ///
    /// # Errors
    /// A refusal, or a fault when there is no room to remember the assertion.
    pub fn authenticate(&self, assertion: &str, now: Timestamp) -> Result<ClientId, Error> {
        let pairs = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let parameters =
            Parameters::from_pairs(pairs.to_vec()).map_err(|error| Error::Refused(error.into()))?;
        let request = self.request(now);
        let authenticator = ClientAuthenticator {
            clients: &self.callers,
            // ES256 keys, which Auth0 does not take, and so the default profile does not.
            compliance: Compliance::Rfc,
            methods: &ClientMethods::new(),
            context: MethodContext {
                request: &request,
                sealer: &NoSecrets,
                replay: &self.used,
                verifier: &P256Verifier,
            },
        };
        let presented = Presented { authorization: None, parameters: &parameters };
        let caller = pollster::block_on(authenticator.authenticate(presented)).map_err(|(error, _)| error)?;
        Ok(caller.client().id.clone())
    }
    // docs:end authenticate

    /// The domain counts for `aud`, and the time; the rest is for endpoints that this gateway has not.
    fn request(&self, now: Timestamp) -> RequestContext {
        RequestContext {
            now,
            domain: self.domain.clone(),
            client_ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            peer_ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            user_agent: String::new(),
            accept_language: String::new(),
            request_id: String::new(),
        }
    }

    fn answer(&self, request: &mut Request, now: Timestamp) -> Bytes {
        let shown: Vec<String> = all(request, ASSERTION);
        let [assertion] = shown.as_slice() else {
            return refused(400, "invalid_request", "Send one Client-Assertion header");
        };
        match self.authenticate(assertion, now) {
            Ok(caller) => self.forward(request, &caller),
            Err(Error::Refused(refusal)) => {
                // The rule is for the log: who forges learns only that it failed.
                eprintln!("refused: {}", refusal.rule);
                refused(401, "invalid_client", "Client authentication failed")
            }
            Err(Error::Fault(fault)) => {
                eprintln!("failed: {fault}");
                refused(503, "temporarily_unavailable", "Try again")
            }
        }
    }

    /// Sends the request on, without the assertion and without a caller that the caller made up.
    fn forward(&self, request: &mut Request, caller: &ClientId) -> Bytes {
        let mut body = Vec::new();
        let read = request.as_reader().take(MAX_BYTES_READ).read_to_end(&mut body);
        if read.is_err() || body.len() as u64 > MAX_BODY {
            return refused(413, "invalid_request", "The body is too long");
        }
        let mut sent = ureq::http::Request::builder()
            .method(request.method().as_str())
            .uri(format!("{}{}", self.upstream, request.url()))
            .header(CALLER, caller.as_str());
        for kind in all(request, "Content-Type").into_iter().take(1) {
            sent = sent.header("Content-Type", kind);
        }
        let answered = sent.body(body).map_err(|error| error.to_string()).and_then(|sent| {
            let mut answer = self.agent.run(sent).map_err(|error| error.to_string())?;
            let kind =
                answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).map(str::to_owned);
            let body = answer.body_mut().with_config().limit(MAX_BODY).read_to_vec();
            Ok((answer.status().as_u16(), kind, body.map_err(|error| error.to_string())?))
        });
        match answered {
            Ok((status, kind, body)) => {
                let answer = Response::from_data(body).with_status_code(status);
                with(answer, "Content-Type", kind.as_deref().unwrap_or("application/octet-stream"))
            }
            Err(error) => {
                eprintln!("the API did not answer: {error}");
                refused(502, "bad_gateway", "The API did not answer")
            }
        }
    }
}

/// One byte more than may go through tells what is too long.
const MAX_BYTES_READ: u64 = MAX_BODY + 1;

/// This gateway keeps no client secrets, so there is nothing to open.
struct NoSecrets;

impl MessageAuthenticator for NoSecrets {
    fn mac(&self, _: &str, _: &[u8]) -> [u8; 32] {
        [0; 32]
    }
}

impl Sealer for NoSecrets {
    fn seal(&self, _: &str, _: &[u8]) -> Sealed {
        Sealed { key_id: KeyId::new("none"), ciphertext: Vec::new() }
    }

    fn open(&self, _: &str, _: &Sealed) -> Result<Vec<u8>, SealError> {
        Err(SealError::UnknownKey)
    }
}

/// Serves until the server is unblocked, on as many threads as there are `workers`.
pub fn serve(server: &Server, gateway: &Gateway, workers: usize) {
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Ok(mut request) = server.recv() {
                    let response = gateway.answer(&mut request, now());
                    // Who hung up does not want the answer.
                    let _ = request.respond(response);
                }
            });
        }
    });
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn all(request: &Request, name: &'static str) -> Vec<String> {
    let named = request.headers().iter().filter(|header| header.field.equiv(name));
    named.map(|header| header.value.as_str().to_owned()).collect()
}

type Bytes = Response<std::io::Cursor<Vec<u8>>>;

fn refused(status: u16, error: &str, description: &str) -> Bytes {
    let body = json!({ "error": error, "error_description": description });
    let response = Response::from_string(body.to_string()).with_status_code(status);
    with(with(response, "Content-Type", "application/json"), "Cache-Control", "no-store")
}

/// Adds a header; one that cannot stand in HTTP is left out.
fn with(response: Bytes, name: &str, value: &str) -> Bytes {
    match Header::from_bytes(name, value) {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    }
}
