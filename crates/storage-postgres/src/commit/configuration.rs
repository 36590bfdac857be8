use countersign_storage::{Conflict, Keyed, TenantSettings, Upsert};
use countersign_storage_schema::SettingsRow;
use countersign_storage_schema::tables::settings;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Written;

/// Settings that nobody has set are there with version 0.
pub(super) async fn set_settings(
    mut connection: &AsyncPgConnection,
    upsert: Upsert<TenantSettings>,
) -> Written {
    let stored: Option<i64> =
        settings::table.select(settings::version).first(&mut connection).await.optional()?;
    let version = stored.unwrap_or(0);
    match upsert.expected_version {
        None if version > 0 => return Err(Conflict::Exists.into()),
        Some(expected) if version != expected => return Err(Conflict::Version.into()),
        _ => {}
    }
    let row = SettingsRow::try_from(Keyed { record: upsert.record, version: version + 1 })?;
    match stored {
        None => diesel::insert_into(settings::table).values(row).execute(&mut connection).await?,
        Some(_) => diesel::update(settings::table).set(row).execute(&mut connection).await?,
    };
    Ok(())
}
