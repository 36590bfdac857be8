//! Every statement of a request and of the sweep finds its rows by an index.
#![cfg(test)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use countersign_storage::Storage;
use countersign_storage_contract::{
    attempts, consents, families, marks, refresh_tokens, requirements, revocation, sessions, single_uses,
    sweep, users,
};
use countersign_storage_sqlite::SqliteStorage;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;

static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Notes each statement without its values.
struct Notes;

impl Instrumentation for Notes {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let query = query.to_string();
            let statement = query.split(" -- binds").next().unwrap_or_default();
            STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).insert(statement.to_owned());
        }
    }
}

/// What a login, a token request, a refresh, a logout, a revocation and the sweep do.
const CLAUSES: [fn(&dyn Storage); 24] = [
    attempts::attempts_are_counted_until_they_expire,
    attempts::a_cleared_bucket_starts_anew,
    consents::a_second_consent_unites_its_scopes_with_the_first,
    consents::a_deleted_consent_ends_its_families,
    families::families_end_by_user_client_and_audience,
    families::a_family_is_amended_to_narrower_terms_alone,
    families::families_that_do_not_rotate_end_by_user_client_and_audience,
    families::the_oldest_families_beyond_the_cap_end,
    marks::an_expired_mark_may_be_taken_again,
    refresh_tokens::a_spent_successor_ends_the_leeway,
    refresh_tokens::the_later_touch_counts,
    requirements::a_requirement_that_holds_lets_the_commit_through,
    revocation::an_ended_authorization_denies_its_access_tokens_when_asked,
    revocation::an_access_token_is_denied_by_name,
    revocation::a_deleted_user_takes_everything_along,
    sessions::activity_moves_the_idle_end_only_later,
    sessions::all_sessions_of_a_user_end,
    sessions::who_took_part_is_noted_once_in_order,
    single_uses::a_spent_artefact_stays_readable,
    single_uses::the_attempt_that_reaches_the_limit_kills,
    sweep::an_authorization_goes_when_nothing_hangs_from_it,
    sweep::families_go_with_their_tokens,
    sweep::sessions_go_when_they_ended_or_expired,
    users::an_update_leaves_the_logins_as_they_are,
];

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Whether a step reads a whole table; the settings have one row, the counters three.
fn scans(step: &Step) -> bool {
    let small = ["SCAN CONSTANT ROW", "SCAN settings", "SCAN counters"];
    step.detail.starts_with("SCAN") && !small.iter().any(|small| step.detail.starts_with(small))
}

fn open(folder: &Path, name: &str) -> std::sync::Arc<SqliteStorage> {
    SqliteStorage::open(folder.join(name).to_str().unwrap()).unwrap()
}

#[test]
fn rp_45_every_statement_of_a_request_finds_its_rows_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), "empty.sqlite");
    set_default_instrumentation(|| Some(Box::new(Notes))).unwrap();
    for (place, clause) in CLAUSES.into_iter().enumerate() {
        clause(&*open(folder.path(), &format!("{place}.sqlite")));
    }
    let statements = std::mem::take(&mut *STATEMENTS.lock().unwrap());
    let path = folder.path().join("empty.sqlite");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let mut seen = 0;
    for statement in statements {
        // What opening asks of the schema, and lists that are empty, are not part of a request.
        let of_a_request = ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb));
        if !of_a_request || ["pragma_", "schema", "(1=0)"].iter().any(|other| statement.contains(other)) {
            continue;
        }
        let plan: Vec<Step> =
            diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut connection).unwrap();
        let scan = plan.iter().find(|step| scans(step)).map(|step| &step.detail);
        assert_eq!(scan, None, "{statement}");
        seen += 1;
    }
    assert!(seen > 60, "{seen} statements were seen");
}
