use countersign_oauth::{ClientId, SessionId, Timestamp, UserId};
use countersign_storage::Session;
use countersign_storage_schema::SessionRow;
use countersign_storage_schema::tables::{session_clients, sessions};
use diesel::dsl::{case_when, exists, select};
use diesel::prelude::*;

use super::Written;

pub(super) fn insert(connection: &mut SqliteConnection, record: Session) -> Written {
    let row = SessionRow::try_from(record)?;
    diesel::insert_into(sessions::table).values(row).execute(connection)?;
    Ok(())
}

/// Moves the idle end later and the absolute end earlier, of a session that is alive.
pub(super) fn touch(
    connection: &mut SqliteConnection,
    id: &SessionId,
    now: Timestamp,
    (idle, absolute): (Timestamp, Timestamp),
) -> Written {
    let (now, idle, absolute) = (now.millis(), idle.millis(), absolute.millis());
    let alive = sessions::table
        .filter(sessions::id.eq(id.as_str()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::idle_expires_at.gt(now))
        .filter(sessions::expires_at.gt(now));
    let later = case_when(sessions::idle_expires_at.ge(idle), sessions::idle_expires_at).otherwise(idle);
    let earlier = case_when(sessions::expires_at.le(absolute), sessions::expires_at).otherwise(absolute);
    diesel::update(alive)
        .set((sessions::idle_expires_at.eq(later), sessions::expires_at.eq(earlier)))
        .execute(connection)?;
    Ok(())
}

pub(super) fn join(
    connection: &mut SqliteConnection,
    id: &SessionId,
    client: &ClientId,
    at: Timestamp,
) -> Written {
    let session = sessions::table.filter(sessions::id.eq(id.as_str()));
    if select(exists(session)).get_result::<bool>(connection)? {
        let row = (
            session_clients::session_id.eq(id.as_str()),
            session_clients::client_id.eq(client.as_str()),
            session_clients::joined_at.eq(at.millis()),
        );
        diesel::insert_into(session_clients::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(connection)?;
    }
    Ok(())
}

pub(super) fn end(connection: &mut SqliteConnection, id: &SessionId, at: Timestamp) -> Written {
    let living = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null());
    diesel::update(living)
        .set((sessions::ended_at.eq(at.millis()), sessions::epoch.eq(sessions::epoch + 1)))
        .execute(connection)?;
    Ok(())
}

pub(super) fn end_all(connection: &mut SqliteConnection, user: &UserId, at: Timestamp) -> Written {
    let living =
        sessions::table.filter(sessions::user_id.eq(user.as_str())).filter(sessions::ended_at.is_null());
    diesel::update(living)
        .set((sessions::ended_at.eq(at.millis()), sessions::epoch.eq(sessions::epoch + 1)))
        .execute(connection)?;
    Ok(())
}
