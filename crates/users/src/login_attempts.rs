use std::net::IpAddr;

use countersign_oauth::{ConnectionId, Fault, HandleHash, Seconds, Timestamp, UserId};
use countersign_storage::{Attempts, Bucket, Drawn, Rate};

/// Failed attempts are remembered for this long after the last one.
const KEPT: Seconds = Seconds(24 * 3600);
/// How long an account that is held back is told to wait: an operator may let it go before the day is over.
const TOLD_TO_WAIT: Seconds = Seconds(3600);

/// Whose failed logins are counted: one budget per account, whichever identifier is typed.
#[derive(Debug, Clone, Copy)]
pub enum Account<'a> {
    /// A user.
    Known(&'a UserId),
    /// An identifier that no user has; counted all the same, so that counting tells nothing.
    Unknown(&'a ConnectionId, &'a str),
}

/// How many logins are let through before somebody is held back; `None` switches a limit off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoginLimits {
    /// Failed logins of one account from one address.
    pub per_account_and_ip: Option<u32>,
    /// Failed logins of one account from anywhere.
    pub per_account: Option<u32>,
    /// Logins of one account from one address, failed or not.
    pub rate: Option<Rate>,
    /// Failed logins from one address, whatever accounts they were for (SP-116).
    pub failures_per_ip: Option<Rate>,
}

/// Which limit lets a login not through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBack {
    /// The account had too many failed logins.
    Account,
    /// The address had too many failed logins, whatever accounts they were for.
    Address,
    /// The account logs in too often from the address.
    TooFast,
}

/// The failed logins of one address, whatever accounts and whichever way of logging in they were for (SP-116).
pub struct AddressFailures<'a> {
    attempts: &'a dyn Attempts,
    bucket: Bucket,
    rate: Option<Rate>,
    now: Timestamp,
}

impl<'a> AddressFailures<'a> {
    /// The counter of an address; IPv6 addresses count by their /64. Without a rate nothing is counted.
    #[must_use]
    pub fn of(ip: IpAddr, rate: Option<Rate>, attempts: &'a dyn Attempts, now: Timestamp) -> Self {
        Self { attempts, bucket: bucket("rate_failed_logins", &network(ip)), rate, now }
    }

    /// What is told to an address that failed too often; `None` for one that may try. Looking counts nothing.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn hold_back(&self) -> Result<Option<Drawn>, Fault> {
        let Some(rate) = self.rate else { return Ok(None) };
        let seen = self.attempts.look(&self.bucket, rate, self.now).await?;
        Ok((!seen.allowed).then_some(seen))
    }

    /// Counts a failed login; answers whether the address is held back from now on, and was not before.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn count(&self) -> Result<bool, Fault> {
        let Some(rate) = self.rate else { return Ok(false) };
        let drawn = self.attempts.draw(&self.bucket, rate, self.now).await?;
        Ok(drawn.allowed && drawn.remaining == 0)
    }
}

/// The counters of one account, as one address sees them.
pub struct LoginAttempts<'a> {
    attempts: &'a dyn Attempts,
    buckets: [(Bucket, Option<u32>); 2],
    logins: (Bucket, Option<Rate>),
    failures: AddressFailures<'a>,
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
        let network = network(ip);
        let from_here = format!("{network}\n{releases}\n{name}");
        let buckets = [
            (bucket("login_ip_account", &from_here), limits.per_account_and_ip),
            (bucket("login_account", &name), limits.per_account),
        ];
        let logins = (bucket("rate_login", &format!("{network}\n{name}")), limits.rate);
        let failures = AddressFailures::of(ip, limits.failures_per_ip, attempts, now);
        Ok(Self { attempts, buckets, logins, failures, now })
    }

    /// Counts an attempt before its password is looked at, so that many at once cannot slip through;
    /// answers what holds it back, if anything does. Who is held back already is not counted again.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn begin(&self) -> Result<Option<(HeldBack, Drawn)>, Fault> {
        if let (logins, Some(rate)) = &self.logins {
            let drawn = self.attempts.draw(logins, *rate, self.now).await?;
            if !drawn.allowed {
                return Ok(Some((HeldBack::TooFast, drawn)));
            }
        }
        if let Some(seen) = self.failures.hold_back().await? {
            return Ok(Some((HeldBack::Address, seen)));
        }
        if let Some(limit) = self.exhausted().await? {
            return Ok(Some(self.account(limit)));
        }
        let mut over = None;
        for (bucket, limit) in self.limited() {
            let count = self.attempts.record(bucket, self.now, self.now.plus(KEPT)).await?;
            over = over.or((count > limit).then_some(limit));
        }
        Ok(over.map(|limit| self.account(limit)))
    }

    /// Notes that the password was wrong.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn failed(&self) -> Result<(), Fault> {
        self.failures.count().await?;
        Ok(())
    }

    /// Whether the account is held back already; looking counts nothing.
    ///
    /// # Errors
    /// A fault when the store fails.
    pub async fn are_exhausted(&self) -> Result<bool, Fault> {
        Ok(self.exhausted().await?.is_some())
    }

    async fn exhausted(&self) -> Result<Option<u32>, Fault> {
        for (bucket, limit) in self.limited() {
            if self.attempts.count(bucket, self.now).await? >= limit {
                return Ok(Some(limit));
            }
        }
        Ok(None)
    }

    fn account(&self, limit: u32) -> (HeldBack, Drawn) {
        let next_at = self.now.plus(TOLD_TO_WAIT);
        (HeldBack::Account, Drawn { allowed: false, limit, remaining: 0, next_at })
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
