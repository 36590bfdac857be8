use countersign_oauth::{ClientId, Error, ErrorCode, OAuthError, Parameters};
use countersign_storage::{Client, Clients};

/// Finds the client (RFC 6749 §2.2). Until this passes nothing may be redirected.
pub(crate) async fn find(parameters: &Parameters, clients: &dyn Clients) -> Result<Client, Error> {
    if parameters.is_repeated("client_id") {
        return Err(OAuthError::repeated_parameter("client_id").into());
    }
    let id = parameters.require("client_id")?;
    let unknown = || {
        OAuthError::new(ErrorCode::InvalidRequest, "authorize.unknown_client", "Unknown client: {client_id}")
            .with("client_id", id.chars().take(128).collect::<String>())
    };
    Ok(clients.client(&ClientId::new(id)).await?.ok_or_else(unknown)?)
}

#[cfg(test)]
mod tests;
