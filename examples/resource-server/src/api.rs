use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_oauth::Timestamp;
use serde_json::{Value, json};
use tiny_http::{Header, Request, Response, Server};

use crate::{Answer, Guard, Refusal, Shown};

/// Where an API says who may issue tokens for it (RFC 9728 §3).
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// The API: orders, which one may read and write.
pub struct Api {
    /// Who passes.
    pub guard: Guard,
}

/// Serves until the server is unblocked, on as many threads as there are `workers`.
pub fn serve(server: &Server, api: &Arc<Api>, workers: usize) {
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Ok(request) = server.recv() {
                    let response = api.answer(&request, now());
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

type Bytes = Response<std::io::Cursor<Vec<u8>>>;

impl Api {
    fn answer(&self, request: &Request, now: Timestamp) -> Bytes {
        let path = request.url().split('?').next().unwrap_or_default();
        let needed = match (request.method().as_str(), path) {
            ("GET", METADATA) => return body(200, &self.metadata()),
            ("GET", "/orders") => "read:orders",
            ("POST", "/orders") => "write:orders",
            (_, "/orders" | METADATA) => return body(405, &json!({ "error": "method_not_allowed" })),
            _ => return body(404, &json!({ "error": "not_found" })),
        };
        let all = |name: &'static str| {
            let named = request.headers().iter().filter(|header| header.field.equiv(name));
            named.map(|header| header.value.as_str().to_owned()).collect()
        };
        let shown = Shown {
            method: request.method().as_str(),
            path: request.url(),
            authorization: all("Authorization"),
            dpop: all("DPoP"),
        };
        // A fresh nonce with every answer, so that a caller never needs to ask twice (RFC 9449 §8.2, §9).
        let nonce = self.guard.nonce(now);
        match self.guard.check(&shown, needed, now) {
            Ok(caller) => {
                let orders = json!({ "orders": [], "for": caller.subject, "client": caller.client_id });
                with(body(200, &orders), "DPoP-Nonce", &nonce)
            }
            Err(refusal) => with(refused(&refusal, &self.metadata_url()), "DPoP-Nonce", &nonce),
        }
    }

    fn metadata_url(&self) -> String {
        format!("{}{METADATA}", self.guard.settings().url)
    }

    fn metadata(&self) -> Value {
        let settings = self.guard.settings();
        json!({
            "resource": settings.url,
            "authorization_servers": [settings.issuer],
            "scopes_supported": ["read:orders", "write:orders"],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "dpop_bound_access_tokens_required": true,
        })
    }
}

fn refused(refusal: &Refusal, metadata_url: &str) -> Bytes {
    let Answer { status, challenge, retry_after } = refusal.answer(metadata_url);
    let mut response = body(status, &json!({ "error": status_word(status) }));
    if let Some(challenge) = challenge {
        response = with(response, "WWW-Authenticate", &challenge);
    }
    match retry_after {
        Some(seconds) => with(response, "Retry-After", &seconds.to_string()),
        None => response,
    }
}

fn status_word(status: u16) -> &'static str {
    match status {
        400 => "bad_request",
        401 => "unauthorized",
        403 => "forbidden",
        _ => "unavailable",
    }
}

fn body(status: u16, value: &Value) -> Bytes {
    let response = Response::from_string(value.to_string()).with_status_code(status);
    with(with(response, "Content-Type", "application/json"), "Cache-Control", "no-store")
}

/// Adds a header; one that cannot stand in HTTP is left out.
fn with(response: Bytes, name: &str, value: &str) -> Bytes {
    match Header::from_bytes(name, value) {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    }
}
