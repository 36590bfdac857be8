//! Rows of the log.

use countersign_connections::UpstreamError;
use countersign_oauth::{OAuthError, UserId};
use countersign_storage::{Change, Changes, LogEvent};
use countersign_token_endpoint::{Context, Refusal};

/// A success.
pub(super) fn success(
    event: &str,
    user: &UserId,
    (connection, came_again): (&str, bool),
    cx: &Context<'_>,
) -> LogEvent {
    let how = if came_again { " with a token that was shown before" } else { "" };
    let description = format!("A user came through the connection {connection}{how}");
    LogEvent { user_id: Some(user.clone()), ..row(event, None, description, cx) }
}

/// What a caller is told of a provider's no, and what the log is told: the cause (SP-143).
pub(super) fn refused(error: OAuthError, cause: &UpstreamError, event: &str, cx: &Context<'_>) -> Refusal {
    let row = row(event, Some(cause.rule().to_owned()), format!("{}: {cause}", error.describe()), cx);
    Refusal { error: error.with("cause", cause.rule()), changes: Changes::none().with(Change::Log(row)) }
}

fn row(event: &str, rule: Option<String>, description: String, cx: &Context<'_>) -> LogEvent {
    let request = cx.request;
    LogEvent {
        at: request.now,
        event: event.to_owned(),
        rule,
        description,
        client_id: Some(cx.client.client().id.clone()),
        user_id: None,
        ip: request.client_ip.to_string(),
        client_ip: request.peer_named(),
        request_id: request.request_id.clone(),
    }
}
