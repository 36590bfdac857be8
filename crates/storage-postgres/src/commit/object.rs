use countersign_storage::{Client, ClientGrant, Conflict, Connection, ResourceServer, Script, Upsert};
use countersign_storage_schema::tables::{client_grants, clients, connections, resource_servers, scripts};
use countersign_storage_schema::{ClientGrantRow, ClientRow, ConnectionRow, ResourceServerRow, ScriptRow};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Written, counter};
use crate::failure::Abort;

/// The version and epoch of what is to be written, if it may be.
pub(super) async fn place(
    connection: &AsyncPgConnection,
    stored: Option<(i64, i64)>,
    expected_version: Option<i64>,
    raise_epoch: bool,
) -> Result<(i64, i64), Abort> {
    match (stored, expected_version) {
        (None, None) => {
            let first = counter::epoch_floor(connection).await? + 1;
            Ok((first, first))
        }
        (Some(_), None) => Err(Conflict::Exists.into()),
        (Some((version, epoch)), Some(expected)) if version == expected => {
            Ok((version + 1, epoch + i64::from(raise_epoch)))
        }
        _ => Err(Conflict::Version.into()),
    }
}

macro_rules! upserts {
    ($($name:ident: $record:ty => $row:ident in $table:ident;)*) => {$(
        pub(super) async fn $name(mut connection: &AsyncPgConnection, upsert: Upsert<$record>) -> Written {
            let row = $row::try_from(upsert.record)?;
            let same = $table::table.filter($table::id.eq(row.id.clone()));
            let stored = same.clone().select(($table::version, $table::epoch)).first(&mut connection).await.optional()?;
            let (version, epoch) = place(connection, stored, upsert.expected_version, upsert.raise_epoch).await?;
            let row = $row { version, epoch, ..row };
            match stored {
                None => diesel::insert_into($table::table).values(row).execute(&mut connection).await?,
                Some(_) => diesel::update(same).set(row).execute(&mut connection).await?,
            };
            Ok(())
        }
    )*};
}

upserts! {
    upsert_client: Client => ClientRow in clients;
    upsert_resource_server: ResourceServer => ResourceServerRow in resource_servers;
    upsert_client_grant: ClientGrant => ClientGrantRow in client_grants;
    upsert_connection: Connection => ConnectionRow in connections;
    upsert_script: Script => ScriptRow in scripts;
}
