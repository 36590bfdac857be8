//! Users who come with what a provider gave an application: native social login and the legacy endpoint.

mod arriving;
mod asked;
mod legacy;
mod native;
mod rows;

use std::sync::Arc;

use countersign_connections::{Providers, Upstream, UpstreamKeys};
use countersign_jose::SecretKeys;
use countersign_oauth::{HttpFetch, SecureRandom};
use countersign_storage::Connection;
use countersign_token_endpoint::Context;

pub use legacy::{LegacySocial, missing_parameter};
pub use native::{NativeSocial, SubjectToken};

/// What the social grants ask providers by.
#[derive(Clone)]
pub struct SocialLogin {
    /// The providers that the deployment knows.
    pub providers: Arc<Providers>,
    /// Calls them.
    pub fetch: Arc<dyn HttpFetch>,
    /// The keys that they publish.
    pub keys: Arc<UpstreamKeys>,
    /// Proves to them who we are.
    pub secret_keys: Arc<dyn SecretKeys>,
    /// Unpredictable bytes.
    pub random: Arc<dyn SecureRandom>,
}

impl SocialLogin {
    fn upstream<'a>(&'a self, connection: &'a Connection, cx: &Context<'a>) -> Upstream<'a> {
        Upstream {
            fetch: &*self.fetch,
            keys: &self.keys,
            secret_keys: &*self.secret_keys,
            sealer: cx.sealer,
            random: &*self.random,
            connection,
            client: cx.client.client(),
            now: cx.request.now,
        }
    }
}
