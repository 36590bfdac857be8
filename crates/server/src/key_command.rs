use std::fmt::Write as _;
use std::io::Write;

use countersign_oauth::{KeyId, Timestamp};
use countersign_storage::{KeyState, SigningKey};

use crate::apply::one;
use crate::config::Environment;
use crate::{Ended, Failure, KeyChange, KeyChangeError, StoreOptions};

/// What `countersign keys` does.
#[derive(Debug, Clone)]
pub enum KeyCommand {
    /// Shows the keys that are not revoked.
    List,
    /// Lets the next keys sign.
    Rotate {
        /// Though caches may not have them yet.
        force: bool,
    },
    /// Revokes a key.
    Revoke {
        /// Its `kid`.
        kid: String,
        /// Though tokens that it signed may be valid.
        force: bool,
    },
}

/// `countersign keys`: looks after the signing keys in the store, beside servers that follow within seconds.
///
/// # Errors
/// Why nothing was changed.
pub fn keys(
    command: &KeyCommand,
    store: &StoreOptions,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Ended, Vec<Failure>> {
    let parts = store.open(environment).map_err(one)?;
    let change = KeyChange {
        storage: parts.storage,
        sealer: parts.sealer,
        random: parts.random,
        now: parts.clock.now(),
    };
    let runtime = crate::runtime().map_err(one)?;
    let text = runtime.block_on(run(command, &change)).map_err(|error| {
        one(match error {
            KeyChangeError::Fault(fault) => fault.into(),
            refusal => Failure::new(refusal.to_string()),
        })
    })?;
    // Who closed the pipe does not want to read it.
    let _ = out.write_all(text.as_bytes());
    Ok(Ended::Done)
}

async fn run(command: &KeyCommand, change: &KeyChange) -> Result<String, KeyChangeError> {
    let mut text = String::new();
    match command {
        KeyCommand::List => {
            for key in change.list().await? {
                describe(&key, change.now, &mut text);
            }
        }
        KeyCommand::Rotate { force } => {
            let rotated = change.rotate(*force).await?;
            if rotated.is_empty() {
                text.push_str("no key signs yet: a server makes its keys at its first start\n");
            }
            for rotated in rotated {
                let _ = writeln!(
                    text,
                    "{}: {} signs now; {} stays published until it is revoked",
                    rotated.algorithm, rotated.current, rotated.previous
                );
            }
        }
        KeyCommand::Revoke { kid, force } => {
            let key = change.revoke(&KeyId::new(kid.as_str()), *force).await?;
            let _ = writeln!(text, "{} is revoked: what it signed is refused within seconds", key.kid);
            if key.state != KeyState::Next {
                text.push_str("APIs refuse it once they have fetched the published keys again\n");
            }
        }
    }
    Ok(text)
}

fn describe(key: &SigningKey, now: Timestamp, text: &mut String) {
    let state = match key.state {
        KeyState::Next => "next",
        KeyState::Current => "current",
        KeyState::Previous => "previous",
        KeyState::Revoked => "revoked",
    };
    let _ = write!(text, "{} {} {state} since {}", key.kid, key.algorithm, key.state_since.to_iso8601());
    match key.published_at {
        None => text.push_str(", not published: nothing uses its algorithm"),
        Some(_) if key.state == KeyState::Previous => {
            let end = KeyChange::last_token_ends(key);
            let _ = if end <= now {
                write!(text, ", no token of it is left: it may be revoked")
            } else {
                write!(text, ", tokens of it may be valid until {}", end.to_iso8601())
            };
        }
        Some(_) => {}
    }
    text.push('\n');
}
