//! Checks the answers that the flows got against a description of the API in OpenAPI 3.1 (`--oas FILE`).
//!
//! The file stays outside the repository. Only what such a file says of answers is read: status, content type and
//! schema; a word of a schema that is not known here fails, so that nothing is passed over.

mod schema;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use schema::Schemas;

/// Names the file that the tests append their answers to.
pub(super) const VARIABLE: &str = "COUNTERSIGN_RECORD_ANSWERS";

/// Where our wire contract leaves the file on purpose, and the section that says so. What stands here and no
/// answer did fails too, so that the table does not outlive its reasons.
const DEPARTURES: &[Departure] = &[
    departure(
        "GET /authorize",
        200,
        "status",
        "core §2.3: the login page and form_post are pages of the endpoint itself",
    ),
    departure("GET /authorize", 400, "content type", "core §2.10: what may not go to the client is a page"),
    departure("GET /authorize", 403, "content type", "core §2.10: what may not go to the client is a page"),
    departure(
        "GET /oidc/logout",
        200,
        "status",
        "core §7.2: a page asks for confirmation, or says that the session is over",
    ),
    departure("GET /oidc/logout", 400, "status", "core §7.2: a target that is not allowed is a page"),
    departure(
        "GET /userinfo",
        200,
        "/updated_at",
        "core §4.3: a number under `rfc`, as OpenID Connect has it",
    ),
    departure("GET /userinfo", 403, "status", "core §0.5: `insufficient_scope` under `rfc`"),
    departure(
        "GET /v2/logout",
        200,
        "status",
        "core §7.1: without a target a page says that the session is over",
    ),
    departure("GET /v2/logout", 400, "status", "core §7.1: a target that is not allowed is a page"),
    departure(
        "POST /oauth/access_token",
        403,
        "status",
        "core §3.14.1: a grant that is not allowed, or a denial",
    ),
    departure("POST /mfa/challenge", 403, "status", "core §0.4: `Malformed mfa_token` is 403"),
    departure("POST /oauth/device/code", 403, "status", "core §0.5: a grant that is not allowed is 403"),
    departure("POST /oauth/revoke", 200, "content type", "core §5.2: the body is empty, and so has no type"),
    departure("POST /oauth/token", 200, "/token_type", "core §3.12: `DPoP` for a bound token"),
    departure("POST /oauth/token", 415, "status", "core §0.2: a body is a form or JSON"),
    departure("POST /oidc/register", 403, "status", "extended §1.7: registration is off"),
    departure("POST /u/login", 503, "status", "SP-184: as many runs of scripts as may wait are waiting"),
];

/// What the file describes and nobody serves yet: the answer is 404.
const NOT_SERVED: [&str; 5] = [
    "POST /delegation",
    "POST /oauth/par",
    "POST /oauth/ro",
    "POST /tokeninfo",
    "POST /users/{user_id}/impersonate",
];

/// What is limited answers so, whether the file says it of an operation or not (core §0.6).
const LIMITED: u16 = 429;

const fn departure(
    operation: &'static str,
    status: u16,
    what: &'static str,
    because: &'static str,
) -> Departure {
    Departure { operation, status, what, because }
}

/// A place where answers differ from the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Departure {
    /// Method and path.
    operation: &'static str,
    /// The status.
    status: u16,
    /// What differs: `status`, `content type`, or a pointer into the body.
    what: &'static str,
    /// The section that decides it.
    because: &'static str,
}

/// One answer, as the tests record it.
#[derive(Debug, Clone, Deserialize)]
struct Answer {
    method: String,
    path: String,
    status: u16,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    body: Value,
}

/// The description to check against, and where answers are gathered.
pub(super) struct Contract {
    file: PathBuf,
    record: PathBuf,
}

impl Contract {
    /// Takes a description; answers of earlier runs are forgotten.
    pub(super) fn new(file: &Path, target: &Path) -> Result<Self, String> {
        let record = target.join("answers.jsonl");
        if record.exists() {
            fs::remove_file(&record).map_err(|error| format!("{} stays: {error}", record.display()))?;
        }
        if !file.is_file() {
            return Err(format!("{} is no file", file.display()));
        }
        Ok(Self { file: file.to_owned(), record })
    }

    /// The file that the tests append to.
    pub(super) fn record(&self) -> &Path {
        &self.record
    }

    /// Checks all that was recorded.
    pub(super) fn check(&self) -> Result<(), String> {
        let read = |path: &Path| {
            fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
        };
        let description: Value = serde_json::from_str(&read(&self.file)?)
            .map_err(|error| format!("{} is no JSON: {error}", self.file.display()))?;
        let answers: Vec<Answer> = read(&self.record)?
            .lines()
            .map(|line| serde_json::from_str(line).map_err(|error| format!("a record is broken: {error}")))
            .collect::<Result<_, _>>()?;
        let report = compare(&description, &answers, DEPARTURES)?;
        println!("{} answers recorded, {} of them described by the file", answers.len(), report.described);
        if report.faults.is_empty() {
            return Ok(());
        }
        let faults: Vec<String> = report.faults.into_iter().collect();
        Err(format!("answers against the contract: {}\n{}", faults.len(), faults.join("\n")))
    }
}

/// What came of a comparison.
#[derive(Debug, Default)]
struct Report {
    /// How many answers an operation of the file describes.
    described: usize,
    faults: BTreeSet<String>,
}

fn compare(description: &Value, answers: &[Answer], departures: &[Departure]) -> Result<Report, String> {
    let mut report = Report::default();
    let mut seen: Vec<&Departure> = Vec::new();
    for answer in answers {
        let described = differences(description, answer)?;
        report.described += usize::from(described.is_some());
        // A server error is no answer, whatever the file says, and at every path.
        let broken = || {
            let operation = format!("{} {}", answer.method, answer.path);
            (operation, vec![("status".to_owned(), format!("a server error, body {}", answer.body))])
        };
        let difference = if answer.status >= 500 { Some(broken()) } else { described };
        let Some((operation, found)) = difference else { continue };
        for (what, fault) in found {
            let known = departures.iter().find(|departure| {
                departure.operation == operation
                    && departure.status == answer.status
                    && departure.what == what
            });
            match known {
                Some(departure) => seen.push(departure),
                None => {
                    report.faults.insert(format!("{operation} {} ({what}): {fault}", answer.status));
                }
            }
        }
    }
    for unused in departures.iter().filter(|departure| !seen.contains(departure)) {
        let Departure { operation, status, what, because } = unused;
        let text = format!("{operation} {status} ({what}): {because} departs, and no answer did");
        report.faults.insert(text);
    }
    Ok(report)
}

/// What differs, by place; `None` for an operation that the file does not describe.
type Differences = Option<(String, Vec<(String, String)>)>;

fn differences(description: &Value, answer: &Answer) -> Result<Differences, String> {
    let method = answer.method.to_lowercase();
    let paths = description.get("paths").and_then(Value::as_object).ok_or("the file has no paths")?;
    let found = paths.iter().find_map(|(template, operations)| {
        let responses = operations.get(&method).filter(|_| fits(template, &answer.path))?;
        Some((template, responses.get("responses")))
    });
    let Some((template, responses)) = found else { return Ok(None) };
    let operation = format!("{} {template}", answer.method);
    if answer.status == 404 && NOT_SERVED.contains(&operation.as_str()) {
        return Ok(None);
    }
    let status = answer.status.to_string();
    let one = |what: &str, fault: String| Ok(Some((operation.clone(), vec![(what.to_owned(), fault)])));
    let Some(response) = responses.and_then(|responses| responses.get(&status)) else {
        if answer.status == LIMITED {
            return Ok(Some((operation, Vec::new())));
        }
        return one("status", format!("no such status, body {}", answer.body));
    };
    let Some(content) = response.get("content").and_then(Value::as_object) else {
        return Ok(Some((operation, Vec::new())));
    };
    let media = answer.content_type.as_deref().and_then(|whole| whole.split(';').next()).map(str::trim);
    let Some(described) = media.and_then(|media| content.get(media)) else {
        return one("content type", format!("{media:?}"));
    };
    let Some(wanted) = described.get("schema") else { return Ok(Some((operation, Vec::new()))) };
    let schemas = Schemas { root: description };
    Ok(Some((operation, schemas.check(wanted, &answer.body)?)))
}

/// Whether a path is one of a template's, whose `{name}` stands for one segment.
fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(wanted, found)| {
            wanted == found || (wanted.starts_with('{') && wanted.ends_with('}') && !found.is_empty())
        })
}

#[cfg(test)]
mod tests;
