use std::fmt::Write as _;

use countersign_oauth::{Fault, HandleHash, Timestamp};
use countersign_storage::{RefreshFamily, RefreshToken, SubjectType};

use super::{Case, name, scopes};
use crate::Parts;

/// Explains a refresh token: whose it is, whether it is good, and what an exchange gives today.
pub(super) async fn describe(token: &str, parts: &Parts) -> Result<Option<String>, Fault> {
    let Some((token, family)) = parts.storage.refresh_token(&HandleHash::of(token)).await? else {
        return Ok(None);
    };
    let mut text = String::new();
    let kind = if family.rotating { "one that rotates" } else { "one that stays" };
    let _ = writeln!(text, "refresh token: {kind}, of a login of {}", family.user_id);
    let _ = writeln!(text, "{}", state(&token, &family, parts.clock.now()));
    let case = Case::read(&family.client_id, SubjectType::User, family.audience.as_ref(), parts).await?;
    let Some(case) = case else {
        let _ = writeln!(text, "client: {}, which was deleted since", family.client_id);
        return Ok(Some(text));
    };
    let _ = writeln!(text, "client: {}", name(&case.client));
    let _ = match (&family.audience, &case.api) {
        (None, _) => writeln!(text, "audience userinfo: the login was for no API"),
        (Some(audience), Some(api)) => {
            writeln!(text, "audience {audience}: the login was for the API {}", api.settings.name)
        }
        (Some(audience), None) => writeln!(text, "audience {audience}: the API was deleted since"),
    };
    let key = if family.jkt.is_some() { "bound to a DPoP key" } else { "none" };
    let _ = writeln!(text, "binding: {key}");
    let authorization = parts.storage.authorization(&family.authorization_id).await?;
    text.push_str("an exchange gives at most these; what is closed today is left out\n");
    scopes::describe(&family.scope, authorization.as_ref(), &case, &mut text);
    Ok(Some(text))
}

/// Whether it may be exchanged, and if not, why.
fn state(token: &RefreshToken, family: &RefreshFamily, now: Timestamp) -> String {
    let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
    let until = |end: Option<Timestamp>| end.map_or_else(|| "never".to_owned(), Timestamp::to_iso8601);
    if let Some(at) = family.ended_at {
        format!("revoked at {}", at.to_iso8601())
    } else if let Some(at) = token.spent_at {
        format!("spent at {} for {} successor(s)", at.to_iso8601(), token.successors)
    } else if over(family.expires_at) || over(token.idle_expires_at) {
        format!(
            "expired; its absolute end: {}, unused: {}",
            until(family.expires_at),
            until(token.idle_expires_at)
        )
    } else {
        format!(
            "good; it ends at the latest: {}, unused: {}",
            until(family.expires_at),
            until(token.idle_expires_at)
        )
    }
}
