#![doc = include_str!("../README.md")]

mod client_endpoint;
mod constrain;
mod context;
mod decision;
mod endpoint;
mod grant;
mod introspection;
mod post_login;
mod registry;
mod revocation;
mod throttle;

pub use client_endpoint::{Answered, EndpointError, TokenRequest};
pub use context::{Context, PrepareContext};
pub use decision::{Decision, Issue, Refusal};
pub use endpoint::{TokenAnswer, TokenEndpoint};
pub use grant::{ClientPolicy, Grant};
pub use introspection::{Introspection, IntrospectionEndpoint};
pub use post_login::{Issuance, add_custom_claims, ask_post_login, verdict_changes};
pub use registry::{Grants, RegistryError};
pub use revocation::RevocationEndpoint;
