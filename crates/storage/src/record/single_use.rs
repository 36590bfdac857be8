use countersign_oauth::{AuthorizationId, ClientId, HandleHash, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A one-time artefact: spent by one conditional write, together with what it was spent for.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct SingleUse {
    /// Its kind; part of the key and of every lookup (rule G3).
    pub kind: SingleUseKind,
    /// SHA-256 of its handle.
    pub handle: HandleHash,
    /// A second handle, where a flow has two.
    pub second_handle: Option<HandleHash>,
    /// The client it belongs to.
    pub client_id: ClientId,
    /// The user it stands for, once known.
    pub user_id: Option<UserId>,
    /// The session it came from.
    pub session_id: Option<SessionId>,
    /// The authorization it came from.
    pub authorization_id: Option<AuthorizationId>,
    /// Where a longer flow stands; `issued` for a code.
    pub status: String,
    /// Failed attempts.
    pub attempts: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was spent, if it was.
    pub redeemed_at: Option<Timestamp>,
    /// Versioned JSON that the grant's file owns.
    pub payload: serde_json::Value,
}

/// Which kind of artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SingleUseKind {
    /// RFC 6749 §1.3.1.
    AuthorizationCode,
    /// RFC 9126.
    PushedRequest,
    /// RFC 8628.
    DeviceCode,
    /// A login that sent its user elsewhere and waits for the return.
    Continuation,
}

impl SingleUseKind {
    /// The name in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::PushedRequest => "pushed_request",
            Self::DeviceCode => "device_code",
            Self::Continuation => "continuation",
        }
    }
}
