use std::io::{BufRead, Write};

use countersign_management::{
    UserError, block_user, delete_user, find_user, patch_user, set_password, show_user, unblock_user,
};
use countersign_oauth::Secret;
use serde_json::Value;

use crate::apply::{admin, one};
use crate::config::Environment;
use crate::{Ended, Failure, Parts, StoreOptions};

/// At most so many users are shown at once.
const SHOWN: u32 = 1000;

/// What `countersign users` does. A user is named by id, e-mail address or username.
#[derive(Debug, Clone)]
pub enum UserCommand {
    /// Shows one user, or all.
    Show(Option<String>),
    /// Changes what Auth0's `PATCH /users/{id}` changes.
    Patch(String, String),
    /// Sets the password that comes on standard input.
    Password(String),
    /// Refuses logins, and whatever was issued before, until the user is unblocked.
    Block(String),
    /// Allows logins again.
    Unblock(String),
    /// Deletes with all that hangs from it.
    Delete(String),
}

/// `countersign users`: looks after users in the store, beside a server that sees it at its next request.
///
/// # Errors
/// Why nothing was changed.
pub fn users(
    command: &UserCommand,
    store: &StoreOptions,
    environment: &Environment,
    (input, out): (&mut dyn BufRead, &mut dyn Write),
) -> Result<Ended, Vec<Failure>> {
    let parts = store.open(environment).map_err(one)?;
    let runtime = crate::runtime().map_err(one)?;
    let text = runtime.block_on(run(command, &parts, input)).map_err(explain)?;
    let _ = out.write_all(text.as_bytes());
    Ok(Ended::Done)
}

async fn run(command: &UserCommand, parts: &Parts, input: &mut dyn BufRead) -> Result<String, Why> {
    let (storage, admin) = (&*parts.storage, admin(parts));
    match command {
        UserCommand::Show(None) => {
            let connections = storage.connections().await?;
            let users = storage.users(SHOWN).await?;
            let shown: Vec<Value> = users.iter().map(|user| show_user(user, &connections)).collect();
            Ok(pretty(&shown.into()))
        }
        UserCommand::Show(Some(name)) => {
            let user = find_user(name, storage).await?;
            Ok(pretty(&show_user(&user, &storage.connections().await?)))
        }
        UserCommand::Patch(name, patch) => {
            let patch = serde_json::from_str(patch)
                .map_err(|error| Failure::of("PATCH", format!("is no JSON: {error}")))?;
            let user = patch_user(&find_user(name, storage).await?.id, &patch, &admin).await?;
            Ok(pretty(&show_user(&user, &storage.connections().await?)))
        }
        UserCommand::Password(name) => {
            let user = find_user(name, storage).await?;
            let password = read_password(input)?;
            set_password(&user.id, &password, &*parts.hasher, &admin).await?;
            Ok(format!("the password of {} is set; sessions and refresh tokens ended\n", user.id))
        }
        UserCommand::Block(name) => {
            let user = block_user(&find_user(name, storage).await?.id, &admin).await?;
            Ok(format!("{} is blocked\n", user.id))
        }
        UserCommand::Unblock(name) => {
            let user = unblock_user(&find_user(name, storage).await?.id, &admin).await?;
            Ok(format!("{} is not blocked\n", user.id))
        }
        UserCommand::Delete(name) => {
            let user = find_user(name, storage).await?;
            delete_user(&user.id, &admin).await?;
            Ok(format!("{} is deleted\n", user.id))
        }
    }
}

/// The first line of standard input, without its end.
fn read_password(input: &mut dyn BufRead) -> Result<Secret<String>, Failure> {
    let mut line = String::new();
    input
        .read_line(&mut line)
        .map_err(|error| Failure::new(format!("the password cannot be read from standard input: {error}")))?;
    let line = Secret::new(line);
    Ok(Secret::new(line.expose().trim_end_matches(['\r', '\n']).to_owned()))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Why a command changed nothing.
enum Why {
    Failure(Failure),
    User(UserError),
}

impl From<Failure> for Why {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<UserError> for Why {
    fn from(error: UserError) -> Self {
        Self::User(error)
    }
}

impl From<countersign_oauth::Fault> for Why {
    fn from(fault: countersign_oauth::Fault) -> Self {
        Self::Failure(fault.into())
    }
}

fn explain(why: Why) -> Vec<Failure> {
    match why {
        Why::Failure(failure) => one(failure),
        Why::User(UserError::Refused(problems)) => {
            problems.iter().map(|problem| Failure::new(problem.to_string())).collect()
        }
        Why::User(error) => one(Failure::new(error.to_string())),
    }
}
