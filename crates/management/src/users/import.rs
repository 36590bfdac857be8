mod hash;
mod insert;
mod read;

pub(crate) use insert::insert_user;
pub(crate) use read::NewUser;

use countersign_oauth::{Fault, Secret, UserId};
use countersign_storage::Connection;
use countersign_users::PasswordHasher;

use crate::{
    Admin, Problem, Warning,
    node::{Content, parse_json},
};

/// How users are imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Take the extension `password`, in clear. For development alone.
    pub allow_clear_password: bool,
    /// Users with second factors come in without them instead of not at all.
    pub allow_unenforced: bool,
}

/// Why no user was imported.
#[derive(Debug)]
pub enum ImportError {
    /// The file is no list of users.
    Unreadable(Problem),
    /// The store or the hasher failed; users before that are in.
    Fault(Fault),
}

impl From<Fault> for ImportError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl std::fmt::Display for ImportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(problem) => write!(f, "{problem}"),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

impl std::error::Error for ImportError {}

/// What became of each user of the file, in its order.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// The users.
    pub users: Vec<ImportedUser>,
    /// What was taken and has no effect.
    pub warnings: Vec<Warning>,
}

/// One user of the file.
#[derive(Debug)]
pub struct ImportedUser {
    /// His id, unless he failed.
    pub user_id: Option<UserId>,
    /// The e-mail address that the file gives.
    pub email: Option<String>,
    /// The username that the file gives.
    pub username: Option<String>,
    /// What became of him.
    pub outcome: ImportOutcome,
    /// The clear password that the file gives, where it is his: for the ready file.
    pub password: Option<Secret<String>>,
}

/// What became of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// He is new.
    Inserted,
    /// He was there, and is as he was.
    Unchanged,
    /// He cannot be taken, for these reasons.
    Failed(Vec<Problem>),
}

/// Imports users from Auth0's bulk-import JSON (management §3.5.14) into a database connection.
///
/// A user who is there (by id, e-mail address or username) is left as he is. One who cannot be taken fails
/// alone, with all that is wrong with him.
///
/// # Errors
/// [`ImportError::Unreadable`] when the file is no list, or a fault.
pub async fn import_users(
    json: &str,
    connection: &Connection,
    options: ImportOptions,
    hasher: &dyn PasswordHasher,
    admin: &Admin<'_>,
) -> Result<ImportReport, ImportError> {
    let node = parse_json(json).map_err(ImportError::Unreadable)?;
    let Content::List(items) = &node.content else {
        let message = format!("must be a list of users and is {}", node.kind());
        return Err(ImportError::Unreadable(Problem { path: String::new(), line: node.line, message }));
    };
    let mut report = ImportReport::default();
    let mut seen = read::Seen::default();
    for (position, item) in items.iter().enumerate() {
        let (user, warnings) = read::read(&format!("[{position}]"), item, options, &mut seen);
        report.warnings.extend(warnings);
        let imported = match user {
            Ok(user) => insert_user(&user, connection, hasher, admin).await?,
            Err(problems) => ImportedUser {
                user_id: None,
                email: read::text(item, "email"),
                username: read::text(item, "username"),
                outcome: ImportOutcome::Failed(problems),
                password: None,
            },
        };
        report.users.push(imported);
    }
    Ok(report)
}
