use std::net::IpAddr;

use countersign_oauth::{ConnectionId, Fault, HandleHash, Seconds, Timestamp, UserId};
use countersign_storage::{Attempts, Bucket};

/// Failed attempts are remembered for this long after the last one.
const KEPT: Seconds = Seconds(24 * 3600);

/// Whose failed logins are counted: one budget per account, whichever identifier is typed.
#[derive(Debug, Clone, Copy)]
pub enum Account<'a> {
    /// A user.
    Known(&'a UserId),
    /// An identifier that no user has; counted all the same, so that counting tells nothing.
    Unknown(&'a ConnectionId, &'a str),
}

/// How many failed logins an account may have before it is held back; `None` switches a limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// From one address.
    pub per_account_and_ip: Option<u32>,
    /// From anywhere.
    pub per_account: Option<u32>,
}

/// The counters of one account, as one address sees them.
pub struct LoginAttempts<'a> {
    attempts: &'a dyn Attempts,
    buckets: [(Bucket, Option<u32>); 2],
    now: Timestamp,
}

impl<'a> LoginAttempts<'a> {
    /// The counters of an account; IPv6 addresses count by their /64.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn of(
        account: Account<'_>,
        ip: IpAddr,
        limits: LoginLimits,
        attempts: &'a dyn Attempts,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let name = name(account);
        let releases = attempts.count(&releases(&name), now).await?;
        let from_here = format!("{}\n{releases}\n{name}", network(ip));
        let buckets = [
            (bucket("login_ip_account", &from_here), limits.per_account_and_ip),
            (bucket("login_account", &name), limits.per_account),
        ];
        Ok(Self { attempts, buckets, now })
    }

    /// Whether the account is held back already; looking counts nothing.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn are_exhausted(&self) -> Result<bool, Fault> {
        for (bucket, limit) in self.limited() {
            if self.attempts.count(bucket, self.now).await? >= limit {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Counts an attempt before its password is looked at, so that many at once cannot slip through;
    /// answers whether it may go on.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn begin(&self) -> Result<bool, Fault> {
        let mut allowed = true;
        for (bucket, limit) in self.limited() {
            let count = self.attempts.record(bucket, self.now, self.now.plus(KEPT)).await?;
            allowed &= count <= limit;
        }
        Ok(allowed)
    }

    /// Forgets the attempts: the password was right.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn forget(&self) -> Result<(), Fault> {
        for (bucket, _) in self.limited() {
            self.attempts.clear(bucket).await?;
        }
        Ok(())
    }

    fn limited(&self) -> impl Iterator<Item = (&Bucket, u32)> {
        self.buckets.iter().filter_map(|(bucket, limit)| Some((bucket, limit.filter(|limit| *limit > 0)?)))
    }
}

/// Lets an account go, from every address: the operator's unblock.
///
/// The counters of addresses are named after how often the account was let go, so none of the old ones is
/// looked at again.
///
/// # Errors
/// A fault when the store fails.
pub async fn release_account(user: &UserId, attempts: &dyn Attempts, now: Timestamp) -> Result<(), Fault> {
    let name = name(Account::Known(user));
    attempts.clear(&bucket("login_account", &name)).await?;
    attempts.record(&releases(&name), now, now.plus(KEPT)).await?;
    Ok(())
}

fn name(account: Account<'_>) -> String {
    match account {
        Account::Known(user) => format!("u\n{user}"),
        Account::Unknown(connection, identifier) => format!("i\n{connection}\n{identifier}"),
    }
}

fn bucket(purpose: &str, subject: &str) -> Bucket {
    Bucket { purpose: purpose.to_owned(), subject: HandleHash::of(subject) }
}

/// How often an account was let go, kept as long as any counter it outdates.
fn releases(name: &str) -> Bucket {
    bucket("login_releases", name)
}

fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests;
