use countersign_jose::Algorithm;
use countersign_oauth::Seconds;
use countersign_storage::{ClientSettings, RotationType, TokenEndpointAuthMethod, UserPolicy};
use serde_json::json;

use super::*;

fn new_client(given: Value) -> ClientSettings {
    client(given.as_object().unwrap(), None).unwrap().0
}

fn grants(settings: &ClientSettings) -> Vec<&str> {
    settings.grant_types.iter().map(|grant| grant.as_str()).collect()
}

#[test]
fn merging_unites_objects_and_replaces_the_rest() {
    let base = json!({"a": {"x": 1, "y": 2}, "b": [1, 2], "c": 3, "d": 4});
    let given = json!({"a": {"y": null, "z": 3}, "b": [3], "c": null});
    let merged = merge(base.as_object().unwrap().clone(), given.as_object().unwrap());
    assert_eq!(Value::Object(merged), json!({"a": {"x": 1, "z": 3}, "b": [3], "d": 4}));
}

#[test]
fn defaults_follow_the_kind_of_application() {
    let nothing = new_client(json!({"name": "A"}));
    assert_eq!(grants(&nothing), ["authorization_code", "implicit", "refresh_token", "client_credentials"]);
    assert_eq!(nothing.token_endpoint_auth_method, TokenEndpointAuthMethod::ClientSecretPost);
    assert_eq!(nothing.refresh_token, RefreshDefaults::default());
    assert!(nothing.oidc_conformant && nothing.is_first_party);
    assert_eq!(nothing.jwt_configuration.lifetime_in_seconds, Seconds(36_000));

    let spa = new_client(json!({"name": "A", "app_type": "spa"}));
    assert_eq!(grants(&spa), ["authorization_code", "implicit", "refresh_token"]);
    assert_eq!(spa.token_endpoint_auth_method, TokenEndpointAuthMethod::None);
    assert_eq!(spa.refresh_token, RefreshDefaults::rotating());

    let native = new_client(json!({"name": "A", "app_type": "native"}));
    assert!(native.is_public() && grants(&native).contains(&"urn:ietf:params:oauth:grant-type:device_code"));
    assert_eq!(native.refresh_token, RefreshDefaults::default());

    let machine = new_client(json!({"name": "A", "app_type": "non_interactive"}));
    assert_eq!(grants(&machine), ["client_credentials"]);

    let web =
        new_client(json!({"name": "A", "app_type": "regular_web", "token_endpoint_auth_method": "none"}));
    assert_eq!(grants(&web), ["authorization_code", "implicit", "refresh_token"]);
}

type RefreshDefaults = countersign_storage::RefreshTokenSettings;

#[test]
fn strict_third_parties_have_ends_and_short_tokens() {
    let strict = new_client(json!({"name": "A", "is_first_party": false}));
    assert!(!strict.refresh_token.infinite_token_lifetime);
    assert_eq!(strict.refresh_token.rotation_type, RotationType::NonRotating);
    assert_eq!(strict.jwt_configuration.lifetime_in_seconds, Seconds(3_600));
    let permissive = json!({"name": "A", "is_first_party": false, "third_party_security_mode": "permissive"});
    assert!(new_client(permissive).refresh_token.infinite_token_lifetime);
}

#[test]
fn the_infinite_switches_follow_the_expiration_type() {
    let expiring = new_client(json!({"name": "A", "refresh_token": {"expiration_type": "expiring"}}));
    assert!(
        !expiring.refresh_token.infinite_token_lifetime
            && !expiring.refresh_token.infinite_idle_token_lifetime
    );
    let given = json!({"refresh_token": {"expiration_type": "non-expiring"}});
    let (back, _) = client(given.as_object().unwrap(), Some(&expiring)).unwrap();
    assert!(back.refresh_token.infinite_token_lifetime && back.refresh_token.infinite_idle_token_lifetime);
    let given = json!({"refresh_token": {"leeway": 5}});
    let (same, _) = client(given.as_object().unwrap(), Some(&expiring)).unwrap();
    assert_eq!(same.refresh_token, RefreshDefaults { leeway: Seconds(5), ..expiring.refresh_token });
}

#[test]
fn a_client_is_conformant_unless_the_file_says_otherwise() {
    assert!(new_client(json!({"name": "A"})).oidc_conformant);
    assert!(!new_client(json!({"name": "A", "oidc_conformant": false})).oidc_conformant);
}

#[test]
fn an_api_made_by_a_file_asks_for_consent_and_is_named_by_its_identifier() {
    let (api, _) = api(json!({"identifier": "https://api.test"}).as_object().unwrap(), None).unwrap();
    assert!(!api.skip_consent_for_verifiable_first_party_clients);
    assert_eq!(api.name, "https://api.test");
    assert_eq!((api.token_lifetime, api.token_lifetime_for_web), (Seconds(86_400), Seconds(7_200)));
    assert_eq!(api.signing_alg, Algorithm::RS256);
}

#[test]
fn a_short_token_lifetime_shortens_that_for_the_web() {
    let (api, _) = api(json!({"token_lifetime": 60}).as_object().unwrap(), None).unwrap();
    assert_eq!(api.token_lifetime_for_web, Seconds(60));
}

#[test]
fn a_policy_of_one_subject_leaves_the_other_at_its_default() {
    let given = json!({"subject_type_authorization": {"client": {"policy": "deny_all"}, "user": {}}});
    let (api, _) = api(given.as_object().unwrap(), None).unwrap();
    assert_eq!(api.subject_type_authorization.user, UserPolicy::AllowAll);
}

#[test]
fn a_record_round_trips_through_its_keys() {
    let settings = new_client(
        json!({"name": "A", "app_type": "spa", "logo_uri": "https://a.test/", "client_metadata": {"a": "b"}}),
    );
    let (again, warnings) = client(&Map::new(), Some(&settings)).unwrap();
    assert_eq!(again, settings);
    assert!(warnings.is_empty());
}
