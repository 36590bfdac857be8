use countersign_oauth::Secret;

use crate::Warning;

/// What applying a file did.
#[derive(Debug, Default)]
pub struct Report {
    /// Each object of the file, and each object of the sample tenant that went.
    pub objects: Vec<AppliedObject>,
    /// What was made otherwise than the file says.
    pub warnings: Vec<Warning>,
}

/// One object and what became of it.
#[derive(Debug)]
pub struct AppliedObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name; of an API the identifier, of a client grant client and API.
    pub name: String,
    /// Its id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The secret that was made for it, where the file gives none.
    pub secret: Option<Secret<String>>,
}

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// The tenant's settings.
    Tenant,
    /// An application.
    Client,
    /// An API.
    Api,
    /// A client grant.
    ClientGrant,
    /// A database connection.
    Database,
    /// A connection of an identity provider.
    Connection,
    /// An Action.
    Action,
    /// A legacy rule.
    Rule,
    /// A user.
    User,
}

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was not there.
    Created,
    /// It was there and is otherwise now.
    Updated,
    /// It was there as the file says.
    Unchanged,
    /// It was part of the sample tenant.
    Removed,
}

impl ObjectKind {
    /// The name in Auth0's titles: `Create a client`.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Tenant => "tenant settings",
            Self::Client => "a client",
            Self::Api => "a resource server",
            Self::ClientGrant => "a client grant",
            Self::Database | Self::Connection => "a connection",
            Self::Action => "an action",
            Self::Rule => "a rule",
            Self::User => "a user",
        }
    }
}

impl Outcome {
    /// The verb in Auth0's titles; `None` where nothing happened.
    pub(crate) fn verb(self) -> Option<&'static str> {
        match self {
            Self::Created => Some("Create"),
            Self::Updated => Some("Update"),
            Self::Removed => Some("Delete"),
            Self::Unchanged => None,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
        })
    }
}

impl std::fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tenant => "tenant",
            Self::Client => "client",
            Self::Api => "API",
            Self::ClientGrant => "client grant",
            Self::Database => "database",
            Self::Connection => "connection",
            Self::Action => "Action",
            Self::Rule => "rule",
            Self::User => "user",
        })
    }
}
