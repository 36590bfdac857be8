use countersign_jose::Thumbprint;
use countersign_oauth::{FamilyId, Fault, Timestamp};
use countersign_storage::{
    Change, Changes, ExchangeRule, RefreshFamily, RefreshToken as TokenRow, RotationType,
};
use countersign_token::RefreshTokenPlan;
use countersign_token_endpoint::{Context, Refusal};

use super::invalid;
use crate::user_tokens::{absolute_end, idle_end, refusal_event};

/// A token may have so many successors within the leeway.
const MAX_SUCCESSORS: u32 = 10;

/// What an exchange does to the token and its family, and the token that comes back, if one does.
pub(super) struct Exchange {
    pub(super) changes: Changes,
    pub(super) refresh_token: Option<RefreshTokenPlan>,
}

/// What the family shall be from this exchange on.
struct Terms {
    /// As it always was, or from the client's settings of today: an end that began never goes away.
    expires_at: Option<Timestamp>,
    idle_expires_at: Option<Timestamp>,
    /// RFC 9449 §5: a public client's token is bound to the first key that was proved with it.
    jkt: Option<Thumbprint>,
}

impl Terms {
    fn of(family: &RefreshFamily, cx: &Context<'_>) -> Self {
        let settings = &cx.client.client().settings;
        let expires_at = family.expires_at.or_else(|| absolute_end(&settings.refresh_token, cx.request.now));
        let proved = cx.proved.jkt().filter(|_| settings.is_public());
        Self {
            expires_at,
            idle_expires_at: idle_end(&settings.refresh_token, cx.request.now, expires_at),
            jkt: family.jkt.as_ref().or(proved).cloned(),
        }
    }

    /// The write that makes them the family's, where they are not yet.
    fn amend(&self, family: &RefreshFamily, rotating: bool) -> Option<Change> {
        let is_same =
            self.expires_at == family.expires_at && self.jkt == family.jkt && (family.rotating || !rotating);
        (!is_same).then(|| Change::AmendFamily {
            id: family.id.clone(),
            rotating,
            expires_at: self.expires_at,
            jkt: self.jkt.clone(),
        })
    }
}

/// Spends the token, uses it again within the leeway, or finds that it was stolen. What a client was
/// switched to since takes effect here (core contract §3.5.3).
pub(super) async fn plan(
    token: &TokenRow,
    family: &RefreshFamily,
    cx: &Context<'_>,
) -> Result<Result<Exchange, Refusal>, Fault> {
    let rotates = cx.client.client().settings.refresh_token.rotation_type == RotationType::Rotating;
    let terms = Terms::of(family, cx);
    if !family.rotating && !rotates {
        return Ok(Ok(touch(token, family, &terms, cx)));
    }
    let rule = match find_rule(token, family, cx).await? {
        Ok(rule) => rule,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let spent = Change::ExchangeRefreshToken { handle: token.handle, now: cx.request.now, rule };
    let spent = Changes::none().with(spent);
    Ok(Ok(if rotates {
        rotate(spent, token, family, terms, cx)
    } else {
        stop_rotating(spent, family, terms, cx)
    }))
}

/// The token stays.
fn touch(token: &TokenRow, family: &RefreshFamily, terms: &Terms, cx: &Context<'_>) -> Exchange {
    let (now, idle_expires_at) = (cx.request.now, terms.idle_expires_at);
    let mut changes = Changes::none();
    changes.writes.push(Change::TouchRefreshToken { handle: token.handle, now, idle_expires_at });
    changes.writes.extend(terms.amend(family, false));
    Exchange { changes, refresh_token: None }
}

/// A successor of the same family. One that did not rotate before does from now on, and its siblings that do
/// not, of the same user, client and API, end.
fn rotate(
    mut changes: Changes,
    token: &TokenRow,
    family: &RefreshFamily,
    terms: Terms,
    cx: &Context<'_>,
) -> Exchange {
    changes.writes.extend(terms.amend(family, true));
    if !family.rotating {
        changes = changes.with(Change::EndNonRotatingFamilies {
            user: family.user_id.clone(),
            client: family.client_id.clone(),
            audience: family.audience.clone(),
            at: cx.request.now,
        });
    }
    let successor = RefreshTokenPlan::Successor {
        family: family.clone(),
        parent: token.handle,
        generation: token.generation.saturating_add(1),
        idle_expires_at: terms.idle_expires_at,
    };
    Exchange { changes, refresh_token: Some(successor) }
}

/// The rotating family ends, and a token that stays takes its place under the same terms.
fn stop_rotating(changes: Changes, family: &RefreshFamily, terms: Terms, cx: &Context<'_>) -> Exchange {
    let now = cx.request.now;
    let heir = RefreshFamily {
        id: FamilyId::new(""),
        rotating: false,
        created_at: now,
        expires_at: terms.expires_at,
        jkt: terms.jkt,
        ..family.clone()
    };
    Exchange {
        changes: changes.with(Change::EndFamily { id: family.id.clone(), at: now }),
        refresh_token: Some(RefreshTokenPlan::First { family: heir, idle_expires_at: terms.idle_expires_at }),
    }
}

/// By which rule the token may be exchanged.
async fn find_rule(
    token: &TokenRow,
    family: &RefreshFamily,
    cx: &Context<'_>,
) -> Result<Result<ExchangeRule, Refusal>, Fault> {
    let Some(spent_at) = token.spent_at else { return Ok(Ok(ExchangeRule::Unspent)) };
    let (now, leeway) = (cx.request.now, cx.client.client().settings.refresh_token.leeway);
    let since = now.minus(leeway);
    let within = leeway.0 > 0 && spent_at >= since;
    if !within || cx.reads.has_spent_successor(&token.handle).await? {
        return Ok(Err(reused(family, cx)));
    }
    if token.idle_expires_at.is_some_and(|end| end <= now) {
        return Ok(Err(invalid("refresh.expired").into()));
    }
    if token.successors >= MAX_SUCCESSORS {
        return Ok(Err(invalid("refresh.too_many_successors").into()));
    }
    Ok(Ok(ExchangeRule::WithinLeeway { since, max_successors: MAX_SUCCESSORS }))
}

/// A token that was spent before and comes again: its whole family ends, with the authorization.
fn reused(family: &RefreshFamily, cx: &Context<'_>) -> Refusal {
    let error = invalid("refresh.reused");
    let event = refusal_event(cx, "ferrt", &error, Some(family.user_id.clone()));
    let changes = Changes::none()
        .with(Change::EndAuthorization {
            id: family.authorization_id.clone(),
            at: cx.request.now,
            deny_access_tokens: true,
        })
        .with(Change::Log(event));
    Refusal { error, changes }
}
