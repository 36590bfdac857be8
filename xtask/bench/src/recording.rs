//! Answers of the real server, kept for the minimal one to repeat.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::connection::Answer;

/// Headers that the other server's HTTP library writes itself.
const NOT_REPEATED: [&str; 4] = ["content-length", "date", "connection", "transfer-encoding"];

/// What is answered to a path.
#[derive(Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<Piece>,
}

/// A body falls into what stays and what is signed anew.
#[derive(Serialize, Deserialize)]
pub(crate) enum Piece {
    Text(String),
    /// `header.payload` of a JWT.
    Rs256(String),
    Es256(String),
}

impl Recorded {
    pub(crate) fn of(path: &str, answer: &Answer) -> Self {
        let headers = answer.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let kept = headers.filter(|(name, _)| !NOT_REPEATED.contains(&name.to_ascii_lowercase().as_str()));
        Self {
            path: path.to_owned(),
            status: answer.status,
            headers: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: pieces(&answer.text()),
        }
    }

    pub(crate) fn read(path: &Path) -> Result<Vec<Self>, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub(crate) fn write(path: &Path, recorded: &[Self]) -> Result<(), String> {
        let text = serde_json::to_string(recorded).map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// Finds the JWTs among the quoted strings of a JSON text.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut kept = String::new();
    for (at, part) in text.split('"').enumerate() {
        if at > 0 {
            kept.push('"');
        }
        match signed(part) {
            Some(piece) => {
                pieces.push(Piece::Text(std::mem::take(&mut kept)));
                pieces.push(piece);
            }
            None => kept.push_str(part),
        }
    }
    pieces.push(Piece::Text(kept));
    pieces
}

fn signed(part: &str) -> Option<Piece> {
    let (input, _) = part.rsplit_once('.')?;
    let (header, _) = input.split_once('.')?;
    let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    match header.get("alg")?.as_str()? {
        "RS256" => Some(Piece::Rs256(input.to_owned())),
        "ES256" => Some(Piece::Es256(input.to_owned())),
        _ => None,
    }
}
