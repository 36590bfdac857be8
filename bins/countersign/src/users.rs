use std::io::{BufRead as _, IsTerminal as _};

use clap::{Args, Subcommand};
use countersign_server::config::Environment;
use countersign_server::{UserCommand, users};

use crate::{Outcome, store::Store};

/// Options of `countersign users`. A user is named by id, e-mail address or username.
#[derive(Args)]
pub(crate) struct Users {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show a user as JSON, or all of them
    Show {
        /// Id, e-mail address or username
        user: Option<String>,
        #[command(flatten)]
        store: Store,
    },
    /// Change a user, with the JSON of Auth0's PATCH /users/{id}
    Patch {
        /// Id, e-mail address or username
        user: String,
        /// A JSON object; `-` reads it from standard input
        patch: String,
        #[command(flatten)]
        store: Store,
    },
    /// Set a password, read from standard input; the user's sessions and refresh tokens end
    Password {
        /// Id, e-mail address or username
        user: String,
        /// Says that the password comes on standard input, which it does anyway
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        store: Store,
    },
    /// Block a user
    Block {
        /// Id, e-mail address or username
        user: String,
        #[command(flatten)]
        store: Store,
    },
    /// Unblock a user, and forget failed logins
    Unblock {
        /// Id, e-mail address or username
        user: String,
        #[command(flatten)]
        store: Store,
    },
    /// Delete a user
    Delete {
        /// Id, e-mail address or username
        user: String,
        #[command(flatten)]
        store: Store,
    },
}

impl Users {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        let (command, store) = match self.command {
            Command::Show { user, store } => (UserCommand::Show(user), store),
            Command::Patch { user, patch, store } => (UserCommand::Patch(user, read(patch)), store),
            Command::Password { user, store, .. } => {
                if std::io::stdin().is_terminal() {
                    eprintln!("The new password, then Enter (it shows while you type):");
                }
                (UserCommand::Password(user), store)
            }
            Command::Block { user, store } => (UserCommand::Block(user), store),
            Command::Unblock { user, store } => (UserCommand::Unblock(user), store),
            Command::Delete { user, store } => (UserCommand::Delete(user), store),
        };
        let (mut input, mut out) = (std::io::stdin().lock(), std::io::stdout());
        users(&command, &store.options(), environment, (&mut input, &mut out))
    }
}

/// The patch, or standard input where it is `-`.
fn read(patch: String) -> String {
    if patch != "-" {
        return patch;
    }
    let lines = std::io::stdin().lock().lines().map_while(Result::ok);
    lines.collect::<Vec<_>>().join("\n")
}
