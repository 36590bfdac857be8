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

use super::{Found, reads, record};
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
fn single_use(
    connection: &mut SqliteConnection,
    kind: SingleUseKind,
    handle: &HandleHash,
) -> Found<SingleUse> {
    let row = single_uses::table
        .find((kind.as_str(), handle.as_bytes().as_slice()))
        .select(SingleUseRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn authorization(connection: &mut SqliteConnection, id: &AuthorizationId) -> Found<Authorization> {
    let row = authorizations::table.find(id.as_str()).select(AuthorizationRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn refresh_token(
    connection: &mut SqliteConnection,
    handle: &HandleHash,
) -> Found<(RefreshToken, RefreshFamily)> {
    let rows = refresh_tokens::table
        .find(handle.as_bytes().as_slice())
        .inner_join(refresh_families::table)
        .select((RefreshTokenRow::as_select(), RefreshFamilyRow::as_select()));
    let Some((token, family)) = rows.get_result(connection).optional()? else { return Ok(None) };
    Ok(Some((token.try_into()?, family.try_into()?)))
}

fn has_spent_successor(connection: &mut SqliteConnection, handle: &HandleHash) -> Result<bool, Failure> {
    let spent = refresh_tokens::table
        .filter(refresh_tokens::parent.eq(handle.as_bytes().as_slice()))
        .filter(refresh_tokens::spent_at.is_not_null());
    Ok(select(exists(spent)).get_result(connection)?)
}

fn refresh_family(connection: &mut SqliteConnection, id: &FamilyId) -> Found<RefreshFamily> {
    let row = refresh_families::table.find(id.as_str()).select(RefreshFamilyRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn access_token(connection: &mut SqliteConnection, handle: &HandleHash) -> Found<AccessToken> {
    let row = access_tokens::table
        .filter(access_tokens::handle.eq(handle.as_bytes().as_slice()))
        .order(access_tokens::denied_at.is_null())
        .select(AccessTokenRow::as_select());
    record(row.get_result(connection).optional()?)
}
