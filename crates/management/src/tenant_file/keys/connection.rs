use super::READ_ONLY;
use crate::{
    schema::{
        Key,
        Shape::{Any, Choice, Flag, Object, Text, Texts},
        ignored, is_false, unused, used,
    },
    tenant_file::rules,
};

/// The strategies that Auth0 has beside databases.
const OTHER_STRATEGIES: &[&str] = &[
    "ad", "adfs", "apple", "auth0-adldap", "email", "facebook", "github", "google-apps", "google-oauth2",
    "linkedin", "oauth1", "oauth2", "oidc", "okta", "samlp", "sms", "twitter", "waad", "weibo", "windowslive",
];

/// `databases[]` (management §3.5.4).
pub(crate) const DATABASE: &[Key] = &[
    used("name", Text(rules::connection_name)),
    used("strategy", Choice(&["auth0"], OTHER_STRATEGIES)),
    used("enabled_clients", Texts(rules::reference)),
    used("options", Object(OPTIONS)),
    used("metadata", Any),
    unused("authentication", Any).restricting(|value| value.get("active").is_some_and(is_false)),
    unused("display_name", Any),
    unused("realms", Any),
    unused("is_domain_connection", Flag),
    unused("show_as_button", Flag),
    unused("connected_accounts", Any),
    unused("cross_app_access_requesting_app", Any),
    unused("cross_app_access_resource_app", Any),
    unused("directory_provisioning_configuration", Any),
    unused("scim_configuration", Any),
    ignored("id", READ_ONLY),
    ignored("provisioning_ticket_url", READ_ONLY),
];

/// `options` of a database (extended §1.4.3, §2.6.2).
const OPTIONS: &[Key] = &[
    used("brute_force_protection", Flag).remarking(is_false, "is treated as true"),
    used("disable_signup", Flag).remarking(is_false, "is treated as true: there is no sign-up yet"),
    used("strategy_version", Any),
    unused("authentication_methods", Any)
        .restricting(|value| value.pointer("/password/enabled").is_some_and(is_false)),
    unused("passwordPolicy", Any),
    unused("password_complexity_options", Any),
    unused("password_history", Any),
    unused("password_dictionary", Any),
    unused("password_no_personal_info", Any),
    unused("password_options", Any),
    unused("disable_self_service_change_password", Any),
    unused("requires_username", Any),
    unused("validation", Any),
    unused("import_mode", Any),
    unused("enabledDatabaseCustomization", Any),
    unused("customScripts", Any),
    unused("enable_script_context", Any),
    unused("mfa", Any),
    unused("passkey_options", Any),
    unused("attributes", Any),
    unused("precedence", Any),
    unused("realm_fallback", Any),
    unused("non_persistent_attrs", Any),
    unused("set_user_root_attributes", Any),
    unused("upstream_params", Any),
    unused("custom_password_hash", Any),
    unused("api_enable_users", Any),
    unused("basic_profile", Any),
    unused("ext_profile", Any),
    unused("email_otp", Any),
    unused("phone_otp", Any),
    ignored("configuration", "it may hold secrets, and database scripts do not run here"),
    ignored("bareConfiguration", "it may hold secrets, and database scripts do not run here"),
];
