//! `token_endpoint_auth_method` (RFC 7591 §2), as it is stored and shown.
#![cfg(test)]

use countersign_storage::{ClientSettings, TokenEndpointAuthMethod};
use serde_json::json;

#[test]
fn a_registered_method_is_kept_by_its_name() {
    for (method, name) in [
        (TokenEndpointAuthMethod::None, "none"),
        (TokenEndpointAuthMethod::ClientSecretPost, "client_secret_post"),
        (TokenEndpointAuthMethod::ClientSecretBasic, "client_secret_basic"),
        (TokenEndpointAuthMethod::PrivateKeyJwt, "private_key_jwt"),
        (TokenEndpointAuthMethod::ClientSecretJwt, "client_secret_jwt"),
        (TokenEndpointAuthMethod::Foreign("badge".to_owned()), "badge"),
    ] {
        let settings =
            ClientSettings { token_endpoint_auth_method: method.clone(), ..ClientSettings::default() };
        let stored = serde_json::to_value(&settings).unwrap();
        assert_eq!(stored["token_endpoint_auth_method"], name);
        let read: ClientSettings = serde_json::from_value(stored).unwrap();
        assert_eq!(read.token_endpoint_auth_method, method);
        assert_eq!(read.is_public(), method == TokenEndpointAuthMethod::None);
    }
    assert!(serde_json::from_value::<TokenEndpointAuthMethod>(json!(1)).is_err());
}

#[test]
fn keys_that_were_kept_before_they_had_a_use_are_passed_over() {
    let raw = json!({ "client_authentication_methods": { "private_key_jwt": { "credentials": [
        { "id": "cred_1" },
        { "credential_type": "public_key", "pem": "-----BEGIN PUBLIC KEY-----", "alg": "RS256" },
    ] } } });
    let settings: ClientSettings = serde_json::from_value(raw).unwrap();
    assert!(settings.credentials().is_empty());
}
