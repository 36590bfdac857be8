use countersign_jose::encode_base64url;
use countersign_oauth::Sealer;
use countersign_storage::TokenEndpointAuthMethod;
use countersign_testkit::{CLIENT_SECRET, TestSealer};
use serde_json::{Value, json};

use super::*;
use crate::Method;
use crate::assertion::tests::{Pair, World, claims, with};

const OK: Result<Method, &str> = Ok(Method::ClientSecretJwt);

fn world() -> World {
    World::of(TokenEndpointAuthMethod::ClientSecretJwt, &[])
}

/// An assertion under a secret (RFC 7518 §3.2).
fn assertion(secret: &str, alg: &str, claims: &Value) -> String {
    let part = |value: &Value| encode_base64url(value.to_string());
    let input = format!("{}.{}", part(&json!({ "alg": alg, "typ": "JWT" })), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(input.as_bytes());
    format!("{input}.{}", encode_base64url(mac.finalize().into_bytes()))
}

#[test]
fn the_clients_secret_signs_and_no_other() {
    let world = world();
    assert_eq!(world.present(&assertion(CLIENT_SECRET, "HS256", &claims())), OK);
    let longer = format!("{CLIENT_SECRET}x");
    for secret in ["", "x", &CLIENT_SECRET[1..], &longer] {
        let forged = assertion(secret, "HS256", &with("jti", "2"));
        assert_eq!(world.present(&forged), Err("client_auth.assertion_signature"), "{secret}");
    }
    let right = assertion(CLIENT_SECRET, "HS256", &with("jti", "3"));
    assert_eq!(world.present(&right[..right.len() - 3]), Err("client_auth.assertion_signature"));
}

/// RFC 8725 §3.1.
#[test]
fn sp_059_sp_060_hs256_is_the_only_algorithm() {
    let world = world();
    for alg in ["none", "NONE", "HS384", "HS512", "hs256", "RS256", "ES256", ""] {
        let got = world.present(&assertion(CLIENT_SECRET, alg, &claims()));
        assert_eq!(got, Err("client_auth.assertion_algorithm"), "{alg}");
    }
}

/// RFC 7523 §3: the rules of any assertion hold for this one.
#[test]
fn core_215_sp_052_sp_053_it_is_for_us_alone_and_counts_once() {
    let world = world();
    let elsewhere = assertion(CLIENT_SECRET, "HS256", &with("aud", "https://other.example.com/"));
    assert_eq!(world.present(&elsewhere), Err("client_auth.assertion_audience"));
    let right = assertion(CLIENT_SECRET, "HS256", &claims());
    assert_eq!(world.present(&right), OK);
    assert_eq!(world.present(&right), Err("client_auth.assertion_replayed"));
}

#[test]
fn sp_048_a_client_of_either_method_is_refused_with_the_other() {
    let pair = Pair::rsa(Algorithm::RS256);
    let world = World::of(TokenEndpointAuthMethod::ClientSecretJwt, std::slice::from_ref(&pair));
    assert_eq!(world.present(&pair.assertion(&claims())), Err("client_auth.assertion_algorithm"));
    let world = World::of(TokenEndpointAuthMethod::PrivateKeyJwt, &[pair]);
    let under_secret = assertion(CLIENT_SECRET, "HS256", &claims());
    assert_eq!(world.present(&under_secret), Err("client_auth.assertion_algorithm"));
}

#[test]
fn a_client_without_a_secret_is_refused_and_a_secret_that_does_not_open_is_a_fault() {
    let mut world = world();
    let right = assertion(CLIENT_SECRET, "HS256", &claims());
    world.client.secret = None;
    assert_eq!(world.present(&right), Err("client_auth.assertion_key"));
    world.client.secret = Some(TestSealer::default().seal("another purpose", CLIENT_SECRET.as_bytes()));
    assert_eq!(world.present(&right), Err("fault"));
}
