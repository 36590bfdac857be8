use countersign_storage::ThirdPartySecurityMode;
use countersign_testkit::{api, client, public_client};

use super::*;

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

fn allowed(text: &str) -> Allowed {
    Allowed { scopes: scope(text), by_client_grant: false }
}

fn granted(requested: &str, client: &Client, api: Option<(&ResourceServer, &Allowed)>) -> String {
    scope_for_user(&scope(requested), client, api).to_string()
}

/// RFC 6749 §3.3.
#[test]
fn core_066_unknown_scopes_are_dropped_and_the_order_stays() {
    let (api, all) = (api(), allowed("read:things write:things"));
    let requested = "write:things delete:things openid nonsense read:things Read:things profile";
    let expected = "write:things openid read:things profile";
    assert_eq!(granted(requested, &client(), Some((&api, &all))), expected);
    assert_eq!(granted("nonsense", &client(), Some((&api, &all))), "");
    assert_eq!(granted("", &client(), Some((&api, &all))), "");
}

#[test]
fn only_what_is_allowed_of_the_api_is_granted() {
    let (api, read) = (api(), allowed("read:things"));
    assert_eq!(granted("write:things read:things", &client(), Some((&api, &read))), "read:things");
    assert_eq!(granted("write:things read:things", &client(), None), "", "no API, no scopes of one");
}

#[test]
fn what_an_api_calls_like_openid_is_openids() {
    let (api, odd) = (api(), allowed("profile offline_access"));
    let mut strict = client();
    strict.settings.is_first_party = false;
    strict.settings.grant_types.clear();
    assert_eq!(granted("profile offline_access", &strict, Some((&api, &odd))), "");
}

#[test]
fn core_110_offline_access_is_dropped_where_the_api_forbids_it() {
    let (mut api, all) = (api(), allowed("read:things"));
    let requested = "openid offline_access read:things";
    assert_eq!(granted(requested, &client(), Some((&api, &all))), requested);
    api.settings.allow_offline_access = false;
    assert_eq!(granted(requested, &client(), Some((&api, &all))), "openid read:things");
    assert!(!offline_access_is_allowed(&client(), Some(&api)));
}

#[test]
fn offline_access_needs_the_refresh_grant_of_the_client() {
    let mut without = client();
    without.settings.grant_types = vec![GrantType::AUTHORIZATION_CODE];
    for client in [client(), public_client()] {
        assert_eq!(granted("openid offline_access", &client, None), "openid offline_access");
        assert!(offline_access_is_allowed(&client, Some(&api())));
    }
    assert_eq!(granted("openid offline_access", &without, None), "openid");
    assert!(!offline_access_is_allowed(&without, Some(&api())));
    assert!(!offline_access_is_allowed(&without, None));
}

#[test]
fn a_strict_third_party_gets_no_openid_scopes() {
    let (api, all) = (api(), allowed("read:things"));
    let requested = "openid profile email name read:things offline_access";
    let mut third = client();
    third.settings.is_first_party = false;
    for mode in [None, Some(ThirdPartySecurityMode::Strict)] {
        third.settings.third_party_security_mode = mode;
        assert_eq!(granted(requested, &third, Some((&api, &all))), "read:things offline_access");
    }
    third.settings.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
    assert_eq!(granted(requested, &third, Some((&api, &all))), requested);
}
