#![doc = include_str!("../README.md")]

mod admin;
mod apply;
mod describe;
mod fake_providers;
mod generate;
mod node;
mod playground;
mod problem;
mod resolve;
mod sample;
mod schema;
mod tenant_file;
mod users;

pub use admin::Admin;
pub use apply::{
    AppliedObject, ApplyError, CLIENT_SECRET_PURPOSE, ObjectKind, Outcome, Report, SCRIPT_SECRETS_PURPOSE,
    SIGNING_SECRET_PURPOSE, apply,
};
pub use describe::{
    DescribedApi, DescribedClient, DescribedUser, Description, StoreContent, describe, store_content,
};
pub use fake_providers::{FAKE_LEGACY_ID, FAKE_NATIVE_ID, apply_fake_providers};
pub use playground::{PLAYGROUND_ID, apply_playground};
pub use problem::{Problem, Warning};
pub use sample::{
    SAMPLE_API, SAMPLE_CONNECTION, SAMPLE_EMAIL, SAMPLE_PORTS, SampleReport, SampleSecrets, SampleTenant,
    apply_sample,
};
pub use tenant_file::{ParseOptions, TenantFile};
pub use users::{
    ImportError, ImportOptions, ImportOutcome, ImportReport, ImportedUser, UserError, block_user,
    delete_user, find_user, first_database, import_users, patch_user, revoke_consent, set_password,
    show_user, unblock_user,
};
