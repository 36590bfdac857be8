use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{OutboundOptions, is_public};

/// Which addresses of a host may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Targets {
    /// Public ones, and private ones where the options allow them.
    Allowed,
    /// Private ones alone, where the options allow them: for what goes in clear.
    PrivateOnly,
}

impl Targets {
    /// Whether this address of the host may be called.
    pub(crate) fn may_call(self, host: &str, address: IpAddr, options: &OutboundOptions) -> bool {
        match (self, is_public(address)) {
            (Self::Allowed, true) => true,
            (Self::PrivateOnly, true) => false,
            (_, false) => options.allows_private(host),
        }
    }
}

/// Resolves a name for the connection that is about to be made and leaves out what must not be called. What it
/// returns is what is connected to, so that no second answer of the name server can differ (SP-140).
#[derive(Debug, Clone)]
pub(crate) struct CheckedResolver {
    pub(crate) targets: Targets,
    pub(crate) options: Arc<OutboundOptions>,
}

/// The name has no address that may be called.
#[derive(Debug)]
pub(crate) struct NoneMayBeCalled;

impl std::fmt::Display for NoneMayBeCalled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name has no address that may be called")
    }
}

impl std::error::Error for NoneMayBeCalled {}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may_be_called: Vec<SocketAddr> = found
                .filter(|address| this.targets.may_call(name.as_str(), address.ip(), &this.options))
                .collect();
            if may_be_called.is_empty() {
                return Err(NoneMayBeCalled.into());
            }
            Ok(Box::new(may_be_called.into_iter()) as Addrs)
        })
    }
}
