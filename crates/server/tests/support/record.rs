use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};

use super::{Request, Response};

/// Names the file that answers are appended to, for `cargo xtask test --oas FILE`.
const VARIABLE: &str = "COUNTERSIGN_RECORD_ANSWERS";
/// So many different answers are kept of a test run at most.
const MOST: usize = 20_000;

/// Appends an answer to the record, if there is one and it has none of this shape yet.
pub fn record(request: &Request, response: &Response) {
    static SEEN: OnceLock<Mutex<HashSet<String>>> = OnceLock::new();
    let Ok(file) = std::env::var(VARIABLE) else { return };
    let path = path_of(&request.url);
    let content_type =
        response.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value);
    let is_json = content_type.is_some_and(|kind| kind.starts_with("application/json"));
    let body = match serde_json::from_str(&response.body) {
        Ok(body) if is_json => body,
        // A broken body is none that a schema describes.
        _ if is_json => json!(["not JSON", response.body]),
        _ => Value::String(response.body.chars().take(100).collect()),
    };
    let shape = format!("{} {path} {} {content_type:?} {}", request.method, response.status, shape_of(&body));
    let mut seen = SEEN.get_or_init(Mutex::default).lock().unwrap();
    if seen.len() >= MOST || !seen.insert(shape) {
        return;
    }
    let line = json!({
        "method": request.method, "path": path, "status": response.status,
        "content_type": content_type, "body": body,
    });
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The path of a URL, without its query; what is no path of ours is cut.
fn path_of(url: &str) -> String {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let path = after.find('/').map_or("/", |at| &after[at..]);
    path.split(['?', '#']).next().unwrap_or("/").chars().take(100).collect()
}

/// The names and kinds of a body, and the texts that schemas list.
fn shape_of(body: &Value) -> String {
    match body {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("error" | "token_type", Value::String(text)) => format!("{name}={text}"),
                _ => format!("{name}:{}", shape_of(value)),
            };
            members.iter().map(member).collect::<Vec<_>>().join(",")
        }
        Value::Array(items) => items.first().map_or_else(String::new, shape_of),
        Value::String(_) => "s".to_owned(),
        Value::Number(number) => if number.is_f64() { "f" } else { "n" }.to_owned(),
        Value::Bool(_) => "b".to_owned(),
        Value::Null => "0".to_owned(),
    }
}
