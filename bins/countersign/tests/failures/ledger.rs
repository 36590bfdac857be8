use std::collections::BTreeMap;

/// What one client was told, and what it asked without an answer.
#[derive(Default)]
pub struct Ledger {
    /// Codes that were handed out and never shown.
    pub fresh: Vec<String>,
    /// Codes that were shown when the server went away, and brought nothing yet.
    pub unsure: Vec<String>,
    pub families: Vec<Family>,
    /// JWTs that were handed out, the last few.
    pub tokens: Vec<String>,
    /// Whether a session was acknowledged to the browser.
    pub session: bool,
    /// What must not be.
    pub wrong: Vec<String>,
    /// How often each kind of request was answered.
    pub answered: BTreeMap<&'static str, u32>,
    /// How often each kind of request was in flight when the server went away.
    pub unanswered: BTreeMap<&'static str, u32>,
}

/// A refresh token with all that it replaced.
pub struct Family {
    pub code: String,
    pub newest: String,
    pub spent: Vec<String>,
    pub fate: Fate,
    /// Whether it was seen to be dead after a restart.
    pub settled: bool,
}

/// What is known of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The newest token must work.
    Alive,
    /// A request without an answer may have spent the newest token or ended the family.
    Unsure,
    /// Nothing of it may work.
    Dead,
}

impl Family {
    pub fn new(code: &str, newest: String) -> Self {
        Self { code: code.to_owned(), newest, spent: Vec::new(), fate: Fate::Alive, settled: false }
    }

    pub fn rotate(&mut self, newest: String) {
        self.spent.push(std::mem::replace(&mut self.newest, newest));
    }
}

impl Ledger {
    pub fn count(&mut self, kind: &'static str, answered: bool) {
        let counts = if answered { &mut self.answered } else { &mut self.unanswered };
        *counts.entry(kind).or_default() += 1;
    }

    pub fn keep_token(&mut self, token: String) {
        self.tokens.push(token);
        if self.tokens.len() > 4 {
            self.tokens.remove(0);
        }
    }
}
