use countersign_storage::{Conflict, RecordKind, Requirement};
use countersign_storage_schema::tables::{
    authorizations, client_grants, clients, connections, consents, resource_servers, sessions, users,
};
use diesel::prelude::*;

use crate::failure::Abort;

/// Refuses when a required record has another epoch or is gone.
pub(crate) fn check(connection: &mut SqliteConnection, requires: &[Requirement]) -> Result<(), Abort> {
    for requirement in requires {
        if epoch(connection, requirement.record, &requirement.id)? != Some(requirement.epoch) {
            return Err(Conflict::Required(requirement.clone()).into());
        }
    }
    Ok(())
}

macro_rules! epoch_in {
    ($table:ident, $id:expr, $connection:expr) => {
        $table::table.filter($table::id.eq($id)).select($table::epoch).get_result($connection).optional()
    };
}

fn epoch(connection: &mut SqliteConnection, record: RecordKind, id: &str) -> QueryResult<Option<i64>> {
    match record {
        RecordKind::User => epoch_in!(users, id, connection),
        RecordKind::Client => epoch_in!(clients, id, connection),
        RecordKind::ClientGrant => epoch_in!(client_grants, id, connection),
        RecordKind::ResourceServer => epoch_in!(resource_servers, id, connection),
        RecordKind::Consent => epoch_in!(consents, id, connection),
        RecordKind::Session => epoch_in!(sessions, id, connection),
        RecordKind::Authorization => epoch_in!(authorizations, id, connection),
        RecordKind::Connection => epoch_in!(connections, id, connection),
    }
}
