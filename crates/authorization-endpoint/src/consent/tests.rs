use countersign_storage::{Change, ThirdPartySecurityMode};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{AUDIENCE, consent as record, user_client_grant};

use super::*;
use crate::tests::{edit_api, edit_client, edit_settings, new, put, store, valid};

fn standing(scope: &str) -> Consent {
    Consent { scope: Scope::parse(scope).unwrap(), ..record() }
}

fn missing(storage: &MemoryStorage, scope: &str, with_api: bool, given: Option<&str>) -> bool {
    let mut more = vec![("scope", scope)];
    if with_api {
        more.push(("audience", AUDIENCE));
    }
    is_missing(&valid(storage, &more), given.map(standing).as_ref())
}

/// A third party that is not held strictly, so that it may have OpenID scopes.
fn third_party() -> MemoryStorage {
    let storage = store();
    edit_client(&storage, |client| {
        client.settings.is_first_party = false;
        client.settings.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
    });
    put(&storage, Change::UpsertClientGrant(new(user_client_grant())));
    storage
}

#[test]
fn core_078_a_first_party_is_asked_for_the_apis_scopes_alone() {
    let storage = store();
    assert!(!missing(&storage, "openid profile email offline_access", false, None));
    assert!(!missing(&storage, "openid offline_access", true, None));
    assert!(missing(&storage, "read:things", true, None));
    assert!(missing(&storage, "read:things", true, Some("openid")));
    assert!(!missing(&storage, "read:things", true, Some("read:things")));
    assert!(!missing(&storage, "openid read:things", true, Some("read:things")));
    assert!(missing(&storage, "read:things write:things", true, Some("read:things")), "changed scopes");
    edit_api(&storage, |api| api.settings.skip_consent_for_verifiable_first_party_clients = true);
    assert!(!missing(&storage, "read:things write:things", true, None));
}

#[test]
fn core_077_a_third_party_is_asked_for_everything_even_where_first_parties_skip() {
    let storage = third_party();
    edit_api(&storage, |api| api.settings.skip_consent_for_verifiable_first_party_clients = true);
    assert!(missing(&storage, "openid", false, None));
    assert!(missing(&storage, "openid read:things", true, Some("read:things")));
    assert!(!missing(&storage, "openid read:things", true, Some("openid read:things email")));
    assert!(missing(&storage, "", false, None), "even without a scope it is asked once");
    assert!(!missing(&storage, "", false, Some("")));
}

#[test]
fn a_consent_for_openid_scopes_alone_has_no_api() {
    let storage = store();
    assert_eq!(audience(&valid(&storage, &[("scope", "openid")])).as_str(), "");
    assert_eq!(audience(&valid(&storage, &[("audience", AUDIENCE)])).as_str(), AUDIENCE);
}

fn asks_to_confirm(storage: &MemoryStorage) -> bool {
    needs_confirmation(&valid(storage, &[("redirect_uri", "com.example.app://cb")]))
}

fn with_custom_scheme(storage: MemoryStorage) -> MemoryStorage {
    edit_client(&storage, |client| client.settings.callbacks.push("com.example.app://cb".to_owned()));
    storage
}

#[test]
fn core_044_core_079_the_clients_switch_overrides_the_tenants() {
    let storage = with_custom_scheme(store());
    assert!(asks_to_confirm(&storage));
    assert!(!needs_confirmation(&valid(&storage, &[])), "an https callback is verifiable");
    let client = |skip| {
        edit_client(&storage, |client| {
            client.settings.skip_non_verifiable_callback_uri_confirmation_prompt = skip;
        });
    };
    client(Some(true));
    assert!(!asks_to_confirm(&storage));
    client(None);
    edit_settings(&storage, |settings| {
        settings.skip_non_verifiable_callback_uri_confirmation_prompt = true;
    });
    assert!(!asks_to_confirm(&storage));
    client(Some(false));
    assert!(asks_to_confirm(&storage));
}

/// RFC 8252 §8.6.
#[test]
fn sp_022_where_no_page_confirms_a_third_party_its_consent_did() {
    let storage = with_custom_scheme(third_party());
    assert!(asks_to_confirm(&storage));
    edit_client(&storage, |client| {
        client.settings.skip_non_verifiable_callback_uri_confirmation_prompt = Some(true);
    });
    let request = valid(&storage, &[("redirect_uri", "com.example.app://cb"), ("scope", "openid")]);
    assert!(!needs_confirmation(&request));
    assert!(is_missing(&request, None), "so the consent that it rests on is always asked for");
}
