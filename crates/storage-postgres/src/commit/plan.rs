//! Which rows a commit locks before it looks at anything, so that what it sees stays true to its end and no
//! two commits wait for each other.
//!
//! A change of configuration, and what takes much along, has the store for itself: it locks a table that all
//! other commits lock for sharing. So clients, APIs, grants and connections, which every request requires,
//! need no lock on their rows. All others lock rows in one order: by table as listed in [`Plan::locks`], and
//! within a table by key.

use std::collections::BTreeSet;

use countersign_oauth::{HandleHash, UserId};
use countersign_storage::{Change, Changes, RecordKind};
use countersign_storage_schema::is_configuration;

/// The rows of one table, as a condition with what stands for each of its question marks.
pub(super) struct Rows {
    pub(super) condition: &'static str,
    pub(super) keys: Vec<Keys>,
}

/// Keys that a condition is given.
pub(super) enum Keys {
    Texts(Vec<String>),
    Handles(Vec<Vec<u8>>),
}

/// Rows of a table that are locked, or only looked at.
pub(super) struct Lock {
    /// The kind of record, where it has an epoch.
    pub(super) record: Option<RecordKind>,
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) rows: Vec<Rows>,
    pub(super) strength: Strength,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// Nobody can change them meanwhile.
    Look,
    /// They are required.
    Share,
    /// They are written.
    Write,
}

#[derive(Default)]
struct Ids(BTreeSet<String>);

/// What a commit needs of the store.
#[derive(Default)]
pub(super) struct Plan {
    alone: bool,
    required: [Ids; 8],
    users: Ids,
    sessions: Ids,
    sessions_of: Ids,
    consents_of: (Ids, Ids),
    authorizations: Ids,
    shared_families: Ids,
    families: Ids,
    families_of: Ids,
    tokens: BTreeSet<Vec<u8>>,
    /// Users whose families are counted, of whom there need not be a row: those who add to them take turns.
    turns: BTreeSet<i32>,
}

/// The space of advisory locks in which users take turns: `CtSn`.
const TURN: i32 = 0x4374_536e;

/// A user's place in that space. Two that share one only wait for each other without need.
fn turn(user: &UserId) -> i32 {
    let [a, b, c, d, ..] = *HandleHash::of(user.as_str()).as_bytes();
    i32::from_be_bytes([a, b, c, d])
}

/// Whether it is written by one statement that locks one row at most: atomic by itself.
pub(super) fn is_one_statement(change: &Change) -> bool {
    is_insert(change)
        || matches!(
            change,
            Change::SpendSingleUse { .. }
                | Change::EndFamily { .. }
                | Change::TouchSession { .. }
                | Change::JoinSession { .. }
                | Change::EndSession { .. }
                | Change::Rehash { .. }
                | Change::CountLogin { .. }
        )
}

/// Whether it adds a row and looks at no other.
pub(super) fn is_insert(change: &Change) -> bool {
    matches!(
        change,
        Change::InsertSingleUse(_)
            | Change::SetMark { .. }
            | Change::InsertAuthorization(_)
            | Change::InsertAccessToken(_)
            | Change::InsertFamily(_)
            | Change::InsertSession(_)
            | Change::Log(_)
    )
}

fn needs_the_store_alone(change: &Change) -> bool {
    is_configuration(change) || matches!(change, Change::DeleteUser { .. } | Change::DeleteConsent { .. })
}

impl Plan {
    pub(super) fn of(changes: &Changes) -> Self {
        let mut plan = Self { alone: changes.writes.iter().any(needs_the_store_alone), ..Self::default() };
        for requirement in &changes.requires {
            plan.required_of(requirement.record).add(&requirement.id);
        }
        if !plan.alone {
            changes.writes.iter().for_each(|change| plan.note(change));
        }
        plan
    }

    /// A plan that locks nothing and looks at what is required.
    pub(super) fn to_look(requires: &[countersign_storage::Requirement]) -> Self {
        let mut plan = Self { alone: true, ..Self::default() };
        for requirement in requires {
            plan.required_of(requirement.record).add(&requirement.id);
        }
        plan
    }

    /// What begins the transaction.
    pub(super) fn begin(&self) -> String {
        if self.alone {
            return "BEGIN; LOCK TABLE counters IN EXCLUSIVE MODE".to_owned();
        }
        let turns = self.turns.iter().map(|turn| format!("; SELECT pg_advisory_xact_lock({TURN}, {turn})"));
        std::iter::once("BEGIN; LOCK TABLE counters IN ROW SHARE MODE".to_owned()).chain(turns).collect()
    }

    fn required_of(&mut self, record: RecordKind) -> &mut Ids {
        let [users, clients, grants, apis, consents, sessions, authorizations, connections] =
            &mut self.required;
        match record {
            RecordKind::User => users,
            RecordKind::Client => clients,
            RecordKind::ClientGrant => grants,
            RecordKind::ResourceServer => apis,
            RecordKind::Consent => consents,
            RecordKind::Session => sessions,
            RecordKind::Authorization => authorizations,
            RecordKind::Connection => connections,
        }
    }

    /// Notes which rows a write changes, or needs as they are.
    fn note(&mut self, change: &Change) {
        match change {
            Change::UpsertUser(upsert) => self.users.add(&upsert.record.id),
            Change::Rehash { user, .. }
            | Change::CountLogin { user, .. }
            | Change::PatchMetadata { user, .. } => self.users.add(user),
            Change::UpdateFromUpstream(update) => self.users.add(&update.user),
            Change::EndSessionsOfUser { user, .. } => {
                self.users.add(user);
                self.sessions_of.add(user);
            }
            Change::EndFamilies { user, .. } | Change::EndNonRotatingFamilies { user, .. } => {
                self.users.add(user);
                self.families_of.add(user);
            }
            Change::CapFamilies { user, .. } => {
                self.turns.insert(turn(user));
            }
            Change::TouchSession { id, .. } | Change::EndSession { id, .. } => self.sessions.add(id),
            Change::GrantConsent(record) => {
                self.consents_of.0.add(&record.user_id);
                self.consents_of.1.add(&record.client_id);
            }
            Change::EndAuthorization { id, .. } => self.authorizations.add(id),
            Change::EndFamily { id, .. } | Change::AmendFamily { id, .. } => self.families.add(id),
            Change::InsertRefreshToken(record) => self.shared_families.add(&record.family_id),
            Change::ExchangeRefreshToken { handle, .. } | Change::TouchRefreshToken { handle, .. } => {
                self.tokens.insert(handle.as_bytes().to_vec());
            }
            _ => {}
        }
    }

    /// The rows in the order in which they are locked.
    pub(super) fn locks(self) -> Vec<Lock> {
        let alone = self.alone;
        let [users, clients, grants, apis, consents, sessions, authorizations, connections] = self.required;
        let look = |record, table, ids: Ids| Lock::of(Some(record), table, vec![by_id(ids)], Strength::Look);
        let strength = |writes: bool| match (alone, writes) {
            (true, _) => Strength::Look,
            (false, false) => Strength::Share,
            (false, true) => Strength::Write,
        };
        let handles: Vec<_> = self.tokens.into_iter().collect();
        let writes_users = !self.users.is_empty();
        let writes_sessions = !self.sessions.is_empty() || !self.sessions_of.is_empty();
        let writes_consents = !self.consents_of.0.is_empty();
        let writes_authorizations = !self.authorizations.is_empty();
        let writes_families =
            !self.families.is_empty() || !self.families_of.is_empty() || writes_authorizations;
        let of_authorizations = Ids(self.authorizations.0.clone());
        let locks = [
            look(RecordKind::Client, "clients", clients),
            look(RecordKind::ClientGrant, "client_grants", grants),
            look(RecordKind::ResourceServer, "resource_servers", apis),
            look(RecordKind::Connection, "connections", connections),
            Lock::of(
                Some(RecordKind::User),
                "users",
                vec![by_id(users.and(self.users))],
                strength(writes_users),
            ),
            Lock::of(
                Some(RecordKind::Session),
                "sessions",
                vec![
                    by_id(sessions.and(self.sessions)),
                    by("user_id = ANY(?) AND ended_at IS NULL", self.sessions_of),
                ],
                strength(writes_sessions),
            ),
            Lock::of(
                Some(RecordKind::Consent),
                "consents",
                vec![by_id(consents), by_place(self.consents_of)],
                strength(writes_consents),
            ),
            Lock::of(
                Some(RecordKind::Authorization),
                "authorizations",
                vec![by_id(authorizations.and(self.authorizations))],
                strength(writes_authorizations),
            ),
            Lock::of(
                None,
                "refresh_families",
                vec![
                    by_id(self.families.and(self.shared_families)),
                    by("user_id = ANY(?) AND ended_at IS NULL", self.families_of),
                    by("authorization_id = ANY(?)", of_authorizations),
                    by_token(handles.clone()),
                ],
                strength(writes_families),
            ),
            Lock {
                key: "handle",
                ..Lock::of(None, "refresh_tokens", vec![by_handle(handles)], strength(true))
            },
        ];
        locks.into_iter().filter(|lock| !lock.rows.is_empty()).collect()
    }
}

impl Lock {
    fn of(record: Option<RecordKind>, table: &'static str, rows: Vec<Rows>, strength: Strength) -> Self {
        let rows = rows.into_iter().filter(|rows| !rows.keys.iter().any(Keys::is_empty)).collect();
        Self { record, table, key: "id", rows, strength }
    }
}

impl Keys {
    fn is_empty(&self) -> bool {
        match self {
            Self::Texts(texts) => texts.is_empty(),
            Self::Handles(handles) => handles.is_empty(),
        }
    }
}

impl Ids {
    fn add(&mut self, id: &impl ToString) {
        self.0.insert(id.to_string());
    }

    fn and(mut self, mut more: Self) -> Self {
        self.0.append(&mut more.0);
        self
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn keys(self) -> Keys {
        Keys::Texts(self.0.into_iter().collect())
    }
}

fn by(condition: &'static str, ids: Ids) -> Rows {
    Rows { condition, keys: vec![ids.keys()] }
}

fn by_id(ids: Ids) -> Rows {
    by("id = ANY(?)", ids)
}

fn by_place((users, clients): (Ids, Ids)) -> Rows {
    Rows { condition: "user_id = ANY(?) AND client_id = ANY(?)", keys: vec![users.keys(), clients.keys()] }
}

fn by_token(handles: Vec<Vec<u8>>) -> Rows {
    // As an array, so that an index finds the families beside other conditions.
    let condition = "id = ANY(ARRAY(SELECT family_id FROM refresh_tokens WHERE handle = ANY(?)))";
    Rows { condition, keys: vec![Keys::Handles(handles)] }
}

fn by_handle(handles: Vec<Vec<u8>>) -> Rows {
    Rows { condition: "handle = ANY(?)", keys: vec![Keys::Handles(handles)] }
}
