use std::fmt::Write as _;

use countersign_storage_sqlite::raw::{Row, Table};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Side, is_mark};
use crate::Failure;

/// How far a table of the target is filled.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// How many rows are there.
    pub(super) rows: u64,
    /// The last of them.
    pub(super) last: Option<Row>,
}

/// What two tables have in common if and only if they hold the same rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: u64,
    /// SHA-256 of the rows as JSON, one on each line, in the order of the key.
    pub(super) digest: String,
}

/// How far a table of the target has the rows of the source; `None` when it has others.
pub(super) fn prefix(
    source: &mut Side,
    target: &mut Side,
    table: &Table,
) -> Result<Option<Standing>, Failure> {
    let mut standing = Standing::default();
    loop {
        let there = target.read(table, standing.last.as_ref())?;
        if there.is_empty() {
            return Ok(Some(standing));
        }
        let here = source.read(table, standing.last.as_ref())?;
        if here.get(..there.len()) != Some(there.as_slice()) {
            return Ok(None);
        }
        standing.rows += there.len() as u64;
        standing.last = there.into_iter().last();
    }
}

/// Counts and sums up a table, the mark of an unfinished copy apart.
pub(super) fn sum(side: &mut Side, table: &Table) -> Result<Sum, Failure> {
    let mut digest = Sha256::new();
    let (mut rows, mut last) = (0, None);
    loop {
        let chunk = side.read(table, last.as_ref())?;
        if chunk.is_empty() {
            break;
        }
        for row in chunk.iter().filter(|row| !is_mark(row)) {
            rows += 1;
            digest.update(Value::from(row.clone()).to_string());
            digest.update("\n");
        }
        last = chunk.into_iter().last();
    }
    let digest = digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    Ok(Sum { rows, digest })
}
