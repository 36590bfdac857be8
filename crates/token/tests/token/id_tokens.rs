//! ID tokens (OpenID Connect Core §2), claim by claim.

use countersign_jose::{Algorithm, Compact, KeyRing};
use countersign_oauth::{Sealer, Seconds, SessionId, UserId};
use countersign_storage::{Client, ResourceServerSettings};
use countersign_testkit::{
    CLIENT_SECRET, NOW, TEST_EC_KID, TEST_RSA_KID, TestKeyRing, TestSealer, USER_ID, client, public_client,
};
use countersign_token::{CustomClaims, IdTokenPlan, TokenPlan, USERINFO_TOKEN_LIFETIME};
use serde_json::{Map, Value, json};

use crate::world::{decode, for_user, mint, of, try_mint};

const IAT: i64 = 1_767_323_045;

fn bare() -> IdTokenPlan {
    IdTokenPlan {
        user_id: UserId::new(USER_ID),
        claims: Map::new(),
        session_id: None,
        nonce: None,
        auth_time: None,
        custom_claims: CustomClaims::default(),
    }
}

fn plan(id_token: IdTokenPlan) -> TokenPlan {
    TokenPlan { id_token: Some(id_token), ..for_user(None, "openid") }
}

fn id_token(plan: &TokenPlan) -> String {
    mint(plan).response.id_token.unwrap()
}

fn claims(id_token_plan: IdTokenPlan) -> Value {
    decode(&id_token(&plan(id_token_plan))).1
}

fn with_algorithm(algorithm: Algorithm, mut client: Client) -> TokenPlan {
    client.settings.jwt_configuration.alg = algorithm;
    of(plan(bare()), client)
}

#[test]
fn core_206_the_audience_is_the_client_id_as_a_string_and_the_rest_is_what_is_always_there() {
    let expected = json!({
        "iss": "https://login.example.com/", "sub": USER_ID, "aud": "test-client",
        "iat": IAT, "exp": IAT + 36_000,
    });
    assert_eq!(claims(bare()), expected);
}

#[test]
fn what_was_asked_for_and_what_the_scopes_open_is_added() {
    let full = IdTokenPlan {
        claims: Map::from_iter([("name".to_owned(), json!("Jane")), ("email".to_owned(), json!("j@e"))]),
        session_id: Some(SessionId::new("sid-1")),
        nonce: Some("n-\"0\" ä".to_owned()),
        auth_time: Some(NOW.minus(Seconds(60))),
        ..bare()
    };
    let expected = json!({
        "iss": "https://login.example.com/", "sub": USER_ID, "aud": "test-client",
        "iat": IAT, "exp": IAT + 36_000,
        "sid": "sid-1", "nonce": "n-\"0\" ä", "auth_time": IAT - 60, "name": "Jane", "email": "j@e",
    });
    assert_eq!(claims(full), expected);
}

#[test]
fn sp_067_protocol_claims_win_over_profile_claims() {
    let names = ["iss", "sub", "aud", "iat", "exp", "sid", "nonce", "auth_time"];
    let forged = IdTokenPlan {
        claims: names.map(|name| (name.to_owned(), json!("forged"))).into_iter().collect(),
        session_id: Some(SessionId::new("sid-1")),
        nonce: Some("n-0".to_owned()),
        auth_time: Some(NOW),
        ..bare()
    };
    let claims = claims(forged);
    for name in names {
        assert_ne!(claims[name], json!("forged"), "{name}");
    }
}

#[test]
fn core_205_the_default_lifetimes_are_these() {
    let (_, claims) = decode(&id_token(&plan(bare())));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 36_000);
    assert_eq!(ResourceServerSettings::default().token_lifetime, Seconds(86_400));
    assert_eq!(USERINFO_TOKEN_LIFETIME, Seconds(86_400));
}

#[test]
fn the_client_sets_the_lifetime() {
    let mut short = client();
    short.settings.jwt_configuration.lifetime_in_seconds = Seconds(300);
    let plan = of(plan(bare()), short);
    assert_eq!(decode(&id_token(&plan)).1["exp"], json!(IAT + 300));
}

#[test]
fn the_client_chooses_the_algorithm() {
    for (algorithm, kid) in
        [(Algorithm::RS256, TEST_RSA_KID), (Algorithm::PS256, TEST_RSA_KID), (Algorithm::ES256, TEST_EC_KID)]
    {
        let token = id_token(&with_algorithm(algorithm, client()));
        assert_eq!(decode(&token).0, json!({ "alg": algorithm.as_str(), "typ": "JWT", "kid": kid }));
    }
}

#[test]
fn hs256_is_keyed_with_the_clients_secret() {
    let token = id_token(&with_algorithm(Algorithm::HS256, client()));
    assert_eq!(decode(&token).0, json!({ "alg": "HS256", "typ": "JWT" }));
    let compact = Compact::parse(&token).unwrap();
    let sign = |secret: &str| {
        let signer = TestKeyRing::new().symmetric_signer(secret.as_bytes());
        signer.sign(compact.signing_input.as_bytes()).unwrap()
    };
    assert_eq!(compact.signature, sign(CLIENT_SECRET));
    assert_ne!(compact.signature, sign("another secret"));
}

#[test]
fn a_public_client_gets_rs256_where_hs256_is_configured() {
    let mut had_a_secret = public_client();
    had_a_secret.secret = client().secret;
    for client in [public_client(), had_a_secret] {
        let (header, _) = decode(&id_token(&with_algorithm(Algorithm::HS256, client)));
        assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT", "kid": TEST_RSA_KID }));
    }
}

#[test]
fn hs256_without_a_secret_that_opens_is_a_fault() {
    let mut without = client();
    without.secret = None;
    let mut foreign = client();
    foreign.secret = Some(TestSealer::new("another key").seal("client_secret", b"secret"));
    let mut purpose = client();
    purpose.secret = Some(TestSealer::default().seal("signing_secret", b"secret"));
    for client in [without, foreign, purpose] {
        let fault = try_mint(&with_algorithm(Algorithm::HS256, client)).unwrap_err();
        assert!(fault.context.contains("HS256 secret of test-client"), "{fault}");
    }
}

#[test]
fn there_is_one_only_where_it_is_planned() {
    assert_eq!(mint(&for_user(None, "openid")).response.id_token, None);
}
