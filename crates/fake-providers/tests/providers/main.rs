//! The providers of `connections` against the fake ones, over the real client and real signatures.
#![cfg(test)]

mod apple;
mod facebook;
mod failures;
mod google;
mod twitter;
mod weibo;

use std::sync::Arc;
use std::time::Duration;

use countersign_connections::{
    Proof, ProviderProfile, Providers, Upstream, UpstreamError, UpstreamKeys, seal_option,
};
use countersign_crypto::{OpenSslSecretKeys, OpenSslVerifier};
use countersign_fake_providers::FakeProviders;
use countersign_oauth::Secret;
use countersign_outbound::{Outbound, OutboundOptions};
use countersign_storage::{Client, Connection};
use countersign_testkit::{FixedClock, NOW, SeededRandom, TestSealer, client, connection};
use serde_json::{Value, json};

/// The fake providers and what calls them.
struct Stand {
    fakes: FakeProviders,
    clock: Arc<FixedClock>,
    outbound: Outbound,
    keys: UpstreamKeys,
    client: Client,
}

impl Stand {
    fn new() -> Self {
        let clock = Arc::new(FixedClock::new(NOW));
        let options = OutboundOptions {
            allow_private: true,
            timeout: Duration::from_millis(1500),
            ..OutboundOptions::default()
        };
        let mut client = client();
        let mobile = json!({ "ios": { "team_id": "TEAM", "app_bundle_identifier": "com.example.app" } });
        client.settings.other.insert("mobile".to_owned(), mobile);
        Self {
            fakes: FakeProviders::start(clock.clone()).unwrap(),
            clock,
            outbound: Outbound::new(&options).unwrap(),
            keys: UpstreamKeys::new(Arc::new(OpenSslVerifier::new().unwrap())),
            client,
        }
    }

    /// A connection of a strategy that leads to the fakes, its secrets sealed.
    fn connection(&self, strategy: &str, options: Value) -> Connection {
        let mut connection = connection();
        strategy.clone_into(&mut connection.strategy);
        let mut options = options.as_object().unwrap().clone();
        options.insert("upstream_base_url".to_owned(), json!(self.fakes.base_url()));
        for name in ["client_secret", "app_secret"] {
            if let Some(clear) = options.get(name).and_then(Value::as_str).map(Secret::from) {
                options.insert(
                    name.to_owned(),
                    seal_option(&connection.id, name, &clear, &TestSealer::default()),
                );
            }
        }
        connection.settings.options = options;
        connection
    }

    fn accept(&self, connection: &Connection, proof: &Proof) -> Result<ProviderProfile, UpstreamError> {
        use countersign_oauth::Clock as _;
        let (providers, random, sealer) =
            (Providers::built_in(), SeededRandom::default(), TestSealer::default());
        let upstream = Upstream {
            fetch: &self.outbound,
            keys: &self.keys,
            secret_keys: &OpenSslSecretKeys,
            sealer: &sealer,
            random: &random,
            connection,
            client: &self.client,
            now: self.clock.now(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(providers.find(&connection.strategy).unwrap().accept(proof, &upstream))
    }

    fn rule(&self, connection: &Connection, proof: &Proof) -> &'static str {
        self.accept(connection, proof).unwrap_err().rule()
    }
}

fn access_token(token: &str) -> Proof {
    Proof::AccessToken { token: Secret::from(token), token_secret: None }
}
