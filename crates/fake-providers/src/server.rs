//! HTTP/1.1 as far as one client of ours speaks it: a thread a connection, one request each.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use countersign_oauth::Parameters;
use serde_json::Value;

use crate::state::{Misbehaviour, State};
use crate::{apple, control, facebook, google, twitter, weibo};

/// The most bytes of a request's head, and of its body.
const MAX_BYTES: u64 = 64 * 1024;

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    /// `HOST/PATH` of the real provider.
    pub(crate) path: String,
    pub(crate) query: Parameters,
    pub(crate) authorization: String,
    pub(crate) form: Parameters,
}

/// A status and JSON.
pub(crate) type Reply = (u16, Value);

pub(crate) fn start(
    listener: TcpListener,
    state: Arc<Mutex<State>>,
    stopped: Arc<AtomicBool>,
) -> io::Result<()> {
    let serve = move || {
        for stream in listener.incoming().flatten() {
            if stopped.load(Ordering::SeqCst) {
                return;
            }
            let state = state.clone();
            // A caller who breaks off is none of our business.
            std::thread::spawn(move || drop(serve_one(&stream, &state)));
        }
    };
    std::thread::Builder::new().name("fake providers".to_owned()).spawn(serve).map(drop)
}

fn serve_one(mut stream: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let Some(request) = read(stream)? else { return Ok(()) };
    let (misbehaviour, reply) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        *state.calls.entry(request.path.clone()).or_default() += 1;
        let host = request.path.split('/').next().unwrap_or_default();
        match state.misbehaviour.get(host).cloned() {
            Some(how) => (Some(how), None),
            None => (None, Some(answer(&mut state, &request)?)),
        }
    };
    if let Some(how) = misbehaviour {
        return misbehave(stream, &how);
    }
    let (status, body) = reply.unwrap_or((500, Value::Null));
    send(&mut stream, status, "application/json; charset=utf-8", &body.to_string())
}

/// The provider that the path belongs to.
fn answer(state: &mut State, request: &Request) -> io::Result<Reply> {
    if let Some(what) = request.path.strip_prefix("control/") {
        return control::answer(state, request, what);
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "oauth2.googleapis.com/tokeninfo") => Ok(google::token_info(state, request)),
        ("GET", "openidconnect.googleapis.com/v1/userinfo") => Ok(google::user_info(state, request)),
        ("GET", "www.googleapis.com/oauth2/v3/certs") => Ok((200, state.google_keys.published())),
        ("GET", "graph.facebook.com/debug_token") => Ok(facebook::debug_token(state, request)),
        ("GET", "graph.facebook.com/me") => facebook::me(state, request),
        ("GET", "api.twitter.com/1.1/account/verify_credentials.json") => {
            twitter::verify_credentials(state, request)
        }
        ("POST", "api.weibo.com/oauth2/get_token_info") => Ok(weibo::token_info(state, request)),
        ("GET", "api.weibo.com/2/users/show.json") => Ok(weibo::show(state, request)),
        ("POST", "appleid.apple.com/auth/token") => apple::token(state, request),
        ("GET", "appleid.apple.com/auth/keys") => Ok((200, state.apple_keys.published())),
        _ => Ok((404, Value::from("no provider has this"))),
    }
}

fn read(stream: &TcpStream) -> io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream).take(MAX_BYTES);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut parts = line.split_whitespace();
    let (Some(method), Some(target)) = (parts.next(), parts.next()) else { return Ok(None) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(Some(Request {
        method: method.to_owned(),
        path: path.trim_start_matches('/').to_owned(),
        query: Parameters::parse_form(query.as_bytes()).unwrap_or_default(),
        authorization: headers.remove("authorization").unwrap_or_default(),
        form: Parameters::parse_form(&body).unwrap_or_default(),
    }))
}

fn send(stream: &mut &TcpStream, status: u16, kind: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} Fake\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn misbehave(mut stream: &TcpStream, how: &Misbehaviour) -> io::Result<()> {
    match how {
        Misbehaviour::Hang => {
            // It ends when the caller has had enough.
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Misbehaviour::ServerError => {
            send(&mut stream, 500, "application/json", r#"{"error":"server_error"}"#)
        }
        Misbehaviour::Html => send(&mut stream, 200, "text/html", "<html><body>Sign in</body></html>"),
        Misbehaviour::WrongType => send(&mut stream, 200, "text/html", r#"{"sub":"1"}"#),
        Misbehaviour::Malformed => send(&mut stream, 200, "application/json", r#"{"sub":"1","#),
        Misbehaviour::Huge => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{{\"x\":\"")?;
            let chunk = [b'x'; 64 * 1024];
            (0..800).try_for_each(|_| stream.write_all(&chunk))
        }
        Misbehaviour::Redirect(target) => write!(
            stream,
            "HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ),
    }
}
