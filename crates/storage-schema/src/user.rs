use std::collections::BTreeSet;

use countersign_oauth::{Fault, Timestamp};
use countersign_storage::{Identity, PasswordHash, User};
use diesel::prelude::*;

use crate::field::{Place, millis, moment};
use crate::tables::{identities, user_identifiers, users};

/// A row of `users`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct UserRow {
    pub id: String,
    pub connection_id: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub username: Option<String>,
    pub password: Option<String>,
    pub body: String,
    pub blocked: bool,
    pub created_at: i64,
    pub updated_at: i64,
    pub password_changed_at: Option<i64>,
    pub last_login: Option<i64>,
    pub last_ip: Option<String>,
    pub logins_count: i64,
    pub version: i64,
    pub epoch: i64,
}

/// A row of `user_identifiers`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Insertable)]
#[diesel(table_name = user_identifiers)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct UserIdentifierRow {
    pub connection_id: String,
    pub identifier: String,
    pub user_id: String,
}

/// A row of `identities`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = identities)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct IdentityRow {
    pub connection_id: String,
    pub provider: String,
    pub provider_user_id: String,
    pub user_id: String,
    pub place: i64,
    pub tokens: Option<Vec<u8>>,
    pub tokens_sealed_by: Option<String>,
}

impl UserIdentifierRow {
    /// What a database user is found by: the e-mail address and the username, each once.
    #[must_use]
    pub fn of(user: &User) -> Vec<Self> {
        let identifiers: BTreeSet<&str> = user.identifiers().collect();
        let row = |identifier: &str| Self {
            connection_id: user.connection_id.to_string(),
            identifier: identifier.to_owned(),
            user_id: user.id.to_string(),
        };
        identifiers.into_iter().map(row).collect()
    }
}

impl IdentityRow {
    /// A user's identities, in their order.
    #[must_use]
    pub fn of(user: &User) -> Vec<Self> {
        let row = |(place, identity): (i64, &Identity)| Self {
            connection_id: identity.connection_id.to_string(),
            provider: identity.provider.clone(),
            provider_user_id: identity.provider_user_id.clone(),
            user_id: user.id.to_string(),
            place,
            tokens: identity.tokens.as_ref().map(|sealed| sealed.ciphertext.clone()),
            tokens_sealed_by: identity.tokens.as_ref().map(|sealed| sealed.key_id.to_string()),
        };
        (0..).zip(&user.identities).map(row).collect()
    }
}

impl TryFrom<IdentityRow> for Identity {
    type Error = Fault;

    fn try_from(row: IdentityRow) -> Result<Self, Fault> {
        let place = Place { table: "identities", key: &row.user_id };
        Ok(Self {
            connection_id: row.connection_id.as_str().into(),
            tokens: place.sealed("tokens", row.tokens, row.tokens_sealed_by)?,
            provider: row.provider,
            provider_user_id: row.provider_user_id,
        })
    }
}

fn place(id: &String) -> Place<'_> {
    Place { table: "users", key: id }
}

impl TryFrom<User> for UserRow {
    type Error = Fault;

    fn try_from(record: User) -> Result<Self, Fault> {
        let id = record.id.to_string();
        let body = place(&id).write_json("body", &record.profile)?;
        Ok(Self {
            id,
            connection_id: record.connection_id.to_string(),
            email: record.email,
            email_verified: record.email_verified,
            username: record.username,
            password: record.password.map(|hash| hash.as_str().to_owned()),
            body,
            blocked: record.blocked,
            created_at: record.created_at.millis(),
            updated_at: record.updated_at.millis(),
            password_changed_at: millis(record.password_changed_at),
            last_login: millis(record.last_login),
            last_ip: record.last_ip,
            logins_count: record.logins_count,
            version: record.version,
            epoch: record.epoch,
        })
    }
}

impl UserRow {
    /// The record, with the user's identities in their order.
    ///
    /// # Errors
    /// A fault that names table, column and key of what cannot be.
    pub fn into_user(self, identities: Vec<IdentityRow>) -> Result<User, Fault> {
        Ok(User {
            id: self.id.as_str().into(),
            connection_id: self.connection_id.as_str().into(),
            profile: place(&self.id).read_json("body", &self.body)?,
            email: self.email,
            email_verified: self.email_verified,
            username: self.username,
            password: self.password.map(PasswordHash::new),
            blocked: self.blocked,
            identities: identities.into_iter().map(Identity::try_from).collect::<Result<_, _>>()?,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            password_changed_at: moment(self.password_changed_at),
            last_login: moment(self.last_login),
            last_ip: self.last_ip,
            logins_count: self.logins_count,
            version: self.version,
            epoch: self.epoch,
        })
    }
}
