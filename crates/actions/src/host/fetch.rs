use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use countersign_oauth::{FetchBody, FetchMethod, FetchRequest, FetchResponse, Secret};
use serde_json::{Value, json};

use super::{Answer, Arguments, Host};
use crate::failure::Failure;

/// As many header fields may a call have.
const HEADERS: usize = 32;
/// Header fields that belong to the connection, which is not the script's.
const OURS: [&str; 8] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "proxy-authorization",
];

impl Host {
    /// Calls another server, if its host is allowed (SP-142), and waits no longer than the run may last. Why a
    /// call failed is for the log alone (SP-143).
    pub(super) fn fetch(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let url = arguments.text()?;
        let host = authority(&url).ok_or("fetch takes an absolute URL")?;
        if !self.shared.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&host)) {
            let host: String = host.chars().take(128).collect();
            return Err(format!("fetch: {host} is not among the hosts of actions_allowed_hosts"));
        }
        let request = request(url, arguments)?;
        let (sender, receiver) = sync_channel(1);
        let http = Arc::clone(&self.shared.http);
        (self.shared.spawn)(Box::pin(async move {
            let answer = http.fetch(request).await;
            // Nobody waits once the time is over.
            let _ = sender.send(answer);
        }));
        match receiver.recv_timeout(self.deadline.remaining()) {
            Ok(Ok(response)) => Ok(Some(describe(&response))),
            Ok(Err(error)) => {
                tracing::debug!(host, %error, "a script's call failed");
                Err("fetch failed".to_owned())
            }
            Err(_) if self.deadline.is_past() => self.fail(Failure::TimedOut),
            Err(_) => Err("fetch failed".to_owned()),
        }
    }
}

fn request(url: String, arguments: &mut Arguments<'_>) -> Result<FetchRequest, String> {
    let method = match arguments.text()?.as_str() {
        "GET" => FetchMethod::Get,
        "POST" => FetchMethod::Post,
        "PUT" => FetchMethod::Put,
        "PATCH" => FetchMethod::Patch,
        "DELETE" => FetchMethod::Delete,
        _ => return Err("fetch: the method is GET, POST, PUT, PATCH or DELETE".to_owned()),
    };
    let headers = arguments.value();
    let body = arguments.value();
    let mut media_type = "text/plain;charset=UTF-8".to_owned();
    let mut request = FetchRequest::new(method, url, FetchBody::Empty);
    for (name, value) in headers.as_array().into_iter().flatten().filter_map(header) {
        if !is_header(&name, &value) || OURS.contains(&name.as_str()) || request.headers.len() >= HEADERS {
            return Err("fetch: a header field may not be sent".to_owned());
        }
        if name == "content-type" {
            media_type = value;
        } else {
            request = request.with_header(name, value);
        }
    }
    if let Value::String(body) = body {
        request.body = FetchBody::Other(media_type, Secret::new(body));
    }
    Ok(request)
}

fn header(pair: &Value) -> Option<(String, String)> {
    let part = |at| pair.get(at).and_then(Value::as_str);
    Some((part(0)?.to_ascii_lowercase(), part(1)?.trim().to_owned()))
}

/// A field name is a token and its value holds no line break (RFC 9110 §5.1, §5.5).
fn is_header(name: &str, value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty()
        && name.bytes().all(is_token)
        && value.bytes().all(|byte| byte == b'\t' || (0x20..0x7f).contains(&byte))
}

/// Host and port of a URL, without user information, which is refused.
fn authority(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?.to_ascii_lowercase();
    let is_plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    (is_plain && !authority.is_empty()).then_some(authority)
}

fn describe(response: &FetchResponse) -> Value {
    json!({
        "status": response.status,
        "headers": response.headers,
        "body": String::from_utf8_lossy(&response.body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sp_142_the_host_is_what_a_url_names_and_nothing_else() {
        assert_eq!(authority("https://API.example.com/x?y#z").as_deref(), Some("api.example.com"));
        assert_eq!(authority("https://api.example.com:8443").as_deref(), Some("api.example.com:8443"));
        for url in [
            "https://api.example.com@evil.example/",
            "https://evil.example\\@api.example.com/",
            "https:///api.example.com",
            "file://api.example.com/",
            "//api.example.com/",
            "api.example.com",
            "https://api.example.com%2f.evil.example/",
            "https://api.ex\u{e4}mple.com/",
        ] {
            assert_eq!(authority(url), None, "{url}");
        }
    }

    #[test]
    fn a_header_field_cannot_smuggle_another_one() {
        assert!(is_header("x-api-key", "abc def"));
        for (name, value) in
            [("x\r\ny", "z"), ("", "z"), ("x y", "z"), ("x", "a\r\nb"), ("x", "a\nb"), ("x", "\0")]
        {
            assert!(!is_header(name, value), "{name:?}: {value:?}");
        }
    }
}
