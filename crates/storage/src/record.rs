mod authorization;
mod client;
mod client_credential;
mod client_grant;
mod connection;
mod log;
mod refresh;
mod resource_server;
mod script;
mod session;
mod signing_key;
mod single_use;
mod tenant;
mod user;

pub use authorization::{AccessToken, Authorization, Consent};
pub use client::{
    AppType, Client, ClientSettings, JwtConfiguration, NativeSocialLogin, RedirectionPolicy,
    RefreshTokenSettings, RotationType, Switch, ThirdPartySecurityMode, TokenEndpointAuthMethod,
};
pub use client_credential::{ClientAuthenticationMethods, ClientCredential, PrivateKeyJwtSettings};
pub use client_grant::{ClientGrant, SubjectType};
pub use connection::{Connection, ConnectionSettings};
pub use log::LogEvent;
pub use refresh::{RefreshFamily, RefreshToken};
pub use resource_server::{
    ApiScope, ClientPolicy, PopMechanism, ProofOfPossession, RequiredFor, ResourceServer,
    ResourceServerSettings, SubjectTypeAuthorization, TokenDialect, UserPolicy,
};
pub use script::{Script, ScriptKind, ScriptSettings, TriggerBinding};
pub use session::{Authentication, Session};
pub use signing_key::{KeyState, SigningKey};
pub use single_use::{SingleUse, SingleUseKind};
pub use tenant::{CookieMode, ResourceParameterProfile, TenantFlags, TenantSettings};
pub use user::{Identity, PasswordHash, Profile, User};

use crate::{RecordKind, Requirement};

/// A value with the version that an update must name.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyed<T> {
    /// The value.
    pub record: T,
    /// Raised by every update.
    pub version: i64,
}

macro_rules! epochs {
    ($($record:ident => $id:ident),* $(,)?) => {$(
        impl $record {
            /// What must still be true at commit for a decision that read this record.
            #[must_use]
            pub fn requirement(&self) -> Requirement {
                Requirement { record: RecordKind::$record, id: self.$id.to_string(), epoch: self.epoch }
            }
        }
    )*};
}

epochs! {
    User => id, Client => id, ClientGrant => id, ResourceServer => id, Consent => id, Session => id,
    Authorization => id, Connection => id,
}
