//! The refresh token that a new authorization comes with.

use countersign_oauth::{FamilyId, Scope, Timestamp};
use countersign_storage::{Authorization, Change, RefreshFamily, RotationType};
use countersign_token::RefreshTokenPlan;
use countersign_token_endpoint::Context;

use crate::user_tokens::{absolute_end, idle_end};

/// Active refresh tokens per user and client; one more ends the oldest.
const MAX_FAMILIES: u32 = 200;

/// The first refresh token of an authorization, under the client's settings of today.
#[must_use]
pub fn first_refresh_token(
    authorization: &Authorization,
    scope: &Scope,
    cx: &Context<'_>,
) -> RefreshTokenPlan {
    let client = cx.client.client();
    let settings = &client.settings.refresh_token;
    let now = cx.request.now;
    let expires_at = absolute_end(settings, now);
    let family = RefreshFamily {
        id: FamilyId::new(""),
        authorization_id: authorization.id.clone(),
        client_id: client.id.clone(),
        user_id: authorization.user_id.clone(),
        session_id: authorization.session_id.clone(),
        audience: authorization.audience.clone(),
        scope: scope.clone(),
        organization_id: authorization.organization_id.clone(),
        issuer: authorization.issuer.clone(),
        // RFC 9449 §5: the refresh token of a public client is bound to the key that was proved.
        jkt: cx.proved.jkt().filter(|_| client.settings.is_public()).cloned(),
        rotating: settings.rotation_type == RotationType::Rotating,
        created_at: now,
        expires_at,
        ended_at: None,
    };
    RefreshTokenPlan::First { family, idle_expires_at: idle_end(settings, now, expires_at) }
}

/// Makes room for one more family of the authorization's user and client.
#[must_use]
pub fn cap_families(authorization: &Authorization, at: Timestamp) -> Change {
    Change::CapFamilies {
        user: authorization.user_id.clone(),
        client: authorization.client_id.clone(),
        keep: MAX_FAMILIES - 1,
        at,
    }
}
