use countersign_oauth::{Domain, Scope};
use countersign_storage::ResourceServer;
use serde_json::{Map, Value};

/// Names that nobody sets but us, in whichever token: Auth0's list, and `scope`.
const RESTRICTED: [&str; 61] = [
    "acr",
    "act",
    "active",
    "amr",
    "at_hash",
    "ath",
    "attest",
    "aud",
    "auth_time",
    "authorization_details",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "cty",
    "dest",
    "entitlements",
    "events",
    "exp",
    "groups",
    "gty",
    "htm",
    "htu",
    "iat",
    "internalService",
    "iss",
    "jcard",
    "jku",
    "jti",
    "jwe",
    "jwk",
    "kid",
    "may_act",
    "mky",
    "nbf",
    "nonce",
    "object_id",
    "org_id",
    "org_name",
    "orig",
    "origid",
    "permissions",
    "roles",
    "rph",
    "s_hash",
    "scope",
    "sid",
    "sip_callid",
    "sip_cseq_num",
    "sip_date",
    "sip_from_tag",
    "sip_via_branch",
    "sub",
    "sub_jwk",
    "toe",
    "txn",
    "typ",
    "uuid",
    "vot",
    "vtm",
    "x5t#S256",
];

/// Hosts whose names are no one's namespace.
const RESERVED_HOSTS: [&str; 3] = ["auth0.com", "webtask.io", "webtask.run"];

/// What the tenant's own code adds to a token, after the rules: there is no other way to make one.
///
/// What breaks a rule is left out silently, and the transaction succeeds. What is left may still not replace a
/// claim of the token's own: whoever mints writes those last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomClaims(Map<String, Value>);

impl CustomClaims {
    /// For an access token of that API; `None` is the token for userinfo alone, which nobody else reads.
    #[must_use]
    pub fn of_access_token(
        claims: &Map<String, Value>,
        scope: &Scope,
        api: Option<&ResourceServer>,
        domain: &Domain,
    ) -> Self {
        let is_custom = api.is_some_and(|api| is_custom(api, domain));
        let plain_names = is_custom || api.is_none();
        Self::filtered(claims, |name| match Name::of(name) {
            Name::Restricted => false,
            Name::Url => true,
            Name::Urn => is_custom,
            Name::Standard(opened_by) => plain_names && is_open(name, opened_by, scope),
            Name::Plain => plain_names,
        })
    }

    /// For an ID token that is issued with an access token of that API.
    #[must_use]
    pub fn of_id_token(
        claims: &Map<String, Value>,
        scope: &Scope,
        api: Option<&ResourceServer>,
        domain: &Domain,
    ) -> Self {
        let is_custom = api.is_some_and(|api| is_custom(api, domain));
        Self::filtered(claims, |name| match Name::of(name) {
            Name::Restricted => false,
            Name::Url | Name::Plain => true,
            Name::Urn => is_custom,
            Name::Standard(opened_by) => is_open(name, opened_by, scope),
        })
    }

    fn filtered(claims: &Map<String, Value>, keep: impl Fn(&str) -> bool) -> Self {
        let kept = claims.iter().filter(|(name, _)| keep(name));
        Self(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Takes back what was stored with a token.
    pub(crate) fn restore(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The claims.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// What a claim's name says of who may set it.
enum Name {
    /// Nobody.
    Restricted,
    /// An http(s) URL of a host that may be anyone's.
    Url,
    /// A URN that may be anyone's.
    Urn,
    /// A claim of OpenID Connect Core §5.1: anyone, where that scope was granted.
    Standard(&'static str),
    /// Anything else.
    Plain,
}

impl Name {
    fn of(name: &str) -> Self {
        if name.is_empty() || RESTRICTED.contains(&name) {
            return Self::Restricted;
        }
        let lower = name.to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) {
            return if is_reserved(rest) { Self::Restricted } else { Self::Url };
        }
        if let Some(rest) = lower.strip_prefix("urn:") {
            return if rest.split(':').next() == Some("auth0") { Self::Restricted } else { Self::Urn };
        }
        scope_of(name).map_or(Self::Plain, Self::Standard)
    }
}

/// The scope that opens a standard claim (OpenID Connect Core §5.4).
fn scope_of(claim: &str) -> Option<&'static str> {
    match claim {
        "birthdate" | "family_name" | "gender" | "given_name" | "locale" | "middle_name" | "name"
        | "nickname" | "picture" | "preferred_username" | "profile" | "updated_at" | "website"
        | "zoneinfo" => Some("profile"),
        "email" | "email_verified" => Some("email"),
        "phone_number" | "phone_number_verified" => Some("phone"),
        "address" => Some("address"),
        _ => None,
    }
}

/// A scope that is the name of one claim opens it too. `profile` and `address` are both.
fn is_open(claim: &str, opened_by: &str, scope: &Scope) -> bool {
    scope.contains(opened_by) || scope.contains(claim)
}

/// Whether the host after the scheme is a reserved one or lies under it.
fn is_reserved(rest: &str) -> bool {
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host).trim_end_matches('.');
    RESERVED_HOSTS.iter().any(|reserved| {
        host.strip_suffix(reserved).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// Whether an API is the tenant's own, not one of the server's.
fn is_custom(api: &ResourceServer, domain: &Domain) -> bool {
    let identifier = api.identifier.as_str();
    let ours = ["api/v2/", "mfa/", "me/", "userinfo"].map(|path| domain.issuer.endpoint(path));
    !ours.iter().any(|ours| ours == identifier)
}

#[cfg(test)]
mod tests;
