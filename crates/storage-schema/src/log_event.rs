use countersign_oauth::Timestamp;
use countersign_storage::LogEvent;
use diesel::prelude::*;

use crate::field::text;
use crate::tables::log_events;

/// A row of `log_events`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = log_events)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct LogEventRow {
    pub at: i64,
    pub event: String,
    pub rule: Option<String>,
    pub description: String,
    pub client_id: Option<String>,
    pub user_id: Option<String>,
    pub ip: String,
    pub client_ip: Option<String>,
    pub request_id: String,
}

impl From<LogEvent> for LogEventRow {
    fn from(record: LogEvent) -> Self {
        Self {
            at: record.at.millis(),
            event: record.event,
            rule: record.rule,
            // It names what was sent, which may be anything; PostgreSQL's texts hold no NUL.
            description: record.description.replace('\0', "\u{fffd}"),
            client_id: text(record.client_id.as_ref()),
            user_id: text(record.user_id.as_ref()),
            ip: record.ip,
            client_ip: record.client_ip,
            request_id: record.request_id,
        }
    }
}

impl From<LogEventRow> for LogEvent {
    fn from(row: LogEventRow) -> Self {
        Self {
            at: Timestamp::from_millis(row.at),
            event: row.event,
            rule: row.rule,
            description: row.description,
            client_id: row.client_id.as_deref().map(Into::into),
            user_id: row.user_id.as_deref().map(Into::into),
            ip: row.ip,
            client_ip: row.client_ip,
            request_id: row.request_id,
        }
    }
}
