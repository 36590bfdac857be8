use std::collections::BTreeSet;

use countersign_oauth::Timestamp;
use countersign_storage_schema::tables::{
    access_tokens, attempts, authorizations, marks, refresh_families, refresh_tokens, session_clients,
    sessions, single_uses,
};
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::failure::Abort;

/// More than this would take the writer too long, and SQLite takes 32,766 values in a statement.
const MOST: u32 = 10_000;

type Swept<T> = Result<T, Abort>;

/// Removes what is over, at most `limit` rows of each kind, children before parents.
///
/// Every step finds its rows by an index: a sweep costs what it removes, and not what is kept.
pub(crate) fn sweep(connection: &mut SqliteConnection, before: Timestamp, limit: u32) -> Swept<u64> {
    let (before, limit) = (before.millis(), i64::from(limit.min(MOST)));
    let mut swept = marks_and_attempts(connection, before, limit)?;
    swept += sessions(connection, before, limit)?;

    let mut orphans = BTreeSet::new();
    let mut parents: Vec<Option<String>> = artefacts(connection, before, limit)?;
    parents.extend(tokens(connection, before, limit)?);
    let (refresh_tokens, families) = families(connection, before, limit)?;
    swept += count(parents.len()) + count(families.len()) + refresh_tokens;
    orphans.extend(parents.into_iter().flatten().chain(families));
    for id in orphans {
        swept += orphan(connection, &id)?;
    }
    Ok(swept)
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn marks_and_attempts(connection: &mut SqliteConnection, before: i64, limit: i64) -> Swept<u64> {
    let over: Vec<(String, Vec<u8>)> = marks::table
        .filter(marks::kept_until.lt(before))
        .limit(limit)
        .select((marks::space, marks::mark))
        .load(connection)?;
    for (space, mark) in &over {
        diesel::delete(marks::table.find((space, mark))).execute(connection)?;
    }
    let idle: Vec<(String, Vec<u8>)> = attempts::table
        .filter(attempts::kept_until.lt(before))
        .limit(limit)
        .select((attempts::purpose, attempts::subject))
        .load(connection)?;
    for (purpose, subject) in &idle {
        diesel::delete(attempts::table.find((purpose, subject))).execute(connection)?;
    }
    Ok(count(over.len() + idle.len()))
}

fn sessions(connection: &mut SqliteConnection, before: i64, limit: i64) -> Swept<u64> {
    let over = sessions::ended_at
        .lt(Some(before))
        .or(sessions::idle_expires_at.nullable().lt(Some(before)))
        .or(sessions::expires_at.nullable().lt(Some(before)));
    let ids: Vec<String> = sessions::table.filter(over).limit(limit).select(sessions::id).load(connection)?;
    for id in &ids {
        diesel::delete(session_clients::table.filter(session_clients::session_id.eq(id)))
            .execute(connection)?;
        diesel::delete(sessions::table.find(id)).execute(connection)?;
    }
    Ok(count(ids.len()))
}

/// Removes expired artefacts, spent or not; answers their authorizations.
fn artefacts(connection: &mut SqliteConnection, before: i64, limit: i64) -> Swept<Vec<Option<String>>> {
    let over: Vec<(String, Vec<u8>, Option<String>)> = single_uses::table
        .filter(single_uses::expires_at.lt(before))
        .limit(limit)
        .select((single_uses::kind, single_uses::handle, single_uses::authorization_id))
        .load(connection)?;
    for (kind, handle, _) in &over {
        diesel::delete(single_uses::table.find((kind, handle))).execute(connection)?;
    }
    Ok(over.into_iter().map(|(.., authorization)| authorization).collect())
}

/// Removes expired access tokens, denied or not; answers their authorizations.
fn tokens(connection: &mut SqliteConnection, before: i64, limit: i64) -> Swept<Vec<Option<String>>> {
    let over: Vec<(Vec<u8>, String)> = access_tokens::table
        .filter(access_tokens::expires_at.lt(before))
        .limit(limit)
        .select((access_tokens::handle, access_tokens::authorization_id))
        .load(connection)?;
    for key in &over {
        diesel::delete(access_tokens::table.find((&key.0, &key.1))).execute(connection)?;
    }
    let named = |authorization: String| Some(authorization).filter(|id| !id.is_empty());
    Ok(over.into_iter().map(|(_, authorization)| named(authorization)).collect())
}

/// Removes refresh tokens past their idle end and those of families that are over, then the families that
/// have none left; answers how many tokens, and the authorizations of the families.
fn families(connection: &mut SqliteConnection, before: i64, limit: i64) -> Swept<(u64, Vec<String>)> {
    let mut empty = BTreeSet::new();
    let idle: Vec<(Vec<u8>, String)> = refresh_tokens::table
        .filter(refresh_tokens::idle_expires_at.lt(before))
        .filter(refresh_tokens::spent_at.is_null().or(refresh_tokens::spent_at.lt(before)))
        .limit(limit)
        .select((refresh_tokens::handle, refresh_tokens::family_id))
        .load(connection)?;
    let left = limit - i64::try_from(idle.len()).unwrap_or(limit);
    let is_over = refresh_families::ended_at.lt(before).or(refresh_families::expires_at.lt(before));
    let over: Vec<String> =
        refresh_families::table.filter(is_over).limit(limit).select(refresh_families::id).load(connection)?;
    let of_over: Vec<(Vec<u8>, String)> = refresh_tokens::table
        .filter(refresh_tokens::family_id.eq_any(&over))
        .limit(left)
        .select((refresh_tokens::handle, refresh_tokens::family_id))
        .load(connection)?;
    let mut removed = 0;
    empty.extend(over);
    for (handle, family) in idle.into_iter().chain(of_over) {
        removed += diesel::delete(refresh_tokens::table.find(handle)).execute(connection)?;
        empty.insert(family);
    }
    let mut authorizations = Vec::new();
    for id in empty.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
        let tokens = refresh_tokens::table.filter(refresh_tokens::family_id.eq(&id));
        let family = refresh_families::table
            .filter(refresh_families::id.eq(&id))
            .filter(refresh_families::created_at.lt(before))
            .filter(diesel::dsl::not(exists(tokens)));
        let gone: Option<String> = diesel::delete(family)
            .returning(refresh_families::authorization_id)
            .get_result(connection)
            .optional()?;
        authorizations.extend(gone);
    }
    Ok((count(removed), authorizations))
}

/// Removes an authorization from which nothing hangs any more.
fn orphan(connection: &mut SqliteConnection, id: &str) -> Swept<u64> {
    let artefacts = single_uses::table.filter(single_uses::authorization_id.eq(id));
    let tokens = access_tokens::table.filter(access_tokens::authorization_id.eq(id));
    let families = refresh_families::table.filter(refresh_families::authorization_id.eq(id));
    let authorization = authorizations::table
        .filter(authorizations::id.eq(id))
        .filter(diesel::dsl::not(exists(artefacts)))
        .filter(diesel::dsl::not(exists(tokens)))
        .filter(diesel::dsl::not(exists(families)));
    Ok(count(diesel::delete(authorization).execute(connection)?))
}
