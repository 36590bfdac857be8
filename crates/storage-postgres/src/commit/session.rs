use countersign_oauth::{ClientId, SessionId, Timestamp, UserId};
use countersign_storage::Session;
use countersign_storage_schema::SessionRow;
use countersign_storage_schema::tables::{session_clients, sessions};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Written;

pub(super) async fn insert(mut connection: &AsyncPgConnection, record: Session) -> Written {
    let row = SessionRow::try_from(record)?;
    diesel::insert_into(sessions::table).values(row).execute(&mut connection).await?;
    Ok(())
}

/// Moves the idle end later and the absolute end earlier, of a session that is alive.
pub(super) async fn touch(
    mut connection: &AsyncPgConnection,
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
        .execute(&mut connection)
        .await?;
    Ok(())
}

pub(super) async fn join(
    mut connection: &AsyncPgConnection,
    id: &SessionId,
    client: &ClientId,
    at: Timestamp,
) -> Written {
    let session = sessions::table.filter(sessions::id.eq(id.as_str()));
    let row =
        session.select((sessions::id, client.as_str().into_sql::<Text>(), at.millis().into_sql::<BigInt>()));
    row.insert_into(session_clients::table)
        .into_columns((session_clients::session_id, session_clients::client_id, session_clients::joined_at))
        .on_conflict_do_nothing()
        .execute(&mut connection)
        .await?;
    Ok(())
}

pub(super) async fn end(mut connection: &AsyncPgConnection, id: &SessionId, at: Timestamp) -> Written {
    let living = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null());
    diesel::update(living)
        .set((sessions::ended_at.eq(at.millis()), sessions::epoch.eq(sessions::epoch + 1)))
        .execute(&mut connection)
        .await?;
    Ok(())
}

pub(super) async fn end_all(mut connection: &AsyncPgConnection, user: &UserId, at: Timestamp) -> Written {
    let living =
        sessions::table.filter(sessions::user_id.eq(user.as_str())).filter(sessions::ended_at.is_null());
    diesel::update(living)
        .set((sessions::ended_at.eq(at.millis()), sessions::epoch.eq(sessions::epoch + 1)))
        .execute(&mut connection)
        .await?;
    Ok(())
}
