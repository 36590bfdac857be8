use countersign_oauth::{AuthorizationId, FamilyId, HandleHash};
use countersign_storage::{
    AccessToken, AccessTokens, Authorization, Authorizations, RefreshFamily, RefreshToken, RefreshTokens,
    SingleUse, SingleUseKind, SingleUses,
};
use countersign_storage_schema::tables::{
    access_tokens, authorizations, refresh_families, refresh_tokens, single_uses,
};
use countersign_storage_schema::{
    AccessTokenRow, AuthorizationRow, RefreshFamilyRow, RefreshTokenRow, SingleUseRow,
};
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Found, cannot_be, reads, record};
use crate::failure::Failure;

reads! {
    SingleUses {
        fn single_use(kind: SingleUseKind, handle: &'a HandleHash) -> Option<SingleUse> = single_use;
    }
    Authorizations {
        fn authorization(id: &'a AuthorizationId) -> Option<Authorization> = authorization;
    }
    RefreshTokens {
        fn refresh_token(handle: &'a HandleHash) -> Option<(RefreshToken, RefreshFamily)> = refresh_token;
        fn has_spent_successor(handle: &'a HandleHash) -> bool = has_spent_successor;
        fn refresh_family(id: &'a FamilyId) -> Option<RefreshFamily> = refresh_family;
    }
    AccessTokens {
        fn access_token(handle: &'a HandleHash) -> Option<AccessToken> = access_token;
    }
}

/// The kind is part of the key (rule G3).
async fn single_use(
    mut connection: &AsyncPgConnection,
    kind: &SingleUseKind,
    handle: &HandleHash,
) -> Found<SingleUse> {
    let row = single_uses::table
        .find((kind.as_str(), handle.as_bytes().as_slice()))
        .select(SingleUseRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn authorization(mut connection: &AsyncPgConnection, id: &AuthorizationId) -> Found<Authorization> {
    if cannot_be(id.as_str()) {
        return Ok(None);
    }
    let row = authorizations::table.find(id.as_str()).select(AuthorizationRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn refresh_token(
    mut connection: &AsyncPgConnection,
    handle: &HandleHash,
) -> Found<(RefreshToken, RefreshFamily)> {
    let rows = refresh_tokens::table
        .find(handle.as_bytes().as_slice())
        .inner_join(refresh_families::table)
        .select((RefreshTokenRow::as_select(), RefreshFamilyRow::as_select()));
    let Some((token, family)) = rows.first(&mut connection).await.optional()? else { return Ok(None) };
    Ok(Some((token.try_into()?, family.try_into()?)))
}

async fn has_spent_successor(
    mut connection: &AsyncPgConnection,
    handle: &HandleHash,
) -> Result<bool, Failure> {
    let spent = refresh_tokens::table
        .filter(refresh_tokens::parent.eq(handle.as_bytes().as_slice()))
        .filter(refresh_tokens::spent_at.is_not_null());
    Ok(select(exists(spent)).get_result(&mut connection).await?)
}

async fn refresh_family(mut connection: &AsyncPgConnection, id: &FamilyId) -> Found<RefreshFamily> {
    if cannot_be(id.as_str()) {
        return Ok(None);
    }
    let row = refresh_families::table.find(id.as_str()).select(RefreshFamilyRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn access_token(mut connection: &AsyncPgConnection, handle: &HandleHash) -> Found<AccessToken> {
    let row = access_tokens::table
        .filter(access_tokens::handle.eq(handle.as_bytes().as_slice()))
        .order((access_tokens::denied_at.is_null(), access_tokens::authorization_id))
        .select(AccessTokenRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}
