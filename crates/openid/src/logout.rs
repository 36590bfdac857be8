//! The two ways out: `/v2/logout`, which asks nothing, and `/oidc/logout`, which asks where it must.

mod confirmation;
mod direct;
mod end;
mod outcome;
mod rp_initiated;
mod target;

use std::sync::Arc;

use countersign_oauth::{Sealer, SecureRandom};
use countersign_storage::Storage;
use countersign_token::IdTokenReader;

pub use confirmation::LogoutAnswer;
pub use direct::{LogoutOutcome, LogoutRequest};
pub use outcome::{LogoutForm, RpLogoutOutcome};
pub use rp_initiated::RpLogoutRequest;

/// Logout of one tenant (core contract §7).
pub struct LogoutEndpoint {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// Reads `id_token_hint`.
    pub hints: IdTokenReader,
    /// Seals what the confirmation page remembers.
    pub sealer: Arc<dyn Sealer>,
    /// Draws browser bindings.
    pub random: Arc<dyn SecureRandom>,
}
