use countersign_oauth::{Audience, AuthorizationId, ClientId, ConsentId, Timestamp, UserId};
use countersign_storage::Consent;
use countersign_storage_schema::ConsentRow;
use countersign_storage_schema::tables::{authorizations, consents};
use diesel::prelude::*;

use super::{Written, authorization, refresh};

/// Adds a consent, or its scopes to the one that stands.
pub(super) fn grant(connection: &mut SqliteConnection, record: Consent) -> Written {
    let row = ConsentRow::from(record.clone());
    let standing = consents::table
        .filter(consents::user_id.eq(&row.user_id))
        .filter(consents::client_id.eq(&row.client_id))
        .filter(consents::audience.eq(&row.audience))
        .filter(consents::organization_id.is(&row.organization_id))
        .select(ConsentRow::as_select())
        .get_result(connection)
        .optional()?;
    let Some(standing) = standing.map(Consent::from) else {
        diesel::insert_into(consents::table).values(row).execute(connection)?;
        return Ok(());
    };
    let united = standing.scope.union(&record.scope);
    if united != standing.scope {
        diesel::update(consents::table.filter(consents::id.eq(standing.id.as_str())))
            .set(consents::scope.eq(united.to_string()))
            .execute(connection)?;
    }
    Ok(())
}

pub(super) fn delete(connection: &mut SqliteConnection, id: &ConsentId, at: Timestamp) -> Written {
    let gone: Option<(String, String, String)> =
        diesel::delete(consents::table.filter(consents::id.eq(id.as_str())))
            .returning((consents::user_id, consents::client_id, consents::audience))
            .get_result(connection)
            .optional()?;
    let Some((user, client, audience)) = gone else { return Ok(()) };
    let (user, client, audience) = (UserId::new(user), ClientId::new(client), Audience::new(audience));
    refresh::end_families(connection, &user, (Some(&client), Some(&audience)), at)?;
    let mut given_for = authorizations::table
        .filter(authorizations::user_id.eq(user.as_str()))
        .filter(authorizations::client_id.eq(client.as_str()))
        .select(authorizations::id)
        .into_boxed();
    given_for = match audience.as_str() {
        "" => given_for.filter(authorizations::audience.is_null()),
        audience => given_for.filter(authorizations::audience.eq(audience.to_owned())),
    };
    let ids: Vec<String> = given_for.load(connection)?;
    ids.into_iter().try_for_each(|id| authorization::end(connection, &AuthorizationId::new(id), at, false))
}
