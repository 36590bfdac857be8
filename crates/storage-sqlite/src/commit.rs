mod artefact;
mod authorization;
mod configuration;
mod consent;
mod counter;
mod object;
mod refresh;
mod remove;
mod requirement;
mod session;
mod signing_key;
mod user;

use countersign_storage::{Change, Changes};
use countersign_storage_schema::tables::log_events;
use countersign_storage_schema::{LogEventRow, is_configuration};
use diesel::prelude::*;

use crate::failure::Abort;

pub(crate) use counter::configuration_version;
pub(crate) use requirement::check;

type Written = Result<(), Abort>;

/// Checks all requirements, then writes in order. Runs inside a savepoint of an immediate transaction, so
/// that nobody writes in between.
pub(crate) fn apply(connection: &mut SqliteConnection, changes: Changes) -> Written {
    check(connection, &changes.requires)?;
    let of_configuration = changes.writes.iter().filter(|change| is_configuration(change)).count();
    if of_configuration > 0 {
        counter::raise_configuration_version(connection, of_configuration)?;
    }
    changes.writes.into_iter().try_for_each(|change| write(connection, change))
}

fn write(connection: &mut SqliteConnection, change: Change) -> Written {
    match change {
        Change::InsertSingleUse(record) => artefact::insert(connection, record),
        Change::SpendSingleUse { kind, handle, now } => artefact::spend(connection, kind, handle, now),
        Change::CountSingleUseAttempt { kind, handle, now, limit } => {
            artefact::count_attempt(connection, (kind, handle), now, limit)
        }
        Change::SetMark { space, mark, until } => artefact::set_mark(connection, &space, mark, until),
        Change::InsertAuthorization(record) => authorization::insert(connection, record),
        Change::EndAuthorization { id, at, deny_access_tokens } => {
            authorization::end(connection, &id, at, deny_access_tokens)
        }
        Change::InsertAccessToken(record) => authorization::insert_access_token(connection, record),
        Change::DenyAccessToken { handle, expires_at, at } => {
            authorization::deny_access_token(connection, handle, expires_at, at)
        }
        Change::InsertFamily(record) => refresh::insert_family(connection, record),
        Change::InsertRefreshToken(record) => refresh::insert_token(connection, record),
        Change::ExchangeRefreshToken { handle, now, rule } => {
            refresh::exchange(connection, handle, now, rule)
        }
        Change::TouchRefreshToken { handle, now, idle_expires_at } => {
            refresh::touch(connection, handle, now, idle_expires_at)
        }
        Change::AmendFamily { id, rotating, expires_at, jkt } => {
            refresh::amend_family(connection, &id, (rotating, expires_at, jkt.as_ref()))
        }
        Change::EndFamily { id, at } => refresh::end_family(connection, &id, at),
        Change::EndFamilies { user, client, audience, at } => {
            refresh::end_families(connection, &user, (client.as_ref(), audience.as_ref()), at)
        }
        Change::EndNonRotatingFamilies { user, client, audience, at } => {
            refresh::end_non_rotating(connection, (&user, &client, audience.as_ref()), at)
        }
        Change::CapFamilies { user, client, keep, at } => {
            refresh::cap_families(connection, &user, &client, (keep, at))
        }
        Change::InsertSession(record) => session::insert(connection, record),
        Change::TouchSession { id, now, idle_expires_at, absolute_expires_at } => {
            session::touch(connection, &id, now, (idle_expires_at, absolute_expires_at))
        }
        Change::JoinSession { id, client, at } => session::join(connection, &id, &client, at),
        Change::EndSession { id, at } => session::end(connection, &id, at),
        Change::EndSessionsOfUser { user, at } => session::end_all(connection, &user, at),
        Change::GrantConsent(record) => consent::grant(connection, record),
        Change::DeleteConsent { id, at } => consent::delete(connection, &id, at),
        Change::UpsertUser(upsert) => user::upsert(connection, upsert),
        Change::DeleteUser { id, at } => remove::user(connection, id.as_str(), at),
        Change::Rehash { user, old, new } => user::rehash(connection, &user, &old, &new),
        Change::CountLogin { user, at, ip } => user::count_login(connection, &user, at, &ip),
        Change::PatchMetadata { user, user_metadata, app_metadata, at } => {
            user::patch(connection, &user, |user| user.patch_metadata(&user_metadata, &app_metadata, at))
        }
        Change::UpdateFromUpstream(update) => {
            user::patch(connection, &update.user, |user| update.apply(user))
        }
        Change::UpsertClient(upsert) => object::upsert_client(connection, upsert),
        Change::DeleteClient { id, at } => remove::client(connection, &id, at),
        Change::UpsertResourceServer(upsert) => object::upsert_resource_server(connection, upsert),
        Change::DeleteResourceServer { id, at } => remove::resource_server(connection, &id, at),
        Change::UpsertClientGrant(upsert) => object::upsert_client_grant(connection, upsert),
        Change::DeleteClientGrant { id } => remove::client_grant(connection, &id),
        Change::UpsertConnection(upsert) => object::upsert_connection(connection, upsert),
        Change::DeleteConnection { id, at } => remove::connection(connection, &id, at),
        Change::UpsertScript(upsert) => object::upsert_script(connection, upsert),
        Change::DeleteScript { id } => remove::script(connection, &id),
        Change::SetSettings(upsert) => configuration::set_settings(connection, upsert),
        Change::InsertSigningKey(record) => signing_key::insert(connection, record),
        Change::SetKeyState { kid, state, at } => signing_key::set_state(connection, &kid, state, at),
        Change::PublishSigningKeys { algorithm, at } => signing_key::publish(connection, algorithm, at),
        Change::Log(event) => {
            diesel::insert_into(log_events::table).values(LogEventRow::from(event)).execute(connection)?;
            Ok(())
        }
    }
}
