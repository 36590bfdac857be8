use std::net::IpAddr;
use std::sync::Arc;

use crate::{Domain, Timestamp};

/// What is true of one request throughout: read once at the door, then passed on as data.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The time of the request.
    pub now: Timestamp,
    /// The domain that the request's host picked.
    pub domain: Arc<Domain>,
    /// The address that attack protection counts and the log names: the peer's, unless a client that is trusted
    /// to do so said for whom it asks.
    pub client_ip: IpAddr,
    /// The address that the request came from, through trusted hops only.
    pub peer_ip: IpAddr,
    /// `User-Agent`, cut to a bounded length.
    pub user_agent: String,
    /// `Accept-Language`, cut to a bounded length.
    pub accept_language: String,
    /// The id that log lines, the answer and error pages of this request share.
    pub request_id: String,
}

impl RequestContext {
    /// The address that the request came from, where another one is counted: what the log names beside that.
    #[must_use]
    pub fn peer_named(&self) -> Option<String> {
        (self.peer_ip != self.client_ip).then(|| self.peer_ip.to_string())
    }
}
