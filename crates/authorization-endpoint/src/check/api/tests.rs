use countersign_oauth::Compliance;
use countersign_storage::{Change, ResourceParameterProfile, UserPolicy};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{AUDIENCE, ISSUER, block_on, client, domain, user_client_grant};

use super::*;
use crate::tests::{edit_api, new, parameters, put, store};

const UNKNOWN: &str = "https://unknown.example.com/";

/// A client and a tenant to ask with.
struct Asker {
    storage: MemoryStorage,
    client: Client,
    settings: TenantSettings,
}

impl Asker {
    fn new() -> Self {
        Self { storage: store(), client: client(), settings: TenantSettings::default() }
    }

    fn rfc() -> Self {
        let mut asker = Self::new();
        asker.client.settings.compliance = Some(Compliance::Rfc);
        asker
    }

    /// The API's identifier, or (rule, code).
    fn ask(&self, pairs: &[(&str, &str)]) -> Result<Option<String>, (&'static str, String)> {
        let found =
            block_on(find(&parameters(pairs), &self.client, &self.settings, &domain(), &self.storage));
        match found {
            Ok(api) => Ok(api.map(|api| api.server.identifier.to_string())),
            Err(Error::Refused(error)) => Err((error.rule, error.code.as_str().to_owned())),
            Err(Error::Fault(fault)) => panic!("{fault}"),
        }
    }
}

fn found() -> Result<Option<String>, (&'static str, String)> {
    Ok(Some(AUDIENCE.to_owned()))
}

fn refused(rule: &'static str, code: &str) -> Result<Option<String>, (&'static str, String)> {
    Err((rule, code.to_owned()))
}

#[test]
fn an_api_is_found_by_its_identifier() {
    assert_eq!(Asker::new().ask(&[("audience", AUDIENCE)]), found());
}

#[test]
fn core_058_an_unknown_audience_is_access_denied_and_named() {
    let asker = Asker::new();
    for unknown in [UNKNOWN, "https://api.example.com", "https://API.example.com/", "x"] {
        let expected = refused("authorize.unknown_audience", "access_denied");
        assert_eq!(asker.ask(&[("audience", unknown)]), expected);
    }
    let (sent, domain) = (parameters(&[("audience", UNKNOWN)]), domain());
    let found = block_on(find(&sent, &asker.client, &asker.settings, &domain, &asker.storage));
    let Err(Error::Refused(error)) = found else { panic!("found") };
    assert_eq!(error.describe(), format!("Service not found: {UNKNOWN}"));
}

#[test]
fn core_059_without_an_audience_the_tenants_default_counts() {
    let mut asker = Asker::new();
    assert_eq!(asker.ask(&[]), Ok(None));
    asker.settings.default_audience = Some(AUDIENCE.to_owned());
    assert_eq!(asker.ask(&[]), found());
    assert_eq!(asker.ask(&[("audience", "")]), found());
    let expected = refused("authorize.unknown_audience", "access_denied");
    assert_eq!(asker.ask(&[("audience", UNKNOWN)]), expected);
}

#[test]
fn core_060_userinfo_itself_is_no_api() {
    let mut asker = Asker::new();
    asker.settings.default_audience = Some(AUDIENCE.to_owned());
    assert_eq!(asker.ask(&[("audience", &format!("{ISSUER}userinfo"))]), Ok(None));
}

#[test]
fn core_061_core_062_resource_counts_in_the_compatibility_profile_and_without_audience() {
    let mut asker = Asker::new();
    assert_eq!(asker.ask(&[("resource", AUDIENCE)]), found());
    assert_eq!(asker.ask(&[("audience", AUDIENCE), ("resource", UNKNOWN)]), found());
    assert_eq!(asker.ask(&[("resource", UNKNOWN)]), refused("authorize.unknown_audience", "access_denied"));
    asker.settings.resource_parameter_profile = ResourceParameterProfile::Audience;
    assert_eq!(asker.ask(&[("resource", AUDIENCE)]), Ok(None));
    asker.client.settings.compliance = Some(Compliance::Rfc);
    assert_eq!(asker.ask(&[("resource", AUDIENCE)]), found());
}

/// RFC 8707 §2.
#[test]
fn sp_016_under_rfc_an_unknown_resource_is_an_invalid_target() {
    let asker = Asker::rfc();
    assert_eq!(asker.ask(&[("resource", UNKNOWN)]), refused("authorize.unknown_audience", "invalid_target"));
    assert_eq!(asker.ask(&[("audience", UNKNOWN)]), refused("authorize.unknown_audience", "access_denied"));
}

#[test]
fn sp_009_resource_repeats_under_rfc_alone_and_with_one_value() {
    let twice = [("resource", AUDIENCE), ("resource", AUDIENCE)];
    let different = [("resource", AUDIENCE), ("resource", UNKNOWN)];
    let asker = Asker::new();
    assert_eq!(asker.ask(&twice), refused("parameters.repeated", "invalid_request"));
    assert_eq!(asker.ask(&different), refused("parameters.repeated", "invalid_request"));
    let asker = Asker::rfc();
    assert_eq!(asker.ask(&twice), found());
    assert_eq!(asker.ask(&different), refused("authorize.several_resources", "invalid_target"));
}

#[test]
fn core_063_core_064_an_api_decides_which_clients_may_have_tokens_for_users() {
    let asker = Asker::new();
    let denied = refused("gate.user_access_denied", "access_denied");
    let ask = || asker.ask(&[("audience", AUDIENCE)]);
    let policy = |policy| {
        edit_api(&asker.storage, |api| {
            api.settings.subject_type_authorization.user = policy;
        })
    };
    policy(UserPolicy::DenyAll);
    assert_eq!(ask(), denied);
    policy(UserPolicy::RequireClientGrant);
    assert_eq!(ask(), denied);
    put(&asker.storage, Change::UpsertClientGrant(new(countersign_testkit::client_grant())));
    assert_eq!(ask(), denied, "a grant for the client itself is none for users");
    put(&asker.storage, Change::UpsertClientGrant(new(user_client_grant())));
    assert_eq!(ask(), found());
    policy(UserPolicy::DenyAll);
    assert_eq!(ask(), denied, "nobody means nobody");
}

#[test]
fn core_064_a_third_party_always_needs_a_client_grant() {
    let mut asker = Asker::new();
    asker.client.settings.is_first_party = false;
    let ask = |asker: &Asker| asker.ask(&[("audience", AUDIENCE)]);
    assert_eq!(ask(&asker), refused("gate.user_access_denied", "access_denied"));
    put(&asker.storage, Change::UpsertClientGrant(new(user_client_grant())));
    assert_eq!(ask(&asker), found());
}
