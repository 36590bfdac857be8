use countersign_oauth::{Timestamp, UserId};
use countersign_storage::{PasswordHash, Upsert, User};
use countersign_storage_schema::tables::{identities, user_identifiers, users};
use countersign_storage_schema::{IdentityRow, UserIdentifierRow, UserRow};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Written;
use super::object::place;

pub(super) async fn upsert(mut connection: &AsyncPgConnection, upsert: Upsert<User>) -> Written {
    let identifiers = UserIdentifierRow::of(&upsert.record);
    let identities = IdentityRow::of(&upsert.record);
    let id = upsert.record.id.clone();
    let stored = users::table
        .filter(users::id.eq(id.as_str()))
        .select(UserRow::as_select())
        .for_no_key_update()
        .first(&mut connection)
        .await
        .optional()?;
    let seen = stored.as_ref().map(|stored| (stored.version, stored.epoch));
    let (version, epoch) = place(connection, seen, upsert.expected_version, upsert.raise_epoch).await?;
    let row = UserRow { version, epoch, ..UserRow::try_from(upsert.record)? };
    match stored {
        None => diesel::insert_into(users::table).values(row).execute(&mut connection).await?,
        Some(stored) => {
            let row = UserRow {
                last_login: stored.last_login,
                last_ip: stored.last_ip,
                logins_count: stored.logins_count,
                ..row
            };
            forget_names(connection, id.as_str()).await?;
            diesel::update(users::table.filter(users::id.eq(id.as_str())))
                .set(row)
                .execute(&mut connection)
                .await?
        }
    };
    if !identifiers.is_empty() {
        diesel::insert_into(user_identifiers::table).values(identifiers).execute(&mut connection).await?;
    }
    if !identities.is_empty() {
        diesel::insert_into(identities::table).values(identities).execute(&mut connection).await?;
    }
    Ok(())
}

/// Removes what a user is found by.
pub(super) async fn forget_names(mut connection: &AsyncPgConnection, id: &str) -> QueryResult<()> {
    let identifiers = user_identifiers::table.filter(user_identifiers::user_id.eq(id));
    diesel::delete(identifiers).execute(&mut connection).await?;
    diesel::delete(identities::table.filter(identities::user_id.eq(id))).execute(&mut connection).await?;
    Ok(())
}

pub(super) async fn rehash(
    mut connection: &AsyncPgConnection,
    user: &UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Written {
    let unchanged = users::table.filter(users::id.eq(user.as_str())).filter(users::password.eq(old.as_str()));
    diesel::update(unchanged).set(users::password.eq(new.as_str())).execute(&mut connection).await?;
    Ok(())
}

/// Changes a user who is there, by what stands there now; names stay as they are.
pub(super) async fn patch(
    mut connection: &AsyncPgConnection,
    user: &UserId,
    patch: impl FnOnce(&mut User),
) -> Written {
    let this = users::table.find(user.as_str());
    let stored = this.select(UserRow::as_select()).for_no_key_update().first(&mut connection).await;
    let Some(row) = stored.optional()? else { return Ok(()) };
    let identities = identities::table
        .filter(identities::user_id.eq(user.as_str()))
        .order(identities::place)
        .select(IdentityRow::as_select())
        .load(&mut connection)
        .await?;
    let mut record = row.into_user(identities)?;
    patch(&mut record);
    for row in IdentityRow::of(&record) {
        let identity = identities::table
            .filter(identities::user_id.eq(user.as_str()))
            .filter(identities::place.eq(row.place));
        let tokens =
            (identities::tokens.eq(row.tokens), identities::tokens_sealed_by.eq(row.tokens_sealed_by));
        diesel::update(identity).set(tokens).execute(&mut connection).await?;
    }
    diesel::update(this).set(UserRow::try_from(record)?).execute(&mut connection).await?;
    Ok(())
}

/// Counts; the later login is the last one, whichever commits first.
pub(super) async fn count_login(
    mut connection: &AsyncPgConnection,
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
        .execute(&mut connection)
        .await?;
    Ok(())
}
