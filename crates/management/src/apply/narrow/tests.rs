use countersign_jose::{Algorithm, Jwk, PublicKey};
use countersign_oauth::GrantType;
use countersign_storage::{
    ApiScope, ClientAuthenticationMethods, ClientCredential, PrivateKeyJwtSettings, RedirectionPolicy,
};

use super::*;

/// Keys by these names.
fn keys(names: &[&str]) -> ClientAuthenticationMethods {
    let key = PublicKey::Ed25519 { x: [1; 32] };
    let credential = |name: &&str| ClientCredential {
        name: None,
        kid: (*name).to_owned(),
        alg: Algorithm::EdDSA,
        jwk: Jwk::new(name, Algorithm::EdDSA, &key),
        expires_at: None,
        other: serde_json::Map::new(),
    };
    let credentials = names.iter().map(credential).collect();
    ClientAuthenticationMethods {
        private_key_jwt: Some(PrivateKeyJwtSettings { credentials }),
        other: serde_json::Map::new(),
    }
}

#[test]
fn what_takes_away_from_a_client_is_narrower_and_what_adds_is_not() {
    let wide = ClientSettings {
        grant_types: vec![GrantType::AUTHORIZATION_CODE, GrantType::REFRESH_TOKEN],
        callbacks: vec!["https://a.test/".to_owned()],
        web_origins: vec!["https://a.test".to_owned()],
        client_authentication_methods: Some(keys(&["old", "new"])),
        ..ClientSettings::default()
    };
    let narrowings: [fn(&mut ClientSettings); 8] = [
        |client| drop(client.grant_types.pop()),
        |client| client.client_authentication_methods = Some(keys(&["new"])),
        |client| client.client_authentication_methods = None,
        |client| client.callbacks.clear(),
        |client| client.web_origins.clear(),
        |client| client.is_first_party = false,
        |client| client.require_proof_of_possession = true,
        |client| client.token_endpoint_auth_method = countersign_storage::TokenEndpointAuthMethod::None,
    ];
    for (index, narrow) in narrowings.iter().enumerate() {
        let mut after = wide.clone();
        narrow(&mut after);
        assert!(client(&wide, &after), "{index}");
    }
    let mut after = wide.clone();
    after.callbacks.push("https://b.test/".to_owned());
    after.name = "Other".to_owned();
    after.redirection_policy = Some(RedirectionPolicy::AllowAlways);
    after.client_authentication_methods = Some(keys(&["old", "new", "next"]));
    assert!(!client(&wide, &after));
}

#[test]
fn what_takes_away_from_an_api_is_narrower_and_what_adds_is_not() {
    let wide = ResourceServerSettings {
        scopes: vec![ApiScope { value: "read".to_owned(), description: None }],
        allow_offline_access: true,
        skip_consent_for_verifiable_first_party_clients: true,
        ..ResourceServerSettings::default()
    };
    let proof = ProofOfPossession {
        mechanism: PopMechanism::Dpop,
        required: true,
        required_for: RequiredFor::AllClients,
    };
    let mut bound = wide.clone();
    bound.proof_of_possession = Some(proof.clone());
    assert!(api(&wide, &bound));
    let narrowings: [fn(&mut ResourceServerSettings); 6] = [
        |api| api.scopes.clear(),
        |api| api.allow_offline_access = false,
        |api| api.skip_consent_for_verifiable_first_party_clients = false,
        |api| api.subject_type_authorization.user = UserPolicy::RequireClientGrant,
        |api| api.subject_type_authorization.client = ClientPolicy::DenyAll,
        |api| api.signing_alg = countersign_jose::Algorithm::ES256,
    ];
    for (index, narrow) in narrowings.iter().enumerate() {
        let mut after = wide.clone();
        narrow(&mut after);
        assert!(api(&wide, &after), "{index}");
    }
    let mut after = wide.clone();
    after.scopes.push(ApiScope { value: "write".to_owned(), description: None });
    after.proof_of_possession = Some(ProofOfPossession { required: false, ..proof });
    assert!(!api(&wide, &after));
}
