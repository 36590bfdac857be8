#![doc = include_str!("../README.md")]

mod access_token;
mod authorization;
mod changes;
mod client;
mod client_grant;
mod connection;
mod consent;
mod field;
mod log_event;
pub mod raw;
mod refresh;
mod resource_server;
mod script;
mod session;
mod settings;
mod signing_key;
mod single_use;
pub mod tables;
mod user;

pub use access_token::AccessTokenRow;
pub use authorization::AuthorizationRow;
pub use changes::{is_configuration, latest};
pub use client::ClientRow;
pub use client_grant::{ClientGrantRow, subject_type_name};
pub use connection::ConnectionRow;
pub use consent::ConsentRow;
pub use log_event::LogEventRow;
pub use refresh::{RefreshFamilyRow, RefreshTokenRow};
pub use resource_server::ResourceServerRow;
pub use script::ScriptRow;
pub use session::SessionRow;
pub use settings::SettingsRow;
pub use signing_key::{REVOKED, SigningKeyRow, key_state_name};
pub use single_use::SingleUseRow;
pub use user::{IdentityRow, UserIdentifierRow, UserRow};
