use countersign_oauth::{ClientId, Error, ErrorCode, OAuthError, Parameters};
use countersign_storage::{Connection, Connections};

/// The database connections whose users may sign in here: those enabled for the client, or the one that
/// the request names.
pub(crate) async fn find(
    parameters: &Parameters,
    client: &ClientId,
    connections: &dyn Connections,
) -> Result<Vec<Connection>, Error> {
    let all = connections.connections().await?;
    let refuse = |rule, text| Err(OAuthError::new(ErrorCode::InvalidRequest, rule, text).into());
    let enabled =
        |connection: &Connection| connection.strategy == "auth0" && connection.is_enabled_for(client);
    match parameters.find("connection") {
        None => Ok(all.into_iter().filter(enabled).collect()),
        Some(name) => match all.into_iter().find(|connection| connection.name == name) {
            None => refuse("authorize.unknown_connection", "the connection was not found"),
            Some(connection) if enabled(&connection) => Ok(vec![connection]),
            Some(_) => refuse("authorize.connection_not_enabled", "the connection is not enabled"),
        },
    }
}

#[cfg(test)]
mod tests;
