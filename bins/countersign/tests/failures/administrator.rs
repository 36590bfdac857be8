use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::login::{Browser, Lost};
use crate::process::{countersign, run};
use crate::tenant::{Wire, authorize_url};

/// Changes a user by `countersign users` beside the server, until it is killed as the server is.
pub struct Administrator {
    pub data: PathBuf,
    pub wire: Wire,
    pub email: String,
    pub name: Change,
    pub password: Change,
    pub wrong: Vec<String>,
    /// How many changes were acknowledged.
    pub answered: u32,
    /// How many changes were cut short.
    pub unanswered: u32,
    number: u32,
    store: Vec<String>,
}

/// A value that was acknowledged, the one before it, and one that was asked for without an answer.
#[derive(Clone, Debug)]
pub struct Change {
    pub known: String,
    pub before: Option<String>,
    pub asked: Option<String>,
}

impl Change {
    fn new(known: &str) -> Self {
        Self { known: known.to_owned(), before: None, asked: None }
    }

    fn answered(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.before = Some(std::mem::replace(&mut self.known, asked));
        }
    }
}

impl Administrator {
    pub fn new(data: PathBuf, wire: Wire, email: String, password: &str, store: &[String]) -> Self {
        Self {
            data,
            wire,
            email,
            name: Change::new(""),
            password: Change::new(password),
            wrong: Vec::new(),
            answered: 0,
            unanswered: 0,
            number: 0,
            store: store.to_vec(),
        }
    }

    /// Changes name and password in turn until `stop`.
    pub fn work(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::SeqCst) {
            self.number += 1;
            let name = format!("Name {}", self.number);
            self.name.asked = Some(name.clone());
            let (email, patch) = (self.email.clone(), serde_json::json!({ "given_name": name }).to_string());
            if !self.run(&["patch", &email, &patch], "", stop) {
                return;
            }
            self.name.answered();
            let Some(refresh_token) = self.log_in(&self.password.known.clone()).ok().flatten() else {
                return;
            };
            let password = format!("a password of mine, number {}", self.number);
            self.password.asked = Some(password.clone());
            if !self.run(&["password", &email], &format!("{password}\n"), stop) {
                return;
            }
            self.password.answered();
            if let Ok(answer) = self.wire.refresh(&refresh_token)
                && ![403, 503].contains(&answer.status)
            {
                self.wrong.push(format!("a refresh token outlived its password: {answer:?}"));
            }
        }
    }

    /// Compares what was acknowledged with what is there.
    pub fn audit(&mut self) {
        let show = self.command(&["show", &self.email]);
        let shown: Value = serde_json::from_str(&run(show).out).unwrap();
        let shown = shown["given_name"].as_str().unwrap_or_default().to_owned();
        if self.name.asked.as_ref() == Some(&shown) {
            self.name.answered();
        } else if shown != self.name.known {
            self.wrong.push(format!("the name is {shown:?} instead of {:?}", self.name));
        }
        self.name.asked = None;
        let asked = self.password.asked.clone();
        if asked.is_some_and(|asked| matches!(self.log_in(&asked), Ok(Some(_)))) {
            self.password.answered();
        }
        self.password.asked = None;
        if !matches!(self.log_in(&self.password.known.clone()), Ok(Some(_))) {
            self.wrong.push(format!("the password is lost: {:?}", self.password));
        }
        if let Some(before) = self.password.before.clone()
            && !matches!(self.log_in(&before), Ok(None))
        {
            self.wrong.push(format!("an old password still works: {:?}", self.password));
        }
    }

    /// Logs in and answers a refresh token, or nothing where the password is refused.
    fn log_in(&self, password: &str) -> Result<Option<String>, String> {
        let mut browser = Browser::new(self.wire.client.clone());
        match browser.authorize(&authorize_url(&self.wire.base, ""), &self.email, password) {
            Ok(callback) => Ok(Some(self.wire.redeem(&callback["code"])?.text("refresh_token"))),
            Err(Lost::Refused(answer)) if answer.status == 503 => Err(answer.body),
            Err(Lost::Refused(_)) => Ok(None),
            Err(Lost::Away(error)) => Err(error),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let data = self.data.to_str().unwrap();
        let mut command = countersign(&[&["users"], arguments, &["--data", data]].concat());
        command.args(&self.store);
        // As cheap as the server's hashing.
        command.env("COUNTERSIGN_PASSWORD_MEMORY_KIB", "8").env("COUNTERSIGN_PASSWORD_ITERATIONS", "1");
        command
    }

    /// Runs a command to its end; `false` when it was cut short.
    fn run(&mut self, arguments: &[&str], input: &str, stop: &AtomicBool) -> bool {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        // A command that reads nothing may have ended before.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if stop.load(Ordering::SeqCst) {
                child.kill().unwrap();
                break child.wait().unwrap();
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        match status.code() {
            Some(0) => self.answered += 1,
            None => self.unanswered += 1,
            // The database was killed under it.
            Some(_) if stop.load(Ordering::SeqCst) => self.unanswered += 1,
            Some(code) => self.wrong.push(format!("users {arguments:?} ended with {code}")),
        }
        status.success()
    }
}
