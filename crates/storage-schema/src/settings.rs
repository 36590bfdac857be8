use countersign_oauth::Fault;
use countersign_storage::{Keyed, TenantSettings};
use diesel::prelude::*;

use crate::field::Place;
use crate::tables::settings;

/// The row of `settings`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = settings)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct SettingsRow {
    pub id: i64,
    pub body: String,
    pub version: i64,
}

impl SettingsRow {
    /// The id of the only row.
    pub const ID: i64 = 1;
}

const PLACE: Place<'_> = Place { table: "settings", key: &SettingsRow::ID };

impl TryFrom<Keyed<TenantSettings>> for SettingsRow {
    type Error = Fault;

    fn try_from(record: Keyed<TenantSettings>) -> Result<Self, Fault> {
        let body = PLACE.write_json("body", &record.record)?;
        Ok(Self { id: Self::ID, body, version: record.version })
    }
}

impl TryFrom<SettingsRow> for Keyed<TenantSettings> {
    type Error = Fault;

    fn try_from(row: SettingsRow) -> Result<Self, Fault> {
        Ok(Self { record: PLACE.read_json("body", &row.body)?, version: row.version })
    }
}
