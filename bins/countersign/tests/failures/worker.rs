use std::thread;

use crate::dice::Dice;
use crate::http::Response;
use crate::ledger::{Family, Fate, Ledger};
use crate::login::{Browser, Lost};
use crate::tenant::{Answer, Wire, authorize_url};

/// One client of the server, with its user and its ledger.
pub struct Worker {
    pub wire: Wire,
    pub ledger: Ledger,
    pub browser: Browser,
    pub email: String,
    pub password: String,
    pub dice: Dice,
}

/// The server went away during a request.
pub struct Away(pub String);

impl Worker {
    pub fn new(wire: Wire, email: String, password: &str, dice: Dice) -> Self {
        let browser = Browser::new(wire.client.clone());
        Self { wire, ledger: Ledger::default(), browser, email, password: password.to_owned(), dice }
    }

    /// Works until there is something to lose.
    pub fn begin_well(&mut self) {
        for _ in 0..10 {
            if !self.ledger.families.is_empty() {
                return;
            }
            assert!(self.step().is_ok(), "the server is away before it was killed");
        }
    }

    /// Does one thing of those that clients do.
    pub fn step(&mut self) -> Result<(), Away> {
        let alive: Vec<usize> = (0..self.ledger.families.len())
            .filter(|at| self.ledger.families[*at].fate == Fate::Alive)
            .collect();
        let choice = self.dice.below(100);
        if alive.is_empty() || (choice < 10 && alive.len() < 3) {
            return self.begin();
        }
        let at = alive[self.dice.index(alive.len())];
        match choice {
            0..=64 => self.refresh(at),
            65..=69 => self.race_to_refresh(at),
            70..=77 => self.revoke(at),
            78..=82 => self.reuse(at),
            83..=86 => self.replay(at),
            _ => self.credentials(),
        }
    }

    /// Gets a code; mostly redeems one, now and then by two at once.
    fn begin(&mut self) -> Result<(), Away> {
        if self.dice.below(3) == 0 {
            self.browser.cookies.clear();
            self.ledger.session = false;
        }
        let url = authorize_url(&self.wire.base, "");
        let lost = match self.browser.authorize(&url, &self.email, &self.password) {
            Ok(callback) => {
                self.ledger.count("login", true);
                self.ledger.session = true;
                self.ledger.fresh.push(callback["code"].clone());
                None
            }
            Err(lost) => Some(lost),
        };
        match lost {
            Some(Lost::Away(error)) => {
                self.ledger.count("login", false);
                return Err(Away(error));
            }
            // The database is away.
            Some(Lost::Refused(answer)) if answer.status == 503 => {
                self.ledger.count("login", false);
                return Err(Away(answer.body));
            }
            Some(Lost::Refused(answer)) => self.ledger.wrong.push(format!("no login: {answer:?}")),
            None => {}
        }
        // One code stays behind, so that every kill finds some.
        if self.ledger.fresh.len() < 2 {
            return Ok(());
        }
        let code = self.ledger.fresh.remove(0);
        if self.dice.below(6) == 0 { self.race_to_redeem(&code) } else { self.redeem(&code) }
    }

    fn redeem(&mut self, code: &str) -> Result<(), Away> {
        let answer = self.wire.redeem(code);
        match self.heard("code", answer) {
            Ok(answer) if answer.status == 200 => self.add(code, &answer),
            Ok(answer) => self.ledger.wrong.push(format!("an unspent code is refused: {answer:?}")),
            Err(away) => {
                self.ledger.unsure.push(code.to_owned());
                return Err(away);
            }
        }
        Ok(())
    }

    /// Takes a family into the ledger.
    pub fn add(&mut self, code: &str, answer: &Response) {
        self.ledger.keep_token(answer.text("access_token"));
        self.ledger.families.push(Family::new(code, answer.text("refresh_token")));
    }

    fn race_to_redeem(&mut self, code: &str) -> Result<(), Away> {
        let wire = self.wire.clone();
        let (one, other) = at_once(|| wire.redeem(code));
        let answers = [self.heard("code race", one), self.heard("code race", other)];
        let won: Vec<&Response> = answers.iter().flatten().filter(|answer| answer.status == 200).collect();
        let lost = answers.iter().flatten().count() - won.len();
        match won.as_slice() {
            [] if lost == 2 => self.ledger.wrong.push("nobody won a code".to_owned()),
            [] => self.ledger.unsure.push(code.to_owned()),
            [answer] => {
                self.add(code, answer);
                // The loser's replay ends what the winner got (RFC 6749 §4.1.2).
                let fate = if lost == 1 { Fate::Dead } else { Fate::Unsure };
                self.ledger.families.last_mut().unwrap().fate = fate;
            }
            _ => self.ledger.wrong.push(format!("a code was redeemed twice: {won:?}")),
        }
        answers.into_iter().find_map(Result::err).map_or(Ok(()), Err)
    }

    fn refresh(&mut self, at: usize) -> Result<(), Away> {
        let answer = self.wire.refresh(&self.ledger.families[at].newest);
        match self.heard("refresh", answer) {
            Ok(answer) if answer.status == 200 => self.rotate(at, &answer),
            Ok(answer) => self.ledger.wrong.push(format!("the newest token is refused: {answer:?}")),
            Err(away) => {
                self.ledger.families[at].fate = Fate::Unsure;
                return Err(away);
            }
        }
        Ok(())
    }

    /// Takes the token that replaces the newest.
    pub fn rotate(&mut self, at: usize, answer: &Response) {
        self.ledger.keep_token(answer.text("access_token"));
        self.ledger.families[at].rotate(answer.text("refresh_token"));
    }

    fn race_to_refresh(&mut self, at: usize) -> Result<(), Away> {
        let (wire, token) = (self.wire.clone(), self.ledger.families[at].newest.clone());
        let (one, other) = at_once(|| wire.refresh(&token));
        let answers = [self.heard("refresh race", one), self.heard("refresh race", other)];
        let won: Vec<&Response> = answers.iter().flatten().filter(|answer| answer.status == 200).collect();
        let lost = answers.iter().flatten().count() - won.len();
        match won.as_slice() {
            [] if lost == 2 => self.ledger.wrong.push("nobody won a refresh token".to_owned()),
            [] => {}
            [answer] => self.rotate(at, answer),
            _ => self.ledger.wrong.push(format!("a refresh token was spent twice: {won:?}")),
        }
        // Whoever lost has shown a spent token, which ends the family.
        self.ledger.families[at].fate = if lost > 0 { Fate::Dead } else { Fate::Unsure };
        answers.into_iter().find_map(Result::err).map_or(Ok(()), Err)
    }

    fn revoke(&mut self, at: usize) -> Result<(), Away> {
        let answer = self.wire.revoke(&self.ledger.families[at].newest);
        self.end(at, "revoke", answer, 200)
    }

    /// Shows a token that was replaced.
    fn reuse(&mut self, at: usize) -> Result<(), Away> {
        let spent = &self.ledger.families[at].spent;
        if spent.is_empty() {
            return self.refresh(at);
        }
        let which = self.dice.index(spent.len());
        let answer = self.wire.refresh(&spent[which]);
        self.end(at, "reuse", answer, 403)
    }

    /// Shows the code again that the family came from.
    fn replay(&mut self, at: usize) -> Result<(), Away> {
        let answer = self.wire.redeem(&self.ledger.families[at].code);
        self.end(at, "replay", answer, 403)
    }

    /// Takes the answer to something that ends a family.
    fn end(&mut self, at: usize, kind: &'static str, answer: Answer, expected: u16) -> Result<(), Away> {
        match self.heard(kind, answer) {
            Ok(answer) => {
                if answer.status != expected {
                    self.ledger.wrong.push(format!("{kind} answers {answer:?}"));
                }
                self.ledger.families[at].fate = Fate::Dead;
                Ok(())
            }
            Err(away) => {
                self.ledger.families[at].fate = Fate::Unsure;
                Err(away)
            }
        }
    }

    fn credentials(&mut self) -> Result<(), Away> {
        let answer = self.wire.credentials();
        let answer = self.heard("client credentials", answer)?;
        if answer.status == 200 {
            self.ledger.keep_token(answer.text("access_token"));
        } else {
            self.ledger.wrong.push(format!("no token for the machine: {answer:?}"));
        }
        Ok(())
    }

    fn heard(&mut self, kind: &'static str, answer: Answer) -> Result<Response, Away> {
        // 503 with the database away says nothing about what was done.
        let answer = answer.and_then(|answer| match answer.status {
            503 => Err(answer.body),
            _ => Ok(answer),
        });
        self.ledger.count(kind, answer.is_ok());
        answer.map_err(Away)
    }
}

/// The same request from two threads.
fn at_once(request: impl Fn() -> Answer + Sync) -> (Answer, Answer) {
    thread::scope(|scope| {
        let other = scope.spawn(&request);
        (request(), other.join().unwrap())
    })
}
