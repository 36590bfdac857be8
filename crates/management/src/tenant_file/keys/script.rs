use super::READ_ONLY;
use crate::{
    schema::{
        Key,
        Shape::{Any, Flag, Objects, Text, Whole},
        ignored, is_false, is_given, unused, used,
    },
    tenant_file::rules,
};

/// `actions[]` (management §3.5, as the deploy CLI writes them).
pub(crate) const ACTION: &[Key] = &[
    used("name", Text(rules::script_name)),
    used("code", Text(rules::code)),
    used("secrets", Objects(SECRET)),
    used("supported_triggers", Objects(SUPPORTED_TRIGGER)),
    used("deployed", Flag).remarking(is_false, "has no effect: what the file binds runs as the file has it"),
    used("runtime", Any),
    unused("dependencies", Any)
        .remarking(is_given, "packages are not installed: `require` finds what actions_modules lists"),
    unused("modules", Any),
    ignored("id", READ_ONLY),
    ignored("status", READ_ONLY),
    ignored("all_changes_deployed", READ_ONLY),
    ignored("installed_integration_id", READ_ONLY),
    ignored("integration", READ_ONLY),
    ignored("built_at", READ_ONLY),
    ignored("created_at", READ_ONLY),
    ignored("updated_at", READ_ONLY),
    ignored("deployed_version", READ_ONLY),
    ignored("current_version", READ_ONLY),
];

const SECRET: &[Key] = &[
    used("name", Text(rules::secret_name)),
    used("value", Text(rules::secret_value)),
    ignored("updated_at", READ_ONLY),
];

const SUPPORTED_TRIGGER: &[Key] = &[
    used("id", Text(rules::any_text)),
    used("version", Any),
    used("status", Any),
    used("compatible_triggers", Any),
];

/// `rules[]`.
pub(crate) const RULE: &[Key] = &[
    used("name", Text(rules::script_name)),
    used("script", Text(rules::code)),
    used("order", Whole(0, 1_000_000)),
    used("enabled", Flag),
    used("stage", Text(rules::stage)),
    ignored("id", READ_ONLY),
];

/// `rulesConfigs[]`: what every rule finds as `configuration`.
pub(crate) const RULES_CONFIG: &[Key] =
    &[used("key", Text(rules::secret_name)), used("value", Text(rules::secret_value))];

/// `triggers`: the Actions of each, in their order.
pub(crate) const TRIGGERS: &[Key] = &[
    used("post-login", Objects(BINDING)),
    unused("credentials-exchange", Any).restricting(is_given),
    unused("pre-user-registration", Any).restricting(is_given),
    unused("password-reset-post-challenge", Any).restricting(is_given),
    unused("custom-token-exchange", Any),
    unused("post-user-registration", Any),
    unused("post-change-password", Any),
    unused("send-phone-message", Any),
    unused("custom-email-provider", Any),
    unused("custom-phone-provider", Any),
    unused("event-stream", Any),
    unused("password-hash-migration", Any),
    unused("login-post-identifier", Any),
    unused("signup-post-identifier", Any),
];

const BINDING: &[Key] =
    &[used("action_name", Text(rules::reference)), used("display_name", Text(rules::reference))];
