//! The users of the tenant: find, show, change, import.

mod block;
mod consent;
mod edit;
mod find;
mod import;
mod password;
mod patch;
mod profile;
mod show;

pub use block::{block_user, unblock_user};
pub use consent::revoke_consent;
pub use edit::delete_user;
pub use find::{find_user, first_database};
pub use import::{ImportError, ImportOptions, ImportOutcome, ImportReport, ImportedUser, import_users};
pub use password::set_password;
pub use patch::patch_user;
pub use show::show_user;

pub(crate) use import::{NewUser, insert_user};

use countersign_oauth::{Fault, UserId};

use crate::Problem;

/// Why a user was not changed.
#[derive(Debug)]
pub enum UserError {
    /// There is no such user, or no such consent of his.
    NotFound,
    /// Several connections have a user of that e-mail address or username.
    Ambiguous(Vec<UserId>),
    /// Another user of the connection has that e-mail address or username.
    Taken,
    /// What is asked for is wrong; all reasons.
    Refused(Vec<Problem>),
    /// The store or the hasher failed.
    Fault(Fault),
}

impl UserError {
    /// One reason.
    fn refused(path: &str, message: impl Into<String>) -> Self {
        Self::Refused(vec![Problem { path: path.to_owned(), line: None, message: message.into() }])
    }
}

impl From<Fault> for UserError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl std::fmt::Display for UserError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such user or grant"),
            Self::Ambiguous(ids) => {
                let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
                write!(f, "several users have that name, say which by id: {}", ids.join(", "))
            }
            Self::Taken => f.write_str("another user of the connection has that e-mail address or username"),
            Self::Refused(problems) => {
                let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

impl std::error::Error for UserError {}
