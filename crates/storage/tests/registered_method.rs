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
        (TokenEndpointAuthMethod::Foreign("client_secret_jwt".to_owned()), "client_secret_jwt"),
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
