#![doc = include_str!("../README.md")]

mod arrival;
mod call;
mod error;
mod id_token;
mod keys;
mod oauth1;
mod options;
mod picture;
mod profile;
mod proof;
mod provider;
mod sealed_option;
mod upstream;

pub use arrival::{Arrived, arrive};
pub use call::Answer;
pub use error::UpstreamError;
pub use id_token::{IdToken, IdTokenRules, verify_id_token};
pub use keys::UpstreamKeys;
pub use options::{Field, FieldKind, OptionProblem, ScopeForm, StrategyOptions};
pub use profile::{IDENTITY_TOKENS, ProviderProfile, UpstreamTokens};
pub use proof::{AppleName, Proof};
pub use provider::apple::Apple;
pub use provider::facebook::Facebook;
pub use provider::google::Google;
pub use provider::twitter::Twitter;
pub use provider::weibo::Weibo;
pub use provider::{DuplicateStrategy, Provider, Providers};
pub use sealed_option::{open_option, seal_option};
pub use upstream::Upstream;
