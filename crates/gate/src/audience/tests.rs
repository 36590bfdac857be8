use countersign_testkit::{AUDIENCE, domain, settings};

use super::*;

const USERINFO: &str = "https://login.example.com/userinfo";

fn tenant(profile: ResourceParameterProfile, default_audience: Option<&str>) -> TenantSettings {
    TenantSettings {
        resource_parameter_profile: profile,
        default_audience: default_audience.map(str::to_owned),
        ..settings()
    }
}

fn resolve(
    audience: Option<&str>,
    resource: Option<&str>,
    settings: &TenantSettings,
    compliance: Compliance,
) -> Option<String> {
    let request = AudienceRequest { audience, resource };
    effective_audience(request, settings, &domain(), compliance).map(|audience| audience.to_string())
}

/// RFC 8707 §2.
#[test]
fn core_061_resource_counts_only_under_the_compatibility_profile_and_without_audience() {
    let settings = tenant(ResourceParameterProfile::Compatibility, None);
    for compliance in [Compliance::Auth0, Compliance::Rfc] {
        let resolve = |audience, resource| resolve(audience, resource, &settings, compliance);
        assert_eq!(resolve(None, Some("r")).as_deref(), Some("r"));
        assert_eq!(resolve(Some("a"), Some("r")).as_deref(), Some("a"));
        assert_eq!(resolve(Some("a"), None).as_deref(), Some("a"));
        assert_eq!(resolve(None, None), None);
    }
}

/// RFC 8707 §2: under `rfc` the parameter always counts.
#[test]
fn core_062_with_the_profile_off_resource_selects_no_api() {
    let settings = tenant(ResourceParameterProfile::Audience, Some("default"));
    assert_eq!(resolve(None, Some("r"), &settings, Compliance::Auth0).as_deref(), Some("default"));
    assert_eq!(resolve(Some("a"), Some("r"), &settings, Compliance::Auth0).as_deref(), Some("a"));
    assert_eq!(resolve(None, Some("r"), &settings, Compliance::Rfc).as_deref(), Some("r"));
}

#[test]
fn core_059_without_an_audience_the_tenants_default_counts() {
    let settings = tenant(ResourceParameterProfile::Compatibility, Some("default"));
    assert_eq!(resolve(None, None, &settings, Compliance::Auth0).as_deref(), Some("default"));
    assert_eq!(resolve(Some("a"), None, &settings, Compliance::Auth0).as_deref(), Some("a"));
    assert_eq!(resolve(None, Some("r"), &settings, Compliance::Auth0).as_deref(), Some("r"));
}

#[test]
fn our_own_userinfo_is_no_api_wherever_it_is_named() {
    let compatible = tenant(ResourceParameterProfile::Compatibility, Some("default"));
    assert_eq!(resolve(Some(USERINFO), None, &compatible, Compliance::Auth0), None);
    assert_eq!(resolve(None, Some(USERINFO), &compatible, Compliance::Auth0), None);
    let by_default = tenant(ResourceParameterProfile::Compatibility, Some(USERINFO));
    assert_eq!(resolve(None, None, &by_default, Compliance::Auth0), None);
}

#[test]
fn an_audience_is_compared_byte_by_byte() {
    let settings = tenant(ResourceParameterProfile::Compatibility, None);
    for other in
        [AUDIENCE, "https://login.example.com/userinfo/", "https://LOGIN.example.com/userinfo", "userinfo"]
    {
        assert_eq!(resolve(Some(other), None, &settings, Compliance::Auth0).as_deref(), Some(other));
    }
}
