use super::{COMPLIANCE, READ_ONLY, client::is_enforced_quota};
use crate::{
    schema::{
        Key,
        Shape::{Any, Choice, Flag, Number, Object, Text, Texts},
        ignored, is_false, is_true, unused, used,
    },
    tenant_file::rules,
};

/// A year in hours, Auth0's largest session lifetime; under half a minute no login would work.
const HOURS: crate::schema::Shape = Number(0.01, 8_760.0);

/// The same in minutes.
const MINUTES: crate::schema::Shape = Number(1.0, 525_600.0);

/// `tenant` (management §3.5.8).
pub(crate) const TENANT: &[Key] = &[
    COMPLIANCE,
    used("friendly_name", Text(rules::label)),
    used("support_url", Text(rules::web_url)),
    used("default_audience", Text(rules::optional_text)),
    used("default_redirection_uri", Text(rules::web_url)),
    used("allowed_logout_urls", Texts(rules::logout_url)),
    used("enabled_locales", Texts(rules::locale)),
    used("session_lifetime", HOURS),
    used("idle_session_lifetime", HOURS),
    used("ephemeral_session_lifetime", HOURS),
    used("idle_ephemeral_session_lifetime", HOURS),
    used("session_lifetime_in_minutes", MINUTES),
    used("idle_session_lifetime_in_minutes", MINUTES),
    used("ephemeral_session_lifetime_in_minutes", MINUTES),
    used("idle_ephemeral_session_lifetime_in_minutes", MINUTES),
    used("session_cookie", Object(&[used("mode", Choice(&["persistent", "non-persistent"], &[]))])),
    used("resource_parameter_profile", Choice(&["audience", "compatibility"], &[])),
    used("skip_non_verifiable_callback_uri_confirmation_prompt", Flag),
    used("authorization_response_iss_parameter_supported", Flag),
    used("error_page", Object(ERROR_PAGE)),
    used(
        "oidc_logout",
        Object(&[
            used("rp_logout_end_session_endpoint_discovery", Flag),
            used("rp_logout_end_user_confirmation", Flag),
        ]),
    ),
    used("acr_values_supported", Texts(rules::any_text)),
    used("flags", Object(FLAGS)),
    unused("default_token_quota", Any).restricting(|value| {
        ["clients", "organizations"].iter().any(|who| value.get(who).is_some_and(is_enforced_quota))
    }),
    unused("support_email", Any),
    unused("picture_url", Text(rules::web_url)),
    unused("default_directory", Any),
    unused("change_password", Any),
    unused("guardian_mfa_page", Any),
    unused("device_flow", Any),
    unused("sandbox_version", Any),
    unused("legacy_sandbox_version", Any),
    unused("universal_login", Any),
    unused("sessions", Any),
    unused("security_headers", Any),
    unused("mtls", Any),
    unused("pushed_authorization_requests_supported", Flag),
    unused("allow_organization_name_in_authentication_api", Flag),
    unused("customize_mfa_in_postlogin_action", Flag),
    unused("client_id_metadata_document_supported", Flag),
    unused("dynamic_client_registration_security_mode", Any),
    unused("phone_consolidated_experience", Any),
    unused("country_codes", Any),
    unused("include_session_metadata_in_tenant_logs", Any),
    unused("enable_ai_guide", Any),
    ignored("sandbox_versions_available", READ_ONLY),
];

const ERROR_PAGE: &[Key] =
    &[used("url", Text(rules::web_url)), unused("html", Any), unused("show_log_link", Flag)];

/// `tenant.flags`.
const FLAGS: &[Key] = &[
    used("revoke_refresh_token_grant", Flag),
    used("use_scope_descriptions_for_consent", Flag),
    used("remove_alg_from_jwks", Flag),
    unused("require_pushed_authorization_requests", Flag).restricting(is_true),
    unused("enable_sso", Flag).restricting(is_false),
    unused("allow_changing_enable_sso", Flag),
    unused("allow_legacy_*", Flag),
    unused("allow_api1_non_global_clients", Flag),
    unused("change_pwd_flow_v1", Flag),
    unused("cross_origin_authentication", Flag),
    unused("custom_domains_provisioning", Flag),
    unused("dashboard_*", Any),
    unused("disable_clickjack_protection_headers", Flag),
    unused("disable_fields_map_fix", Flag),
    unused("disable_impersonation", Flag),
    unused("disable_management_api_sms_obfuscation", Flag),
    unused("enable_adfs_waad_email_verification", Flag),
    unused("enable_apis_section", Flag),
    unused("enable_client_connections", Flag),
    unused("enable_custom_domain_in_emails", Flag),
    unused("enable_dynamic_client_registration", Flag),
    unused("enable_idtoken_api2", Flag),
    unused("enable_legacy_*", Flag),
    unused("enable_pipeline2", Flag),
    unused("enable_public_signup_user_exists_error", Flag),
    unused("enforce_client_authentication_on_passwordless_start", Flag),
    unused("genai_trial", Flag),
    unused("improved_signup_bot_detection_in_classic", Flag),
    unused("mfa_show_factor_list_on_enrollment", Flag),
    unused("new_universal_login_experience_enabled", Flag),
    unused("no_disclose_enterprise_connections", Flag),
    unused("trust_azure_adfs_email_verified_connection_property", Flag),
    unused("universal_login", Flag),
];
