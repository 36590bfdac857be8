use countersign_oauth::{Timestamp, UserId};
use countersign_storage::{PasswordHash, Upsert, User};
use countersign_storage_schema::tables::{identities, user_identifiers, users};
use countersign_storage_schema::{IdentityRow, UserIdentifierRow, UserRow};
use diesel::dsl::case_when;
use diesel::prelude::*;

use super::Written;
use super::object::place;
use crate::read::with_identities;

pub(super) fn upsert(connection: &mut SqliteConnection, upsert: Upsert<User>) -> Written {
    let identifiers = UserIdentifierRow::of(&upsert.record);
    let identities = IdentityRow::of(&upsert.record);
    let id = upsert.record.id.clone();
    let stored = users::table
        .filter(users::id.eq(id.as_str()))
        .select(UserRow::as_select())
        .get_result(connection)
        .optional()?;
    let seen = stored.as_ref().map(|stored| (stored.version, stored.epoch));
    let (version, epoch) = place(connection, seen, upsert.expected_version, upsert.raise_epoch)?;
    let row = UserRow { version, epoch, ..UserRow::try_from(upsert.record)? };
    match stored {
        None => diesel::insert_into(users::table).values(row).execute(connection)?,
        Some(stored) => {
            let row = UserRow {
                last_login: stored.last_login,
                last_ip: stored.last_ip,
                logins_count: stored.logins_count,
                ..row
            };
            forget_names(connection, id.as_str())?;
            diesel::update(users::table.filter(users::id.eq(id.as_str()))).set(row).execute(connection)?
        }
    };
    for identifier in identifiers {
        diesel::insert_into(user_identifiers::table).values(identifier).execute(connection)?;
    }
    for identity in identities {
        diesel::insert_into(identities::table).values(identity).execute(connection)?;
    }
    Ok(())
}

/// Removes what a user is found by.
pub(super) fn forget_names(connection: &mut SqliteConnection, id: &str) -> QueryResult<()> {
    let identifiers = user_identifiers::table.filter(user_identifiers::user_id.eq(id));
    diesel::delete(identifiers).execute(connection)?;
    diesel::delete(identities::table.filter(identities::user_id.eq(id))).execute(connection)?;
    Ok(())
}

pub(super) fn rehash(
    connection: &mut SqliteConnection,
    user: &UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Written {
    let unchanged = users::table.filter(users::id.eq(user.as_str())).filter(users::password.eq(old.as_str()));
    diesel::update(unchanged).set(users::password.eq(new.as_str())).execute(connection)?;
    Ok(())
}

/// Changes a user who is there, by what stands there now; names stay as they are.
pub(super) fn patch(
    connection: &mut SqliteConnection,
    user: &UserId,
    patch: impl FnOnce(&mut User),
) -> Written {
    let this = users::table.find(user.as_str());
    let Some(row) = this.select(UserRow::as_select()).get_result(connection).optional()? else {
        return Ok(());
    };
    let mut record = with_identities(connection, row)?;
    patch(&mut record);
    for row in IdentityRow::of(&record) {
        let identity = identities::table
            .filter(identities::user_id.eq(user.as_str()))
            .filter(identities::place.eq(row.place));
        let tokens =
            (identities::tokens.eq(row.tokens), identities::tokens_sealed_by.eq(row.tokens_sealed_by));
        diesel::update(identity).set(tokens).execute(connection)?;
    }
    diesel::update(this).set(UserRow::try_from(record)?).execute(connection)?;
    Ok(())
}

/// Counts; the later login is the last one, whichever commits first.
pub(super) fn count_login(
    connection: &mut SqliteConnection,
    user: &UserId,
    at: Timestamp,
    ip: &str,
) -> Written {
    let at = Some(at.millis());
    let last_login = case_when(users::last_login.gt(at), users::last_login).otherwise(at);
    let last_ip = case_when(users::last_login.gt(at), users::last_ip).otherwise(Some(ip));
    diesel::update(users::table.filter(users::id.eq(user.as_str())))
        .set((
            users::logins_count.eq(users::logins_count + 1),
            users::last_login.eq(last_login),
            users::last_ip.eq(last_ip),
        ))
        .execute(connection)?;
    Ok(())
}
