//! The published keys (RFC 7517 §5).

use countersign_jose::{Algorithm, JwkSet};
use countersign_openid::{published_algorithms, published_keys};
use countersign_testkit::{TEST_EC_KID, TEST_RSA_KID, TestKeyRing, block_on};

use crate::house::House;

fn keys(house: &House) -> JwkSet {
    block_on(published_keys(&TestKeyRing::new(), &*house.storage, &*house.storage)).unwrap()
}

fn kids(house: &House) -> Vec<String> {
    keys(house).keys.into_iter().map(|key| key.kid).collect()
}

#[test]
fn an_rsa_key_is_published_and_an_ec_key_once_an_api_or_a_client_uses_it() {
    let house = House::new();
    assert_eq!(kids(&house), [TEST_RSA_KID]);
    house.edit_api(|api| api.settings.signing_alg = Algorithm::ES256);
    assert_eq!(kids(&house), [TEST_RSA_KID, TEST_EC_KID]);
    house.edit_api(|api| api.settings.signing_alg = Algorithm::HS256);
    assert_eq!(kids(&house), [TEST_RSA_KID]);
    house.edit_client(|client| client.settings.jwt_configuration.alg = Algorithm::ES256);
    assert_eq!(kids(&house), [TEST_RSA_KID, TEST_EC_KID]);
    let algorithms = block_on(published_algorithms(&*house.storage)).unwrap();
    assert_eq!(algorithms, [Algorithm::RS256, Algorithm::ES256]);
}

#[test]
fn sp_070_a_published_key_is_public_and_for_signatures() {
    let house = House::new();
    house.edit_api(|api| api.settings.signing_alg = Algorithm::ES256);
    for key in keys(&house).keys {
        assert_eq!(key.usage, "sig");
        let json = serde_json::to_value(&key).unwrap();
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert_eq!(json.get(private), None);
        }
    }
}

#[test]
fn core_248_alg_disappears_with_the_tenants_setting() {
    let house = House::new();
    assert_eq!(keys(&house).keys[0].alg, Some(Algorithm::RS256));
    house.edit_settings(|settings| settings.flags.remove_alg_from_jwks = true);
    let json = serde_json::to_value(keys(&house)).unwrap();
    assert_eq!(json["keys"][0].get("alg"), None);
    assert_eq!(json["keys"][0]["kid"], TEST_RSA_KID);
}

#[test]
fn a_read_that_fails_is_a_fault_and_no_empty_set() {
    let house = House::new();
    house.storage.break_reads(true);
    assert!(block_on(published_keys(&TestKeyRing::new(), &*house.storage, &*house.storage)).is_err());
}
