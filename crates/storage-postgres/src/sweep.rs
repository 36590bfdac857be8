use std::collections::BTreeSet;
use std::sync::Arc;

use countersign_oauth::Timestamp;
use countersign_storage_schema::tables::{
    access_tokens, attempts, authorizations, marks, refresh_families, refresh_tokens, session_clients,
    sessions, single_uses,
};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::failure::Failure;
use crate::pool::Pool;

/// More than this would hold its rows too long.
const MOST: u32 = 10_000;

/// Removes what is over, at most `limit` rows of each kind, children before parents.
///
/// Rows that a commit holds are left for the next sweep, so that neither waits for the other and nothing is
/// removed to which a child is just being added. Every step finds its rows by an index.
pub(crate) async fn sweep(pool: Arc<Pool>, before: Timestamp, limit: u32) -> Result<u64, Failure> {
    let lease = pool.lease().await?;
    let (before, limit) = (before.millis(), i64::from(limit.min(MOST)));
    let swept = all(lease.link(), before, limit).await;
    // After a failure the connection is closed, which takes back what was begun.
    if swept.is_ok() {
        lease.give_back();
    }
    swept
}

async fn all(connection: &AsyncPgConnection, before: i64, limit: i64) -> Result<u64, Failure> {
    let mut transaction = connection;
    transaction.batch_execute("BEGIN").await?;
    let mut swept = marks_and_attempts(connection, before, limit).await?;
    swept += ended_sessions(connection, before, limit).await?;

    let mut parents = artefacts(connection, before, limit).await?;
    parents.extend(tokens(connection, before, limit).await?);
    let (refresh_tokens, families) = families(connection, before, limit).await?;
    swept += count(parents.len()) + count(families.len()) + refresh_tokens;
    let orphans: BTreeSet<String> = parents.into_iter().flatten().chain(families).collect();
    swept += orphaned(connection, orphans.into_iter().collect()).await?;
    transaction.batch_execute("COMMIT").await?;
    Ok(swept)
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

async fn marks_and_attempts(
    mut connection: &AsyncPgConnection,
    before: i64,
    limit: i64,
) -> Result<u64, Failure> {
    let over: Vec<(String, Vec<u8>)> = marks::table
        .filter(marks::kept_until.lt(before))
        .limit(limit)
        .select((marks::space, marks::mark))
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let (spaces, keys): (Vec<_>, Vec<_>) = over.into_iter().unzip();
    // A mark of another space with the same hash is over too, or it would not be before.
    let chosen = marks::table
        .filter(marks::space.eq_any(spaces))
        .filter(marks::mark.eq_any(keys))
        .filter(marks::kept_until.lt(before));
    let mut swept = diesel::delete(chosen).execute(&mut connection).await?;
    let idle: Vec<(String, Vec<u8>)> = attempts::table
        .filter(attempts::kept_until.lt(before))
        .limit(limit)
        .select((attempts::purpose, attempts::subject))
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let (purposes, subjects): (Vec<_>, Vec<_>) = idle.into_iter().unzip();
    let chosen = attempts::table
        .filter(attempts::purpose.eq_any(purposes))
        .filter(attempts::subject.eq_any(subjects))
        .filter(attempts::kept_until.lt(before));
    swept += diesel::delete(chosen).execute(&mut connection).await?;
    Ok(count(swept))
}

async fn ended_sessions(mut connection: &AsyncPgConnection, before: i64, limit: i64) -> Result<u64, Failure> {
    let over = sessions::ended_at
        .lt(Some(before))
        .or(sessions::idle_expires_at.nullable().lt(Some(before)))
        .or(sessions::expires_at.nullable().lt(Some(before)));
    let ids: Vec<String> = sessions::table
        .filter(over)
        .limit(limit)
        .select(sessions::id)
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let joined = session_clients::table.filter(session_clients::session_id.eq_any(&ids));
    diesel::delete(joined).execute(&mut connection).await?;
    let gone = sessions::table.filter(sessions::id.eq_any(&ids));
    Ok(count(diesel::delete(gone).execute(&mut connection).await?))
}

/// Removes expired artefacts, spent or not; answers their authorizations.
async fn artefacts(
    mut connection: &AsyncPgConnection,
    before: i64,
    limit: i64,
) -> Result<Vec<Option<String>>, Failure> {
    let over: Vec<(String, Vec<u8>)> = single_uses::table
        .filter(single_uses::expires_at.lt(before))
        .limit(limit)
        .select((single_uses::kind, single_uses::handle))
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let (kinds, handles): (Vec<_>, Vec<_>) = over.into_iter().unzip();
    let chosen = single_uses::table
        .filter(single_uses::kind.eq_any(kinds))
        .filter(single_uses::handle.eq_any(handles))
        .filter(single_uses::expires_at.lt(before));
    Ok(diesel::delete(chosen).returning(single_uses::authorization_id).get_results(&mut connection).await?)
}

/// Removes expired access tokens, denied or not; answers their authorizations.
async fn tokens(
    mut connection: &AsyncPgConnection,
    before: i64,
    limit: i64,
) -> Result<Vec<Option<String>>, Failure> {
    let over: Vec<(Vec<u8>, String)> = access_tokens::table
        .filter(access_tokens::expires_at.lt(before))
        .limit(limit)
        .select((access_tokens::handle, access_tokens::authorization_id))
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let (handles, ids): (Vec<_>, Vec<_>) = over.into_iter().unzip();
    let chosen = access_tokens::table
        .filter(access_tokens::handle.eq_any(handles))
        .filter(access_tokens::authorization_id.eq_any(ids))
        .filter(access_tokens::expires_at.lt(before));
    let gone: Vec<String> = diesel::delete(chosen)
        .returning(access_tokens::authorization_id)
        .get_results(&mut connection)
        .await?;
    let named = |authorization: String| Some(authorization).filter(|id| !id.is_empty());
    Ok(gone.into_iter().map(named).collect())
}

/// Removes refresh tokens past their idle end and those of families that are over, then the families that
/// have none left; answers how many tokens, and the authorizations of the families.
async fn families(
    mut connection: &AsyncPgConnection,
    before: i64,
    limit: i64,
) -> Result<(u64, Vec<String>), Failure> {
    let idle: Vec<(Vec<u8>, String)> = refresh_tokens::table
        .filter(refresh_tokens::idle_expires_at.lt(before))
        .filter(refresh_tokens::spent_at.is_null().or(refresh_tokens::spent_at.lt(before)))
        .limit(limit)
        .select((refresh_tokens::handle, refresh_tokens::family_id))
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let left = limit - i64::try_from(idle.len()).unwrap_or(limit);
    let is_over = refresh_families::ended_at.lt(before).or(refresh_families::expires_at.lt(before));
    let over: Vec<String> = refresh_families::table
        .filter(is_over)
        .limit(limit)
        .select(refresh_families::id)
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let of_over: Vec<(Vec<u8>, String)> = refresh_tokens::table
        .filter(refresh_tokens::family_id.eq_any(&over))
        .limit(left)
        .select((refresh_tokens::handle, refresh_tokens::family_id))
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let (handles, of): (Vec<_>, Vec<_>) = idle.into_iter().chain(of_over).unzip();
    let chosen = refresh_tokens::table.filter(refresh_tokens::handle.eq_any(handles));
    let removed = diesel::delete(chosen).execute(&mut connection).await?;
    let empty: BTreeSet<String> = over.into_iter().chain(of).collect();
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let gone = childless(connection, empty.into_iter().take(most).collect(), before).await?;
    Ok((count(removed), gone))
}

/// Removes families without tokens. They are held before it is looked whether they have one.
async fn childless(
    mut connection: &AsyncPgConnection,
    ids: Vec<String>,
    before: i64,
) -> Result<Vec<String>, Failure> {
    let held: Vec<String> = refresh_families::table
        .filter(refresh_families::id.eq_any(ids))
        .select(refresh_families::id)
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let tokens = refresh_tokens::table.filter(refresh_tokens::family_id.eq(refresh_families::id));
    let families = refresh_families::table
        .filter(refresh_families::id.eq_any(held))
        .filter(refresh_families::created_at.lt(before))
        .filter(not(exists(tokens)));
    let gone = diesel::delete(families).returning(refresh_families::authorization_id);
    Ok(gone.get_results(&mut connection).await?)
}

/// Removes authorizations from which nothing hangs any more. They too are held first.
async fn orphaned(mut connection: &AsyncPgConnection, ids: Vec<String>) -> Result<u64, Failure> {
    let held: Vec<String> = authorizations::table
        .filter(authorizations::id.eq_any(ids))
        .select(authorizations::id)
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let artefacts =
        single_uses::table.filter(single_uses::authorization_id.eq(authorizations::id.nullable()));
    let tokens = access_tokens::table.filter(access_tokens::authorization_id.eq(authorizations::id));
    let families = refresh_families::table.filter(refresh_families::authorization_id.eq(authorizations::id));
    let authorizations = authorizations::table
        .filter(authorizations::id.eq_any(held))
        .filter(not(exists(artefacts)))
        .filter(not(exists(tokens)))
        .filter(not(exists(families)));
    Ok(count(diesel::delete(authorizations).execute(&mut connection).await?))
}
