//! Rows as they are stored, read and written whole: how a tenant moves from one engine to another.
//!
//! A row is an array of JSON values in the order of the table's columns: texts and numbers as they are, flags
//! as booleans, bytes in hexadecimal digits. It says the same whatever the engine.

use countersign_oauth::Fault;
use serde_json::Value;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// A flag.
    Flag,
    /// Bytes.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds, or nothing.
    pub kind: Kind,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The first columns, as many as are the primary key: rows are read in its order.
    pub key: usize,
    /// All columns.
    pub columns: &'static [Column],
    /// Whether the database itself numbers new rows, in the column `seq`.
    pub numbered: bool,
}

/// A row.
pub type Row = Vec<Value>;

/// The name of the counter that stands in `counters` while a copy into a database is not finished.
pub const UNFINISHED: &str = "copy_unfinished";

/// The table whose rows are there from the first migration on.
pub const COUNTERS: &str = "counters";

/// Reads and writes rows as they are stored, on one connection. Every call blocks.
pub trait RawRows: Send {
    /// At most `limit` rows behind a row's key, in the order of the key, which is that of bytes.
    ///
    /// # Errors
    /// When the database fails.
    fn read(&mut self, table: &Table, behind: Option<&Row>, limit: u32) -> Result<Vec<Row>, Fault>;

    /// Adds rows, all or none.
    ///
    /// # Errors
    /// When one of them is there, or the database fails.
    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), Fault>;

    /// Removes every row of a table.
    ///
    /// # Errors
    /// When the database fails.
    fn clear(&mut self, table: &Table) -> Result<(), Fault>;

    /// Sets a counter, or removes it.
    ///
    /// # Errors
    /// When the database fails.
    fn set_counter(&mut self, name: &str, value: Option<i64>) -> Result<(), Fault>;

    /// Makes the database number new rows of a table behind those that are there.
    ///
    /// # Errors
    /// When the database fails.
    fn renumber(&mut self, table: &Table) -> Result<(), Fault>;
}

/// The table of that name.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

impl Table {
    /// The columns of the primary key.
    #[must_use]
    pub fn key_columns(&self) -> &'static [Column] {
        self.columns.get(..self.key).unwrap_or_default()
    }
}

macro_rules! tables {
    ($($name:ident [$key:literal $($numbered:ident)?] { $($column:ident $kind:ident),* })*) => {
        /// Every table but the list of migrations, in the order in which they are copied: what a server would
        /// make anew if it were missing comes last.
        pub static TABLES: &[Table] = &[$(Table {
            name: stringify!($name),
            key: $key,
            columns: &[$(Column { name: stringify!($column), kind: Kind::$kind }),*],
            numbered: tables!(@numbered $($numbered)?),
        }),*];
    };
    (@numbered numbered) => { true };
    (@numbered) => { false };
}

tables! {
    users [1] {
        id Text, connection_id Text, email Text, email_verified Flag, username Text, password Text, body Text,
        blocked Flag, created_at Number, updated_at Number, password_changed_at Number, last_login Number,
        last_ip Text, logins_count Number, version Number, epoch Number
    }
    user_identifiers [2] { connection_id Text, identifier Text, user_id Text }
    identities [3] {
        connection_id Text, provider Text, provider_user_id Text, user_id Text, place Number, tokens Bytes,
        tokens_sealed_by Text
    }
    sessions [1] {
        id Text, handle Bytes, user_id Text, connection_id Text, organization_id Text, issuer Text,
        auth_time Number, amr Text, acr Text, created_at Number, idle_lifetime Number, idle_expires_at Number,
        expires_at Number, persistent Flag, user_agent Text, ip Text, ended_at Number, epoch Number
    }
    session_clients [2] { session_id Text, client_id Text, joined_at Number }
    consents [1] {
        id Text, user_id Text, client_id Text, audience Text, organization_id Text, scope Text,
        created_at Number, epoch Number
    }
    single_uses [2] {
        kind Text, handle Bytes, second_handle Bytes, client_id Text, user_id Text, session_id Text,
        authorization_id Text, status Text, attempts Number, created_at Number, expires_at Number,
        redeemed_at Number, payload Text
    }
    authorizations [1] {
        id Text, client_id Text, user_id Text, session_id Text, audience Text, scope Text, organization_id Text,
        issuer Text, created_at Number, ended_at Number, epoch Number
    }
    access_tokens [2] {
        handle Bytes, authorization_id Text, claims Text, expires_at Number, denied_at Number
    }
    refresh_families [1] {
        id Text, authorization_id Text, client_id Text, user_id Text, session_id Text, audience Text, scope Text,
        organization_id Text, issuer Text, jkt Text, rotating Flag, created_at Number, expires_at Number,
        ended_at Number
    }
    refresh_tokens [1] {
        handle Bytes, family_id Text, generation Number, parent Bytes, created_at Number,
        idle_expires_at Number, spent_at Number, successors Number, last_used_at Number
    }
    marks [2] { space Text, mark Bytes, kept_until Number }
    attempts [2] { purpose Text, subject Bytes, count Number, kept_until Number }
    log_events [1 numbered] {
        seq Number, at Number, event Text, rule Text, description Text, client_id Text, user_id Text, ip Text,
        request_id Text, client_ip Text
    }
    outbox [1 numbered] {
        seq Number, topic Text, body Text, created_at Number, due_at Number, attempts Number
    }
    clients [1] {
        id Text, secret Bytes, secret_sealed_by Text, body Text, created_at Number, version Number, epoch Number
    }
    resource_servers [1 numbered] {
        seq Number, id Text, identifier Text, signing_secret Bytes, signing_secret_sealed_by Text, body Text,
        version Number, epoch Number
    }
    client_grants [1 numbered] {
        seq Number, id Text, client_id Text, audience Text, subject_type Text, scope Text,
        allow_all_scopes Flag, body Text, version Number, epoch Number
    }
    connections [1 numbered] {
        seq Number, id Text, name Text, strategy Text, body Text, version Number, epoch Number
    }
    scripts [1 numbered] {
        seq Number, id Text, kind Text, name Text, secrets Bytes, secrets_sealed_by Text, body Text,
        version Number, epoch Number
    }
    settings [1] { id Number, body Text, version Number }
    signing_keys [1] {
        kid Text, algorithm Text, state Text, private_key Bytes, private_key_sealed_by Text, certificate Bytes,
        created_at Number, state_since Number, published_at Number
    }
    counters [1] { name Text, value Number }
}
