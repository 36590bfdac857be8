use countersign_jose::Thumbprint;
use countersign_oauth::{Audience, ClientId, FamilyId, HandleHash, Timestamp, UserId};
use countersign_storage::{Conflict, ExchangeRule, RefreshFamily, RefreshToken};
use countersign_storage_schema::tables::{refresh_families, refresh_tokens};
use countersign_storage_schema::{RefreshFamilyRow, RefreshTokenRow};
use diesel::dsl::{case_when, exists, not, select};
use diesel::prelude::*;

use super::Written;

pub(super) fn insert_family(connection: &mut SqliteConnection, record: RefreshFamily) -> Written {
    let row = RefreshFamilyRow::from(record);
    diesel::insert_into(refresh_families::table).values(row).execute(connection)?;
    Ok(())
}

pub(super) fn insert_token(connection: &mut SqliteConnection, record: RefreshToken) -> Written {
    let living = refresh_families::table
        .filter(refresh_families::id.eq(record.family_id.as_str()))
        .filter(refresh_families::ended_at.is_null());
    if !select(exists(living)).get_result::<bool>(connection)? {
        return Err(Conflict::FamilyEnded.into());
    }
    let row = RefreshTokenRow::from(record);
    diesel::insert_into(refresh_tokens::table).values(row).execute(connection)?;
    Ok(())
}

/// One conditional write by the rule, whose row count decides.
pub(super) fn exchange(
    connection: &mut SqliteConnection,
    handle: HandleHash,
    now: Timestamp,
    rule: ExchangeRule,
) -> Written {
    let (handle, now) = (handle.as_bytes().as_slice(), now.millis());
    refuse_unless_living(connection, handle)?;
    let token = refresh_tokens::table.filter(refresh_tokens::handle.eq(handle));
    let used = (
        refresh_tokens::successors.eq(refresh_tokens::successors + 1),
        refresh_tokens::last_used_at.eq(later_use(now)),
    );
    let exchanged = match rule {
        ExchangeRule::Unspent => diesel::update(token.filter(refresh_tokens::spent_at.is_null()))
            .set((refresh_tokens::spent_at.eq(now), used))
            .execute(connection)?,
        ExchangeRule::WithinLeeway { since, max_successors } => {
            let successor = diesel::alias!(refresh_tokens as successor);
            let spent_successor = successor
                .filter(successor.field(refresh_tokens::parent).eq(handle))
                .filter(successor.field(refresh_tokens::spent_at).is_not_null());
            let allowed = token
                .filter(refresh_tokens::spent_at.ge(since.millis()))
                .filter(refresh_tokens::successors.lt(i64::from(max_successors)))
                .filter(not(exists(spent_successor)));
            diesel::update(allowed).set(used).execute(connection)?
        }
    };
    if exchanged == 0 { Err(Conflict::Spent.into()) } else { Ok(()) }
}

/// The later of two touches counts, whichever commits first.
pub(super) fn touch(
    connection: &mut SqliteConnection,
    handle: HandleHash,
    now: Timestamp,
    idle_expires_at: Option<Timestamp>,
) -> Written {
    let (handle, now) = (handle.as_bytes().as_slice(), now.millis());
    refuse_unless_living(connection, handle)?;
    let not_later = refresh_tokens::last_used_at.is_null().or(refresh_tokens::last_used_at.le(now));
    let token = refresh_tokens::table.filter(refresh_tokens::handle.eq(handle)).filter(not_later);
    let last_used_at = refresh_tokens::last_used_at.eq(now);
    match idle_expires_at {
        None => diesel::update(token).set(last_used_at).execute(connection)?,
        Some(end) => diesel::update(token)
            .set((last_used_at, refresh_tokens::idle_expires_at.eq(end.millis())))
            .execute(connection)?,
    };
    Ok(())
}

/// Refuses a token whose family has ended or is absent.
fn refuse_unless_living(connection: &mut SqliteConnection, handle: &[u8]) -> Written {
    let living = refresh_tokens::table
        .inner_join(refresh_families::table)
        .filter(refresh_tokens::handle.eq(handle))
        .filter(refresh_families::ended_at.is_null());
    if select(exists(living)).get_result::<bool>(connection)? {
        return Ok(());
    }
    Err(Conflict::FamilyEnded.into())
}

/// The later of the last use and `now`.
#[diesel::dsl::auto_type(no_type_alias)]
fn later_use(now: i64) -> _ {
    let now: Option<i64> = Some(now);
    case_when(refresh_tokens::last_used_at.gt(now), refresh_tokens::last_used_at).otherwise(now)
}

/// Narrows a living family; what it has already stays.
pub(super) fn amend_family(
    connection: &mut SqliteConnection,
    id: &FamilyId,
    (rotating, expires_at, jkt): (bool, Option<Timestamp>, Option<&Thumbprint>),
) -> Written {
    let family = refresh_families::table
        .filter(refresh_families::id.eq(id.as_str()))
        .filter(refresh_families::ended_at.is_null());
    let bound: Option<String> =
        family.select(refresh_families::jkt).first(connection).optional()?.ok_or(Conflict::FamilyEnded)?;
    if let Some(jkt) = jkt {
        if bound.is_some_and(|bound| bound != jkt.as_str()) {
            return Err(Conflict::Version.into());
        }
        diesel::update(family).set(refresh_families::jkt.eq(jkt.as_str())).execute(connection)?;
    }
    if let Some(end) = expires_at.map(Timestamp::millis) {
        let later = refresh_families::expires_at.is_null().or(refresh_families::expires_at.gt(end));
        diesel::update(family.filter(later)).set(refresh_families::expires_at.eq(end)).execute(connection)?;
    }
    if rotating {
        diesel::update(family).set(refresh_families::rotating.eq(true)).execute(connection)?;
    }
    Ok(())
}

pub(super) fn end_family(connection: &mut SqliteConnection, id: &FamilyId, at: Timestamp) -> Written {
    let family = refresh_families::table
        .filter(refresh_families::id.eq(id.as_str()))
        .filter(refresh_families::ended_at.is_null());
    diesel::update(family).set(refresh_families::ended_at.eq(at.millis())).execute(connection)?;
    Ok(())
}

/// Ends the families of a user, of one client or all, for one API, for none (an empty audience) or for all.
pub(super) fn end_families(
    connection: &mut SqliteConnection,
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
    families.execute(connection)?;
    Ok(())
}

pub(super) fn end_non_rotating(
    connection: &mut SqliteConnection,
    (user, client, audience): (&UserId, &ClientId, Option<&Audience>),
    at: Timestamp,
) -> Written {
    let families = refresh_families::table
        .filter(refresh_families::user_id.eq(user.as_str()))
        .filter(refresh_families::client_id.eq(client.as_str()))
        .filter(refresh_families::audience.is(audience.map(Audience::as_str)))
        .filter(refresh_families::rotating.eq(false))
        .filter(refresh_families::ended_at.is_null());
    diesel::update(families).set(refresh_families::ended_at.eq(at.millis())).execute(connection)?;
    Ok(())
}

pub(super) fn cap_families(
    connection: &mut SqliteConnection,
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
        .limit(i64::MAX)
        .select(refresh_families::id)
        .load(connection)?;
    surplus.into_iter().try_for_each(|id| end_family(connection, &FamilyId::new(id), at))
}
