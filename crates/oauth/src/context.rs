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
    /// The client's address, through trusted hops only.
    pub client_ip: IpAddr,
    /// `User-Agent`, cut to a bounded length.
    pub user_agent: String,
    /// `Accept-Language`, cut to a bounded length.
    pub accept_language: String,
    /// The id that log lines, the answer and error pages of this request share.
    pub request_id: String,
}
