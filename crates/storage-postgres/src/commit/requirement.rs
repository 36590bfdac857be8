use std::collections::HashMap;

use countersign_storage::{Conflict, RecordKind, Requirement};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Written;
use super::plan::{Keys, Lock, Plan, Strength};

/// Refuses when a required record has another epoch or is gone: one statement, which sees one moment.
pub(super) async fn check(connection: &AsyncPgConnection, requires: &[Requirement]) -> Written {
    lock(connection, Plan::to_look(requires).locks(), requires).await
}

/// Locks rows in their order and refuses when a required record has another epoch or is gone. Who waits for
/// a row sees what has become of it.
pub(super) async fn lock(
    mut connection: &AsyncPgConnection,
    locks: Vec<Lock>,
    requires: &[Requirement],
) -> Written {
    if locks.is_empty() {
        return Ok(());
    }
    let records: Vec<_> = locks.iter().map(|lock| lock.record).collect();
    let rows: Vec<(i32, String, i64)> = Locks(locks).load(&mut connection).await?;
    let mut epochs: HashMap<(RecordKind, &str), i64> = HashMap::new();
    for (place, id, epoch) in &rows {
        let record = usize::try_from(*place).ok().and_then(|place| records.get(place).copied().flatten());
        if let Some(record) = record {
            epochs.insert((record, id), *epoch);
        }
    }
    for requirement in requires {
        if epochs.get(&(requirement.record, requirement.id.as_str())) != Some(&requirement.epoch) {
            return Err(Conflict::Required(requirement.clone()).into());
        }
    }
    Ok(())
}

/// One statement that works off locks one after the other and answers (place of the lock, id, epoch).
struct Locks(Vec<Lock>);

impl Query for Locks {
    type SqlType = (Integer, Text, BigInt);
}

impl QueryId for Locks {
    type QueryId = ();
    // Its text decides which statement it is.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Locks {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (place, lock) in self.0.iter().enumerate() {
            if place > 0 {
                out.push_sql(" UNION ALL ");
            }
            walk_lock(place, lock, out.reborrow())?;
        }
        Ok(())
    }
}

fn walk_lock<'b>(place: usize, lock: &'b Lock, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    let columns = if lock.record.is_some() { "id, epoch" } else { "'' AS id, CAST(0 AS BIGINT) AS epoch" };
    out.push_sql(&format!("SELECT * FROM (SELECT {place} AS place, {columns} FROM {} WHERE ", lock.table));
    for (number, rows) in lock.rows.iter().enumerate() {
        out.push_sql(if number > 0 { " OR (" } else { "(" });
        let mut keys = rows.keys.iter();
        for (number, text) in rows.condition.split('?').enumerate() {
            if number > 0 {
                match keys.next() {
                    Some(Keys::Texts(texts)) => out.push_bind_param::<Array<Text>, _>(texts)?,
                    Some(Keys::Handles(handles)) => out.push_bind_param::<Array<Binary>, _>(handles)?,
                    None => {}
                }
            }
            out.push_sql(text);
        }
        out.push_sql(")");
    }
    if lock.strength != Strength::Look {
        out.push_sql(&format!(" ORDER BY {}.{}", lock.table, lock.key));
    }
    out.push_sql(match lock.strength {
        Strength::Look => "",
        Strength::Share => " FOR SHARE",
        Strength::Write => " FOR NO KEY UPDATE",
    });
    out.push_sql(&format!(") AS lock_{place}"));
    Ok(())
}
