use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use countersign_oauth::{Domain, Issuer, RequestContext};

use crate::NOW;

/// The issuer of the domain that tests speak to.
pub const ISSUER: &str = "https://login.example.com/";

/// The domain that tests speak to.
#[must_use]
pub fn domain() -> Arc<Domain> {
    Arc::new(Domain { issuer: Issuer::new(ISSUER) })
}

/// A request at [`NOW`] from a documentation address (RFC 5737).
#[must_use]
pub fn request_context() -> RequestContext {
    RequestContext {
        now: NOW,
        domain: domain(),
        client_ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        peer_ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        user_agent: "testkit/1.0".to_owned(),
        accept_language: "en".to_owned(),
        request_id: "request-1".to_owned(),
    }
}
