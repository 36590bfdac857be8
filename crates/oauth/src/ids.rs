use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an identifier; compared byte by byte and never folded.
            #[must_use]
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    )*};
}

ids! {
    /// `client_id` (RFC 6749 §2.2).
    ClientId;
    /// A user's id and `sub`: `auth0|64f0c2d9…`.
    UserId;
    /// A session's public id: the `sid` claim of OpenID Connect Front- and Back-Channel Logout.
    SessionId;
    /// One completed authorization request, from which code, refresh family and access tokens hang.
    AuthorizationId;
    /// The family that a refresh token and all its successors form.
    FamilyId;
    /// A client grant: `cgr_…`.
    ClientGrantId;
    /// A user's consent.
    ConsentId;
    /// A connection: `con_…`.
    ConnectionId;
    /// A script of the tenant's own: an Action or a rule.
    ScriptId;
    /// The row id of an API; its `identifier` is an [`Audience`].
    ResourceServerId;
    /// An API's identifier, as it stands in `audience` and `aud`.
    Audience;
    /// An organization: `org_…`.
    OrganizationId;
    /// A signing key's `kid` (RFC 7517 §4.5).
    KeyId;
}
