#![doc = include_str!("../README.md")]

mod admin;
mod apply;
mod generate;
mod node;
mod problem;
mod resolve;
mod sample;
mod schema;
mod tenant_file;

pub use admin::Admin;
pub use apply::{
    AppliedObject, ApplyError, CLIENT_SECRET_PURPOSE, ObjectKind, Outcome, Report, SIGNING_SECRET_PURPOSE,
    apply,
};
pub use problem::{Problem, Warning};
pub use sample::{
    SAMPLE_API, SAMPLE_CONNECTION, SAMPLE_EMAIL, SAMPLE_PORTS, SampleSecrets, SampleTenant,
};
pub use tenant_file::{ParseOptions, TenantFile};
