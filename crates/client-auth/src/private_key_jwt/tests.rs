use countersign_oauth::Seconds;
use countersign_testkit::NOW;
use serde_json::json;

use super::*;
use crate::Method;
use crate::assertion::tests::{Pair, World, claims, with};

const OK: Result<Method, &str> = Ok(Method::PrivateKeyJwt);
const KEY: Result<Method, &str> = Err("client_auth.assertion_key");
const ALGORITHM: Result<Method, &str> = Err("client_auth.assertion_algorithm");
const SIGNATURE: Result<Method, &str> = Err("client_auth.assertion_signature");

/// RFC 8725 §3.1: the registration names the algorithm.
#[test]
fn core_217_sp_060_the_keys_own_algorithm_and_no_other() {
    use Algorithm::{PS256, RS256, RS384, RS512};
    for registered in [RS256, RS384, PS256] {
        for signed in [RS256, RS384, RS512, PS256] {
            let world = World::of_keys(&[Pair::rsa(registered)]);
            let expected = if registered == signed { OK } else { ALGORITHM };
            let got = world.present(&Pair::rsa(signed).assertion(&claims()));
            assert_eq!(got, expected, "{registered} {signed}");
        }
    }
}

/// RFC 8725 §3.1: HMAC over what everybody knows, and no signature at all.
#[test]
fn sp_059_sp_060_no_name_of_an_algorithm_makes_a_public_key_a_secret() {
    let pair = Pair::rsa(Algorithm::RS256);
    let world = World::of_keys(std::slice::from_ref(&pair));
    for alg in ["none", "None", "NONE", "nOnE", "HS256", "rs256", "RS256 ", "", "RS1", "EdDSA", "ES256"] {
        let forged = pair.sign(&json!({ "alg": alg }), &claims().to_string());
        assert_eq!(world.present(&forged), ALGORITHM, "{alg}");
    }
}

/// Core contract §0.5, §1.5.
#[test]
fn es256_is_for_the_rfc_profile() {
    let mut world = World::of_keys(&[Pair::p256()]);
    assert_eq!(world.present(&Pair::p256().assertion(&claims())), ALGORITHM);
    world.compliance = Compliance::Rfc;
    assert_eq!(world.present(&Pair::p256().assertion(&claims())), OK);
    assert_eq!(world.present(&Pair::rsa(Algorithm::ES256).assertion(&with("jti", "2"))), SIGNATURE);
}

#[test]
fn two_keys_are_good_while_one_follows_the_other() {
    let (old, new) = (Pair::rsa(Algorithm::RS256), Pair::other_rsa(Algorithm::RS256));
    let mut world = World::of_keys(&[old.clone(), new.clone()]);
    assert_eq!(world.present(&old.assertion(&with("jti", "1"))), OK);
    assert_eq!(world.present(&new.assertion(&with("jti", "2"))), OK);
    // One of each algorithm too.
    world = World::of_keys(&[Pair::rsa(Algorithm::PS256), new.clone()]);
    assert_eq!(world.present(&Pair::rsa(Algorithm::PS256).assertion(&with("jti", "1"))), OK);
    assert_eq!(world.present(&new.assertion(&with("jti", "2"))), OK);
    assert_eq!(world.present(&old.assertion(&with("jti", "3"))), SIGNATURE);
}

/// RFC 7515 §4.1.4: `kid` selects among the client's own keys, and never finds another.
#[test]
fn sp_061_sp_062_kid_selects_the_key_and_no_header_brings_one() {
    let (one, two) = (Pair::rsa(Algorithm::RS256), Pair::other_rsa(Algorithm::RS256));
    let signed = |world: &World, header: serde_json::Value, jti: &str| {
        world.present(&one.sign(&header, &with("jti", jti).to_string()))
    };
    let world = World::of_keys(&[one.clone(), two.clone()]);
    assert_eq!(signed(&world, json!({ "alg": "RS256", "kid": one.kid() }), "1"), OK);
    assert_eq!(signed(&world, json!({ "alg": "RS256", "kid": two.kid() }), "2"), SIGNATURE);
    for kid in ["", "../../key", "' OR 1=1 --", "https://evil.example/jwks", &one.kid().to_uppercase()] {
        assert_eq!(signed(&world, json!({ "alg": "RS256", "kid": kid }), "3"), KEY, "{kid}");
    }
    let malformed = Err("client_auth.assertion_malformed");
    assert_eq!(signed(&world, json!({ "alg": "RS256", "kid": [one.kid()] }), "4"), malformed);
    // A key in the header is not looked at.
    let world = World::of_keys(std::slice::from_ref(&two));
    let jwk = serde_json::to_value(one.credential().jwk).unwrap();
    assert_eq!(signed(&world, json!({ "alg": "RS256", "jwk": jwk, "x5c": ["AA=="] }), "5"), SIGNATURE);
}

#[test]
fn a_key_that_has_ended_is_unknown() {
    let pair = Pair::rsa(Algorithm::RS256);
    let mut world = World::of_keys(std::slice::from_ref(&pair));
    world.credential(0).expires_at = Some(NOW);
    assert_eq!(world.present(&pair.assertion(&claims())), KEY);
    world.credential(0).expires_at = Some(NOW.plus(Seconds(1)));
    assert_eq!(world.present(&pair.assertion(&claims())), OK);
    let world = World::of_keys(&[]);
    assert_eq!(world.present(&pair.assertion(&claims())), KEY);
}

/// RFC 7523 §3, 9.
#[test]
fn sp_055_another_clients_key_signs_nothing_here() {
    let world = World::of_keys(&[Pair::rsa(Algorithm::RS256)]);
    assert_eq!(world.present(&Pair::other_rsa(Algorithm::RS256).assertion(&claims())), SIGNATURE);
    let right = Pair::rsa(Algorithm::RS256).assertion(&claims());
    let (input, signature) = right.rsplit_once('.').unwrap();
    assert_eq!(world.present(&format!("{input}.{}", &signature[..4])), SIGNATURE);
    let (header, _) = input.split_once('.').unwrap();
    let other = countersign_jose::encode_base64url(with("jti", "other").to_string());
    assert_eq!(world.present(&format!("{header}.{other}.{signature}")), SIGNATURE);
}
