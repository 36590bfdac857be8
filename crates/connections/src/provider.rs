//! One file per provider. Each proves a user to us, and reads the profile.

pub(crate) mod apple;
pub(crate) mod facebook;
pub(crate) mod google;
pub(crate) mod twitter;
pub(crate) mod weibo;

use std::collections::BTreeMap;

use countersign_oauth::BoxFuture;

use crate::{Proof, ProviderProfile, StrategyOptions, Upstream, UpstreamError};

/// An identity provider: a strategy of connections.
///
/// A provider answers only for users whose proof it, or what it signed, says was issued to us: that is proved before
/// any profile is read (SP-087).
pub trait Provider: Send + Sync {
    /// The strategy: `google-oauth2`. It is the first part of its users' ids.
    fn strategy(&self) -> &'static str;

    /// The options of its connections.
    fn options(&self) -> StrategyOptions;

    /// Whether it takes [`Proof::AccessToken`].
    fn takes_access_tokens(&self) -> bool {
        false
    }

    /// Proves that the user is there and that the proof is for us, and reads the profile. A code is redeemed by it,
    /// so it is called once per request.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn accept<'a>(
        &'a self,
        proof: &'a Proof,
        upstream: &'a Upstream<'a>,
    ) -> BoxFuture<'a, Result<ProviderProfile, UpstreamError>>;
}

/// The providers that a deployment knows, by strategy.
#[derive(Default)]
pub struct Providers(BTreeMap<&'static str, Box<dyn Provider>>);

/// Two providers of one strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateStrategy(pub &'static str);

impl std::fmt::Display for DuplicateStrategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "two providers of the strategy {}", self.0)
    }
}

impl std::error::Error for DuplicateStrategy {}

impl Providers {
    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Those of this crate.
    #[must_use]
    pub fn built_in() -> Self {
        let providers: [Box<dyn Provider>; 5] = [
            Box::new(apple::Apple),
            Box::new(facebook::Facebook),
            Box::new(google::Google),
            Box::new(twitter::Twitter),
            Box::new(weibo::Weibo),
        ];
        Self(providers.into_iter().map(|provider| (provider.strategy(), provider)).collect())
    }

    /// The same with one more.
    ///
    /// # Errors
    /// [`DuplicateStrategy`].
    pub fn with(mut self, provider: impl Provider + 'static) -> Result<Self, DuplicateStrategy> {
        let strategy = provider.strategy();
        if self.0.insert(strategy, Box::new(provider)).is_some() {
            return Err(DuplicateStrategy(strategy));
        }
        Ok(self)
    }

    /// The provider of a strategy.
    #[must_use]
    pub fn find(&self, strategy: &str) -> Option<&dyn Provider> {
        self.0.get(strategy).map(|provider| &**provider)
    }

    /// The strategies, sorted.
    pub fn strategies(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
