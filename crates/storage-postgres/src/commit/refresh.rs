use countersign_jose::Thumbprint;
use countersign_oauth::{Audience, ClientId, FamilyId, HandleHash, Timestamp, UserId};
use countersign_storage::{Conflict, ExchangeRule, RefreshFamily, RefreshToken};
use countersign_storage_schema::tables::{refresh_families, refresh_tokens};
use countersign_storage_schema::{RefreshFamilyRow, RefreshTokenRow};
use diesel::dsl::{case_when, exists, not, select};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::join;

use super::Written;

pub(super) async fn insert_family(mut connection: &AsyncPgConnection, record: RefreshFamily) -> Written {
    let row = RefreshFamilyRow::from(record);
    diesel::insert_into(refresh_families::table).values(row).execute(&mut connection).await?;
    Ok(())
}

/// Looks and writes at once: when the family has ended, the whole commit is taken back.
pub(super) async fn insert_token(connection: &AsyncPgConnection, record: RefreshToken) -> Written {
    let living = refresh_families::table
        .filter(refresh_families::id.eq(record.family_id.as_str()))
        .filter(refresh_families::ended_at.is_null());
    let (mut looking, mut writing) = (connection, connection);
    let living = select(exists(living)).get_result::<bool>(&mut looking);
    let row = RefreshTokenRow::from(record.clone());
    let insert = diesel::insert_into(refresh_tokens::table).values(row).execute(&mut writing);
    match join(living, insert).await {
        (Ok(false), _) => Err(Conflict::FamilyEnded.into()),
        (Ok(true), inserted) => Ok(inserted.map(drop)?),
        // The insert may have been worked off first, and then it is why the other failed.
        (Err(_), Err(first @ Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => {
            Err(first.into())
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// One conditional write by the rule, whose row count decides. The family is locked: see the plan.
pub(super) async fn exchange(
    mut connection: &AsyncPgConnection,
    handle: HandleHash,
    now: Timestamp,
    rule: ExchangeRule,
) -> Written {
    let (handle, now) = (handle.as_bytes().as_slice(), now.millis());
    let token = refresh_tokens::table
        .filter(refresh_tokens::handle.eq(handle))
        .filter(refresh_tokens::family_id.eq_any(living_families()));
    let used = (
        refresh_tokens::successors.eq(refresh_tokens::successors + 1),
        refresh_tokens::last_used_at.eq(later_use(now)),
    );
    let exchanged = match rule {
        ExchangeRule::Unspent => {
            diesel::update(token.filter(refresh_tokens::spent_at.is_null()))
                .set((refresh_tokens::spent_at.eq(now), used))
                .execute(&mut connection)
                .await?
        }
        ExchangeRule::WithinLeeway { since, max_successors } => {
            let successor = diesel::alias!(refresh_tokens as successor);
            let spent_successor = successor
                .filter(successor.field(refresh_tokens::parent).eq(handle))
                .filter(successor.field(refresh_tokens::spent_at).is_not_null());
            let allowed = token
                .filter(refresh_tokens::spent_at.ge(since.millis()))
                .filter(refresh_tokens::successors.lt(i64::from(max_successors)))
                .filter(not(exists(spent_successor)));
            diesel::update(allowed).set(used).execute(&mut connection).await?
        }
    };
    if exchanged > 0 {
        return Ok(());
    }
    refuse_unless_living(connection, handle).await?;
    Err(Conflict::Spent.into())
}

/// The later of two touches counts, whichever commits first.
pub(super) async fn touch(
    mut connection: &AsyncPgConnection,
    handle: HandleHash,
    now: Timestamp,
    idle_expires_at: Option<Timestamp>,
) -> Written {
    let (handle, now) = (handle.as_bytes().as_slice(), now.millis());
    refuse_unless_living(connection, handle).await?;
    let not_later = refresh_tokens::last_used_at.is_null().or(refresh_tokens::last_used_at.le(now));
    let token = refresh_tokens::table.filter(refresh_tokens::handle.eq(handle)).filter(not_later);
    let last_used_at = refresh_tokens::last_used_at.eq(now);
    match idle_expires_at {
        None => diesel::update(token).set(last_used_at).execute(&mut connection).await?,
        Some(end) => {
            diesel::update(token)
                .set((last_used_at, refresh_tokens::idle_expires_at.eq(end.millis())))
                .execute(&mut connection)
                .await?
        }
    };
    Ok(())
}

/// Refuses a token whose family has ended or is absent.
async fn refuse_unless_living(mut connection: &AsyncPgConnection, handle: &[u8]) -> Written {
    let living = refresh_tokens::table
        .inner_join(refresh_families::table)
        .filter(refresh_tokens::handle.eq(handle))
        .filter(refresh_families::ended_at.is_null());
    if select(exists(living)).get_result::<bool>(&mut connection).await? {
        return Ok(());
    }
    Err(Conflict::FamilyEnded.into())
}

/// The ids of families that have not ended.
#[diesel::dsl::auto_type(no_type_alias)]
fn living_families() -> _ {
    refresh_families::table.filter(refresh_families::ended_at.is_null()).select(refresh_families::id)
}

/// The later of the last use and `now`.
#[diesel::dsl::auto_type(no_type_alias)]
fn later_use(now: i64) -> _ {
    let now: Option<i64> = Some(now);
    case_when(refresh_tokens::last_used_at.gt(now), refresh_tokens::last_used_at).otherwise(now)
}

/// Narrows a living family, which the plan locks; what it has already stays.
pub(super) async fn amend_family(
    mut connection: &AsyncPgConnection,
    id: &FamilyId,
    (rotating, expires_at, jkt): (bool, Option<Timestamp>, Option<&Thumbprint>),
) -> Written {
    let family = refresh_families::table
        .filter(refresh_families::id.eq(id.as_str()))
        .filter(refresh_families::ended_at.is_null());
    let bound: Option<String> = family
        .select(refresh_families::jkt)
        .first(&mut connection)
        .await
        .optional()?
        .ok_or(Conflict::FamilyEnded)?;
    if let Some(jkt) = jkt {
        if bound.is_some_and(|bound| bound != jkt.as_str()) {
            return Err(Conflict::Version.into());
        }
        let bind = diesel::update(family).set(refresh_families::jkt.eq(jkt.as_str()));
        bind.execute(&mut connection).await?;
    }
    if let Some(end) = expires_at.map(Timestamp::millis) {
        let later = refresh_families::expires_at.is_null().or(refresh_families::expires_at.gt(end));
        let shorten = diesel::update(family.filter(later)).set(refresh_families::expires_at.eq(end));
        shorten.execute(&mut connection).await?;
    }
    if rotating {
        diesel::update(family).set(refresh_families::rotating.eq(true)).execute(&mut connection).await?;
    }
    Ok(())
}

pub(super) async fn end_family(mut connection: &AsyncPgConnection, id: &FamilyId, at: Timestamp) -> Written {
    let family = refresh_families::table
        .filter(refresh_families::id.eq(id.as_str()))
        .filter(refresh_families::ended_at.is_null());
    diesel::update(family).set(refresh_families::ended_at.eq(at.millis())).execute(&mut connection).await?;
    Ok(())
}

/// Ends the families of a user, of one client or all, for one API, for none (an empty audience) or for all.
pub(super) async fn end_families(
    mut connection: &AsyncPgConnection,
    user: &UserId,
    (client, audience): (Option<&ClientId>, Option<&Audience>),
    at: Timestamp,
) -> Written {
    let mut families = diesel::update(refresh_families::table)
        .set(refresh_families::ended_at.eq(at.millis()))
        .filter(refresh_families::user_id.eq(user.as_str()))
        .filter(refresh_families::ended_at.is_null())
        .into_boxed();
    if let Some(client) = client {
        families = families.filter(refresh_families::client_id.eq(client.as_str()));
    }
    families = match audience.map(Audience::as_str) {
        None => families,
        Some("") => families.filter(refresh_families::audience.is_null()),
        Some(audience) => families.filter(refresh_families::audience.eq(audience)),
    };
    families.execute(&mut connection).await?;
    Ok(())
}

pub(super) async fn end_non_rotating(
    mut connection: &AsyncPgConnection,
    (user, client, audience): (&UserId, &ClientId, Option<&Audience>),
    at: Timestamp,
) -> Written {
    let families = refresh_families::table
        .filter(refresh_families::user_id.eq(user.as_str()))
        .filter(refresh_families::client_id.eq(client.as_str()))
        .filter(refresh_families::audience.is_not_distinct_from(audience.map(Audience::as_str)))
        .filter(refresh_families::rotating.eq(false))
        .filter(refresh_families::ended_at.is_null());
    diesel::update(families).set(refresh_families::ended_at.eq(at.millis())).execute(&mut connection).await?;
    Ok(())
}

/// Whoever caps a user's families has the user's turn: see the plan.
pub(super) async fn cap_families(
    mut connection: &AsyncPgConnection,
    user: &UserId,
    client: &ClientId,
    (keep, at): (u32, Timestamp),
) -> Written {
    let usable = refresh_tokens::table
        .filter(refresh_tokens::family_id.eq(refresh_families::id))
        .filter(refresh_tokens::spent_at.is_null())
        .filter(
            refresh_tokens::idle_expires_at.is_null().or(refresh_tokens::idle_expires_at.gt(at.millis())),
        );
    let surplus: Vec<String> = refresh_families::table
        .filter(refresh_families::user_id.eq(user.as_str()))
        .filter(refresh_families::client_id.eq(client.as_str()))
        .filter(refresh_families::ended_at.is_null())
        .filter(refresh_families::expires_at.is_null().or(refresh_families::expires_at.gt(at.millis())))
        .filter(exists(usable))
        .order((refresh_families::created_at.desc(), refresh_families::id.desc()))
        .offset(keep.into())
        .select(refresh_families::id)
        .load(&mut connection)
        .await?;
    if surplus.is_empty() {
        return Ok(());
    }
    let surplus = refresh_families::table.filter(refresh_families::id.eq_any(surplus));
    // Held in the order in which all hold them.
    let held = surplus.clone().order(refresh_families::id).select(refresh_families::id).for_no_key_update();
    held.load::<String>(&mut connection).await?;
    diesel::update(surplus).set(refresh_families::ended_at.eq(at.millis())).execute(&mut connection).await?;
    Ok(())
}
