mod artefact;
mod authorization;
mod configuration;
mod consent;
mod counter;
mod object;
mod plan;
mod refresh;
mod remove;
mod requirement;
mod session;
mod signing_key;
mod user;

use std::sync::Arc;

use countersign_storage::{Change, Changes, User};
use countersign_storage_schema::tables::log_events;
use countersign_storage_schema::{LogEventRow, is_configuration};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::{join, join_all};

use crate::failure::{Abort, Failure, Trouble, Troubled};
use crate::pool::{Lease, Pool};

pub(crate) use counter::raise_clock;

type Written = Result<(), Abort>;

/// How often a commit that the server breaks off for the sake of another is begun.
const ATTEMPTS: usize = 5;

/// Applies all changes or none.
pub(crate) async fn apply(pool: &Arc<Pool>, changes: &Changes) -> Written {
    for _ in 0..ATTEMPTS {
        let outcome = once(pool.lease().await?, changes).await;
        match outcome {
            Err(abort) if abort.trouble() == Trouble::Again => {
                tracing::warn!("a commit met another one and is begun anew");
            }
            outcome => return outcome,
        }
    }
    Err(Failure::Away("a commit met others too often".to_owned()).into())
}

async fn once(lease: Lease, changes: &Changes) -> Written {
    match (changes.requires.as_slice(), changes.writes.as_slice()) {
        (requires, []) => {
            let outcome = requirement::check(lease.link(), requires).await;
            lease.settle(outcome)
        }
        ([], [change]) if plan::is_one_statement(change) => {
            let outcome = write(lease.link(), change).await;
            lease.settle(outcome)
        }
        _ => {
            let outcome = transaction(lease.link(), changes).await;
            end(lease, outcome).await
        }
    }
}

/// Takes back what did not succeed. A connection on which that fails is closed, which takes it back too.
async fn end(lease: Lease, outcome: Written) -> Written {
    let Err(abort) = outcome else {
        lease.give_back();
        return Ok(());
    };
    let is_clean = abort.trouble() != Trouble::Lost && {
        let mut connection = lease.link();
        connection.batch_execute("ROLLBACK").await.is_ok()
    };
    if is_clean {
        lease.give_back();
    }
    Err(abort)
}

/// Locks, checks all requirements, then writes in order.
async fn transaction(connection: &AsyncPgConnection, changes: &Changes) -> Written {
    let plan = plan::Plan::of(changes);
    let (mut beginning, mut ending) = (connection, connection);
    // Sent together and worked off one after the other.
    let begin = plan.begin();
    let begin = beginning.batch_execute(&begin);
    let (begun, checked) = join(begin, requirement::lock(connection, plan.locks(), &changes.requires)).await;
    begun?;
    checked?;
    let of_configuration = changes.writes.iter().filter(|change| is_configuration(change)).count();
    if of_configuration > 0 {
        counter::raise_configuration_version(connection, of_configuration).await?;
    }
    for group in changes.writes.chunk_by(|one, next| plan::is_insert(one) && plan::is_insert(next)) {
        // Plain inserts do not look at each other, so they are sent together.
        let outcomes = join_all(group.iter().map(|change| write(connection, change))).await;
        first_reason(outcomes)?;
    }
    Ok(ending.batch_execute("COMMIT").await?)
}

/// Why statements that were sent together failed: the first to fail makes all after it fail for its sake.
fn first_reason(outcomes: Vec<Written>) -> Written {
    let mut failed = None;
    for outcome in outcomes {
        match outcome {
            Ok(()) => {}
            Err(Abort::Conflict(conflict)) => return Err(conflict.into()),
            Err(abort) => {
                failed.get_or_insert(abort);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn write(connection: &AsyncPgConnection, change: &Change) -> Written {
    match change.clone() {
        Change::InsertSingleUse(record) => artefact::insert(connection, record).await,
        Change::SpendSingleUse { kind, handle, now } => artefact::spend(connection, kind, handle, now).await,
        Change::CountSingleUseAttempt { kind, handle, now, limit } => {
            artefact::count_attempt(connection, (kind, handle), now, limit).await
        }
        Change::SetMark { space, mark, until } => artefact::set_mark(connection, &space, mark, until).await,
        Change::InsertAuthorization(record) => authorization::insert(connection, record).await,
        Change::EndAuthorization { id, at, deny_access_tokens } => {
            authorization::end(connection, &id, at, deny_access_tokens).await
        }
        Change::InsertAccessToken(record) => authorization::insert_access_token(connection, record).await,
        Change::DenyAccessToken { handle, expires_at, at } => {
            authorization::deny_access_token(connection, handle, expires_at, at).await
        }
        Change::InsertFamily(record) => refresh::insert_family(connection, record).await,
        Change::InsertRefreshToken(record) => refresh::insert_token(connection, record).await,
        Change::ExchangeRefreshToken { handle, now, rule } => {
            refresh::exchange(connection, handle, now, rule).await
        }
        Change::TouchRefreshToken { handle, now, idle_expires_at } => {
            refresh::touch(connection, handle, now, idle_expires_at).await
        }
        Change::AmendFamily { id, rotating, expires_at, jkt } => {
            refresh::amend_family(connection, &id, (rotating, expires_at, jkt.as_ref())).await
        }
        Change::EndNonRotatingFamilies { user, client, audience, at } => {
            refresh::end_non_rotating(connection, (&user, &client, audience.as_ref()), at).await
        }
        Change::EndFamily { id, at } => refresh::end_family(connection, &id, at).await,
        Change::EndFamilies { user, client, audience, at } => {
            refresh::end_families(connection, &user, (client.as_ref(), audience.as_ref()), at).await
        }
        Change::CapFamilies { user, client, keep, at } => {
            refresh::cap_families(connection, &user, &client, (keep, at)).await
        }
        Change::InsertSession(record) => session::insert(connection, record).await,
        Change::TouchSession { id, now, idle_expires_at, absolute_expires_at } => {
            session::touch(connection, &id, now, (idle_expires_at, absolute_expires_at)).await
        }
        Change::JoinSession { id, client, at } => session::join(connection, &id, &client, at).await,
        Change::EndSession { id, at } => session::end(connection, &id, at).await,
        Change::EndSessionsOfUser { user, at } => session::end_all(connection, &user, at).await,
        Change::GrantConsent(record) => consent::grant(connection, record).await,
        Change::DeleteConsent { id, at } => consent::delete(connection, &id, at).await,
        Change::UpsertUser(upsert) => user::upsert(connection, upsert).await,
        Change::DeleteUser { id, at } => remove::user(connection, id.as_str(), at).await,
        Change::Rehash { user, old, new } => user::rehash(connection, &user, &old, &new).await,
        Change::CountLogin { user, at, ip } => user::count_login(connection, &user, at, &ip).await,
        Change::Log(event) => {
            let mut connection = connection;
            let row = LogEventRow::from(event);
            diesel::insert_into(log_events::table).values(row).execute(&mut connection).await?;
            Ok(())
        }
        change => configure(connection, change).await,
    }
}

/// What only administration writes.
async fn configure(connection: &AsyncPgConnection, change: Change) -> Written {
    match change {
        Change::PatchMetadata { user, user_metadata, app_metadata, at } => {
            let patch = |user: &mut User| user.patch_metadata(&user_metadata, &app_metadata, at);
            user::patch(connection, &user, patch).await
        }
        Change::UpdateFromUpstream(update) => {
            user::patch(connection, &update.user, |user| update.apply(user)).await
        }
        Change::UpsertClient(upsert) => object::upsert_client(connection, upsert).await,
        Change::DeleteClient { id, at } => remove::client(connection, &id, at).await,
        Change::UpsertResourceServer(upsert) => object::upsert_resource_server(connection, upsert).await,
        Change::DeleteResourceServer { id, at } => remove::resource_server(connection, &id, at).await,
        Change::UpsertClientGrant(upsert) => object::upsert_client_grant(connection, upsert).await,
        Change::DeleteClientGrant { id } => remove::client_grant(connection, &id).await,
        Change::UpsertConnection(upsert) => object::upsert_connection(connection, upsert).await,
        Change::DeleteConnection { id, at } => remove::connection(connection, &id, at).await,
        Change::UpsertScript(upsert) => object::upsert_script(connection, upsert).await,
        Change::DeleteScript { id } => remove::script(connection, &id).await,
        Change::SetSettings(upsert) => configuration::set_settings(connection, upsert).await,
        Change::InsertSigningKey(record) => signing_key::insert(connection, record).await,
        Change::SetKeyState { kid, state, at } => signing_key::set_state(connection, &kid, state, at).await,
        Change::PublishSigningKeys { algorithm, at } => signing_key::publish(connection, algorithm, at).await,
        _ => Ok(()),
    }
}
