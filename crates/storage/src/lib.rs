#![doc = include_str!("../README.md")]

mod attempts;
mod changes;
mod commit;
mod reads;
mod record;
mod replay;
mod requirement;
mod token_bucket;
mod upstream_update;
mod view;

pub use attempts::{Attempts, Bucket};
pub use changes::{Change, Changes, ExchangeRule, Upsert};
pub use commit::{Commit, CommitError, Conflict};
pub use reads::{
    AccessTokens, Authorizations, ClientGrants, Clients, Connections, Consents, Keys, Listing, Reads,
    RefreshTokens, ResourceServers, Scripts, Sessions, Settings, SingleUses, Users,
};
pub use record::*;
pub use replay::ReplayGuard;
pub use requirement::{RecordKind, Requirement};
pub use token_bucket::{Drawn, Rate, TokenBucket};
pub use upstream_update::{UpstreamProfile, UpstreamUpdate};
pub use view::{ConfigurationCache, View};

use countersign_oauth::{BoxFuture, Fault, Timestamp};

/// What every call of a store answers: a value, or a fault that names table, column and key.
pub type StorageResult<T> = Result<T, Fault>;

/// Everything that a backend offers. A function asks for the narrowest part it needs.
pub trait Storage: Reads + Listing + Commit + ReplayGuard + Attempts + Sweep {}

impl<T: Reads + Listing + Commit + ReplayGuard + Attempts + Sweep> Storage for T {}

/// Removal of what has expired, in the background and never inside a request.
pub trait Sweep: Send + Sync {
    /// Removes at most `limit` rows of each kind that ended or expired before `before`; answers how many.
    ///
    /// One-time artefacts stay until they expire, spent or not, and denied access tokens too: their rows are
    /// what finds a replay. A family goes with its last token, an authorization with the last that hung from
    /// it. `before` lies behind now by at least the longest leeway of a refresh token.
    fn sweep(&self, before: Timestamp, limit: u32) -> BoxFuture<'_, StorageResult<u64>>;
}
