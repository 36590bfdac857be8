use countersign_oauth::{Audience, AuthorizationId, ClientId, ConsentId, Timestamp, UserId};
use countersign_storage::{Conflict, Consent};
use countersign_storage_schema::ConsentRow;
use countersign_storage_schema::tables::{authorizations, consents};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Written, authorization, refresh};

/// Adds a consent, or its scopes to the one that stands.
pub(super) async fn grant(mut connection: &AsyncPgConnection, record: Consent) -> Written {
    let row = ConsentRow::from(record.clone());
    let standing = consents::table
        .filter(consents::user_id.eq(&row.user_id))
        .filter(consents::client_id.eq(&row.client_id))
        .filter(consents::audience.eq(&row.audience))
        .filter(consents::organization_id.is_not_distinct_from(&row.organization_id))
        .select(ConsentRow::as_select())
        .for_no_key_update();
    // Who adds it at the same time has the place: the second look waits for him and sees his.
    for _ in 0..2 {
        let found = standing.first(&mut connection).await.optional()?.map(Consent::from);
        if let Some(found) = found {
            return unite(connection, found, &record).await;
        }
        let insert = diesel::insert_into(consents::table).values(row.clone()).on_conflict_do_nothing();
        if insert.execute(&mut connection).await? > 0 {
            return Ok(());
        }
    }
    Err(Conflict::Exists.into())
}

async fn unite(mut connection: &AsyncPgConnection, standing: Consent, more: &Consent) -> Written {
    let united = standing.scope.union(&more.scope);
    if united != standing.scope {
        diesel::update(consents::table.filter(consents::id.eq(standing.id.as_str())))
            .set(consents::scope.eq(united.to_string()))
            .execute(&mut connection)
            .await?;
    }
    Ok(())
}

pub(super) async fn delete(mut connection: &AsyncPgConnection, id: &ConsentId, at: Timestamp) -> Written {
    let gone: Option<(String, String, String)> =
        diesel::delete(consents::table.filter(consents::id.eq(id.as_str())))
            .returning((consents::user_id, consents::client_id, consents::audience))
            .get_result(&mut connection)
            .await
            .optional()?;
    let Some((user, client, audience)) = gone else { return Ok(()) };
    let (user, client, audience) = (UserId::new(user), ClientId::new(client), Audience::new(audience));
    refresh::end_families(connection, &user, (Some(&client), Some(&audience)), at).await?;
    let mut given_for = authorizations::table
        .filter(authorizations::user_id.eq(user.as_str()))
        .filter(authorizations::client_id.eq(client.as_str()))
        .select(authorizations::id)
        .into_boxed();
    given_for = match audience.as_str() {
        "" => given_for.filter(authorizations::audience.is_null()),
        audience => given_for.filter(authorizations::audience.eq(audience.to_owned())),
    };
    let ids: Vec<String> = given_for.load(&mut connection).await?;
    for id in ids {
        authorization::end(connection, &AuthorizationId::new(id), at, false).await?;
    }
    Ok(())
}
