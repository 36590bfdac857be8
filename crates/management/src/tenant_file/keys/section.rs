use serde_json::Value;

use crate::schema::{Key, Shape::Any, holds, is_given, is_true, unused};

/// The sections of a deploy CLI export that have no effect yet; those that do are read by themselves.
pub(crate) const SECTIONS: &[Key] = &[
    unused("attackProtection", Any).restricting(blocks),
    unused("guardianPolicies", Any).restricting(|value| {
        value.get("policies").is_some_and(is_given) || value.as_array().is_some_and(|list| !list.is_empty())
    }),
    unused("networkACLs", Any).restricting(|value| {
        value.as_array().is_some_and(|list| list.iter().any(|entry| entry.get("active").is_some_and(is_true)))
    }),
    unused("actionModules", Any),
    unused("branding", Any),
    unused("connectionProfiles", Any),
    unused("customDomains", Any),
    unused("emailProvider", Any),
    unused("emailTemplates", Any),
    unused("eventStreams", Any),
    unused("exclude", Any),
    unused("flowVaultConnections", Any),
    unused("flowVaults", Any),
    unused("flows", Any),
    unused("forms", Any),
    unused("guardian*", Any),
    unused("hooks", Any),
    unused("logStreams", Any),
    unused("migrations", Any),
    unused("organizations", Any),
    unused("pages", Any),
    unused("phoneProviders", Any),
    unused("phoneTemplates", Any),
    unused("prompts", Any),
    unused("rateLimitPolicies", Any),
    unused("riskAssessment*", Any),
    unused("roles", Any),
    unused("scimConfiguration", Any),
    unused("selfServiceProfiles", Any),
    unused("supplementalSignals", Any),
    unused("themes", Any),
    unused("tokenExchangeProfiles", Any),
    unused("userAttributeProfiles", Any),
];

/// Whether attack protection refuses or challenges where we do not. Brute-force protection is ours too.
fn blocks(value: &Value) -> bool {
    let blocking = |detector: &str| {
        let shields = value.get(detector).and_then(|detector| detector.get("shields"));
        let blocks =
            shields.and_then(Value::as_array).is_none_or(|shields| shields.iter().any(|s| s == "block"));
        holds(value, &format!("/{detector}/enabled")) && blocks
    };
    let challenges = |kind: &str| {
        let policy = value.pointer(&format!("/botDetection/challenge_{kind}_policy"));
        policy.and_then(Value::as_str).is_some_and(|policy| policy != "never")
    };
    blocking("breachedPasswordDetection")
        || blocking("suspiciousIpThrottling")
        || ["password", "passwordless", "password_reset"].into_iter().any(challenges)
}
