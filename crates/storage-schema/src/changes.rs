use countersign_oauth::Timestamp;
use countersign_storage::{Change, Changes};

/// Whether a cache of the configuration must hear of it.
#[must_use]
pub fn is_configuration(change: &Change) -> bool {
    matches!(
        change,
        Change::UpsertClient(_)
            | Change::DeleteClient { .. }
            | Change::UpsertResourceServer(_)
            | Change::DeleteResourceServer { .. }
            | Change::UpsertClientGrant(_)
            | Change::DeleteClientGrant { .. }
            | Change::UpsertConnection(_)
            | Change::DeleteConnection { .. }
            | Change::UpsertScript(_)
            | Change::DeleteScript { .. }
            | Change::SetSettings(_)
            | Change::InsertSigningKey(_)
            | Change::SetKeyState { .. }
            | Change::PublishSigningKeys { .. }
    )
}

/// The latest time that the changes take for now.
#[must_use]
pub fn latest(changes: &Changes) -> Option<Timestamp> {
    changes.writes.iter().filter_map(now).max()
}

fn now(change: &Change) -> Option<Timestamp> {
    match change {
        Change::InsertSingleUse(record) => Some(record.created_at),
        Change::InsertAuthorization(record) => Some(record.created_at),
        Change::InsertSession(record) => Some(record.created_at),
        Change::InsertRefreshToken(record) => Some(record.created_at),
        Change::Log(event) => Some(event.at),
        Change::UpdateFromUpstream(update) => Some(update.at),
        Change::SpendSingleUse { now, .. }
        | Change::CountSingleUseAttempt { now, .. }
        | Change::ExchangeRefreshToken { now, .. }
        | Change::TouchRefreshToken { now, .. }
        | Change::TouchSession { now, .. } => Some(*now),
        Change::EndAuthorization { at, .. }
        | Change::DenyAccessToken { at, .. }
        | Change::EndFamily { at, .. }
        | Change::EndFamilies { at, .. }
        | Change::EndNonRotatingFamilies { at, .. }
        | Change::CapFamilies { at, .. }
        | Change::JoinSession { at, .. }
        | Change::EndSession { at, .. }
        | Change::EndSessionsOfUser { at, .. }
        | Change::DeleteConsent { at, .. }
        | Change::DeleteUser { at, .. }
        | Change::CountLogin { at, .. }
        | Change::PatchMetadata { at, .. }
        | Change::DeleteClient { at, .. }
        | Change::DeleteResourceServer { at, .. }
        | Change::DeleteConnection { at, .. }
        | Change::SetKeyState { at, .. }
        | Change::PublishSigningKeys { at, .. } => Some(*at),
        Change::SetMark { .. }
        | Change::InsertAccessToken(_)
        | Change::InsertFamily(_)
        | Change::AmendFamily { .. }
        | Change::GrantConsent(_)
        | Change::UpsertUser(_)
        | Change::Rehash { .. }
        | Change::UpsertClient(_)
        | Change::UpsertResourceServer(_)
        | Change::UpsertClientGrant(_)
        | Change::DeleteClientGrant { .. }
        | Change::UpsertConnection(_)
        | Change::UpsertScript(_)
        | Change::DeleteScript { .. }
        | Change::SetSettings(_)
        | Change::InsertSigningKey(_) => None,
    }
}
