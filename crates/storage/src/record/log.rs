use countersign_oauth::{ClientId, Timestamp, UserId};

/// A row of the tenant's log: a changed object or a security refusal. No secret stands in it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct LogEvent {
    /// When.
    pub at: Timestamp,
    /// Auth0's event code: `seacft`, `feacft`, ….
    pub event: String,
    /// The stable rule id of a refusal.
    pub rule: Option<String>,
    /// A plain sentence.
    pub description: String,
    /// The client, if known.
    pub client_id: Option<ClientId>,
    /// The user, if known.
    pub user_id: Option<UserId>,
    /// The counted address.
    pub ip: String,
    /// The address of the connection, where another one is counted.
    pub client_ip: Option<String>,
    /// The request.
    pub request_id: String,
}
