use std::sync::Arc;

use countersign_jose::{SecretKeys, Signer, SigningError};
use countersign_oauth::{BoxFuture, FetchError, FetchRequest, FetchResponse, HttpFetch};
use countersign_testkit::{FakeVerifier, NOW, SeededRandom, TestSealer, client, connection};
use serde_json::json;

use super::Upstream;
use crate::UpstreamKeys;

struct Fetch {
    may_call_private: bool,
}

impl HttpFetch for Fetch {
    fn fetch<'a>(&'a self, _: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        Box::pin(std::future::ready(Err(FetchError::Unreachable)))
    }

    fn may_call_private(&self) -> bool {
        self.may_call_private
    }
}

struct NoKeys;

impl SecretKeys for NoKeys {
    fn hmac_sha256(&self, _: &[u8], _: &[u8]) -> [u8; 32] {
        [0; 32]
    }

    fn hmac_sha1(&self, _: &[u8], _: &[u8]) -> Result<Vec<u8>, SigningError> {
        Err(SigningError(String::new()))
    }

    fn es256_signer(&self, _: &str, _: &str) -> Result<Arc<dyn Signer>, SigningError> {
        Err(SigningError(String::new()))
    }
}

fn url(may_call_private: bool, base: Option<&str>) -> String {
    let mut connection = connection();
    connection.settings.options =
        base.map(|base| ("upstream_base_url".to_owned(), json!(base))).into_iter().collect();
    let upstream = Upstream {
        fetch: &Fetch { may_call_private },
        keys: &UpstreamKeys::new(Arc::new(FakeVerifier)),
        secret_keys: &NoKeys,
        sealer: &TestSealer::default(),
        random: &SeededRandom::default(),
        connection: &connection,
        client: &client(),
        now: NOW,
    };
    upstream.url("https://graph.facebook.com/me")
}

#[test]
fn sp_142_a_base_url_counts_only_where_private_addresses_may_be_called() {
    assert_eq!(url(true, Some("http://127.0.0.1:9/")), "http://127.0.0.1:9/graph.facebook.com/me");
    assert_eq!(url(true, Some("http://127.0.0.1:9/fakes")), "http://127.0.0.1:9/fakes/graph.facebook.com/me");
    assert_eq!(url(true, None), "https://graph.facebook.com/me");
    assert_eq!(url(false, Some("https://evil.example")), "https://graph.facebook.com/me");
}
