use countersign_oauth::BoxFuture;

use super::{DuplicateStrategy, Provider, Providers};
use crate::{Google, Proof, ProviderProfile, StrategyOptions, Upstream, UpstreamError};

struct Example;

impl Provider for Example {
    fn strategy(&self) -> &'static str {
        "example"
    }

    fn options(&self) -> StrategyOptions {
        StrategyOptions::NONE
    }

    fn accept<'a>(
        &'a self,
        _: &'a Proof,
        _: &'a Upstream<'a>,
    ) -> BoxFuture<'a, Result<ProviderProfile, UpstreamError>> {
        Box::pin(std::future::ready(Err(UpstreamError::not_taken())))
    }
}

#[test]
fn someone_elses_provider_stands_beside_the_built_in_ones() {
    let providers = Providers::built_in().with(Example).unwrap();
    assert!(providers.find("example").is_some() && providers.find("weibo").is_some());
    assert!(providers.find("Google").is_none() && providers.find("auth0").is_none());
    let takes: Vec<&str> = providers
        .strategies()
        .filter(|strategy| providers.find(strategy).is_some_and(Provider::takes_access_tokens))
        .collect();
    assert_eq!(takes, ["facebook", "google-oauth2", "twitter", "weibo"]);
}

#[test]
fn two_providers_of_one_strategy_are_refused() {
    let twice = Providers::built_in().with(Google).unwrap_err();
    assert_eq!(twice, DuplicateStrategy("google-oauth2"));
}
