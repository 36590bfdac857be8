use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use countersign_storage::Rate;

/// An address, or all that share its first bits: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address is in it. IPv4 inside IPv6 is IPv4.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ((ours, width), (theirs, other)) = (bits(self.address), bits(ip.to_canonical()));
        let ignored = u32::from(width.saturating_sub(self.prefix));
        width == other && (ours ^ theirs).checked_shr(ignored).unwrap_or_default() == 0
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let address = written.to_canonical();
        let (_, width) = bits(address);
        let Some(prefix) = prefix else { return Ok(Self { address, prefix: width }) };
        // `::ffff:192.0.2.0/24` says one thing and means another.
        if address != written || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NoNetwork);
        }
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= width).ok_or(NoNetwork)?;
        Ok(Self { address, prefix })
    }
}

/// The text is no address and no range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoNetwork;

/// Addresses whose failed logins are not counted: offices and gateways behind which many people are, monitoring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowlist(Arc<[Network]>);

impl Allowlist {
    /// As many as Auth0 takes (extended contract §2.1.2).
    pub const MAX: usize = 100;

    /// The list of these; `None` where they are more than [`Allowlist::MAX`].
    #[must_use]
    pub fn of(networks: Vec<Network>) -> Option<Self> {
        (networks.len() <= Self::MAX).then(|| Self(networks.into()))
    }

    /// Whether an address is on it.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(ip))
    }

    /// The limit as it is for an address: none for one on the list.
    #[must_use]
    pub fn limit(&self, ip: IpAddr, rate: Option<Rate>) -> Option<Rate> {
        rate.filter(|_| !self.contains(ip))
    }
}

/// The bits of an address, and how many it has.
fn bits(ip: IpAddr) -> (u128, u8) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    }
}

#[cfg(test)]
mod tests;
