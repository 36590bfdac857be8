//! ID tokens that come back as hints (OpenID Connect RP-Initiated Logout §4, RFC 8725 §3, RFC 8725 §3.12); logout tokens
//! (OpenID Connect Back-Channel Logout §2.4) are none.

use std::sync::Arc;

use countersign_jose::{Algorithm, JoseError, KeyRing, sign_compact};
use countersign_oauth::{Domain, Issuer, Seconds, SessionId, UserId};
use countersign_storage::{Client, TokenDialect};
use countersign_testkit::{
    CLIENT_ID, CLIENT_SECRET, NOW, TestKeyRing, TestSealer, USER_ID, client, domain, public_client,
};
use countersign_token::{CustomClaims, IdTokenHint, IdTokenPlan, IdTokenReader};
use serde_json::{Map, Value, json};

use crate::world::{access_token, api_of, for_user, mint, of};

const ALL: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::HS256];

fn with(algorithm: Algorithm) -> Client {
    let mut client = client();
    client.settings.jwt_configuration.alg = algorithm;
    client
}

fn reader() -> IdTokenReader {
    IdTokenReader::new(Arc::new(TestKeyRing::new()), Arc::new(TestSealer::default()), "client_secret")
}

fn issued_to(client: Client) -> String {
    let id_token = IdTokenPlan {
        user_id: UserId::new(USER_ID),
        claims: Map::new(),
        session_id: Some(SessionId::new("sid-1")),
        nonce: None,
        auth_time: None,
        custom_claims: CustomClaims::default(),
    };
    let mut plan = of(for_user(None, "openid"), client);
    plan.id_token = Some(id_token);
    mint(&plan).response.id_token.unwrap()
}

fn read(token: &str, client: &Client) -> Result<IdTokenHint, JoseError> {
    reader().read(token, client, &domain())
}

fn claims() -> Value {
    json!({ "iss": domain().issuer.as_str(), "aud": CLIENT_ID, "sub": USER_ID, "sid": "sid-1",
            "iat": NOW.seconds(), "exp": NOW.plus(Seconds(60)).seconds() })
}

#[test]
fn a_token_of_every_algorithm_is_read_by_its_client() {
    for algorithm in ALL {
        let hint = read(&issued_to(with(algorithm)), &with(algorithm)).unwrap();
        assert_eq!(hint, IdTokenHint { sub: USER_ID.to_owned(), session_id: Some("sid-1".into()) });
    }
    // A public client got RS256 whatever its setting.
    let mut public = public_client();
    public.settings.jwt_configuration.alg = Algorithm::HS256;
    assert!(read(&issued_to(public.clone()), &public).is_ok());
}

#[test]
fn an_expired_token_and_one_of_an_algorithm_before_are_read_too() {
    let mut old = claims();
    old["exp"] = json!(1);
    let signer = TestKeyRing::new().signer(Algorithm::RS256).unwrap();
    assert!(read(&sign_compact(&*signer, "JWT", &old).unwrap(), &client()).is_ok());
    for now in [Algorithm::ES256, Algorithm::HS256] {
        assert!(read(&issued_to(with(Algorithm::RS256)), &with(now)).is_ok());
    }
}

#[test]
fn sp_060_the_clients_setting_decides_whether_its_secret_counts() {
    let token = issued_to(with(Algorithm::HS256));
    for other in [Algorithm::RS256, Algorithm::ES256, Algorithm::PS256] {
        assert_eq!(read(&token, &with(other)), Err(JoseError::Algorithm), "{other}");
    }
    let mut public = with(Algorithm::HS256);
    public.settings.token_endpoint_auth_method = countersign_storage::TokenEndpointAuthMethod::None;
    assert_eq!(read(&token, &public), Err(JoseError::Algorithm));
    let mut without = with(Algorithm::HS256);
    without.secret = None;
    assert_eq!(read(&token, &without), Err(JoseError::Algorithm));
    // Our public keys are nobody's secret.
    let public_key = countersign_testkit::vectors::RFC7638_JWK.as_bytes();
    let forged = sign_compact(&*TestKeyRing::new().symmetric_signer(public_key), "JWT", &claims()).unwrap();
    assert_eq!(read(&forged, &with(Algorithm::RS256)), Err(JoseError::Algorithm));
    assert_eq!(read(&forged, &with(Algorithm::HS256)), Err(JoseError::Signature));
    let own = sign_compact(&*TestKeyRing::new().symmetric_signer(CLIENT_SECRET.as_bytes()), "JWT", &claims());
    assert!(read(&own.unwrap(), &with(Algorithm::HS256)).is_ok());
}

#[test]
fn sp_063_nothing_else_of_ours_passes_for_an_id_token() {
    // An API may be named as a client is.
    for dialect in [TokenDialect::AccessToken, TokenDialect::Rfc9068Profile] {
        let mut api = api_of(dialect, Algorithm::RS256);
        api.identifier = CLIENT_ID.into();
        let token = access_token(&for_user(Some(api), "openid read:things"));
        assert_eq!(read(&token, &client()), Err(JoseError::Type), "{dialect:?}");
    }
    let signer = TestKeyRing::new().signer(Algorithm::RS256).unwrap();
    let mut nobodys = claims();
    nobodys.as_object_mut().unwrap().remove("sub");
    for (typ, claims, refusal) in [
        ("at+jwt", claims(), JoseError::Type),
        ("logout+jwt", claims(), JoseError::Type),
        ("JWT", nobodys, JoseError::Json),
    ] {
        let token = sign_compact(&*signer, typ, &claims).unwrap();
        assert_eq!(read(&token, &client()), Err(refusal), "{typ}");
    }
    for (name, value) in [
        ("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
        ("azp", json!("other")),
        ("client_id", json!("other")),
    ] {
        let mut other = claims();
        other[name] = value;
        let token = sign_compact(&*signer, "JWT", &other).unwrap();
        assert_eq!(read(&token, &client()), Err(JoseError::Type), "{name}");
    }
}

#[test]
fn sp_059_an_unsigned_or_changed_token_is_refused() {
    let token = issued_to(client());
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = input.split_once('.').unwrap();
    let none = countersign_jose::encode_base64url(r#"{"alg":"none","typ":"JWT"}"#);
    let payload = countersign_jose::encode_base64url(claims().to_string());
    for bad in [
        String::new(),
        "a.b.c".to_owned(),
        format!("{input}."),
        format!("{input}.AAAA"),
        format!("{header}.{payload}.{signature}"),
        format!("{none}.{payload}."),
        format!("{none}.{payload}.AAAA"),
    ] {
        for client in ALL.map(with) {
            assert!(read(&bad, &client).is_err(), "{bad}");
        }
    }
}

#[test]
fn sp_068_a_token_of_another_client_or_domain_is_refused() {
    let token = issued_to(client());
    let mut other = client();
    other.id = "other-client".into();
    assert_eq!(read(&token, &other), Err(JoseError::Audience));
    let elsewhere = Domain { issuer: Issuer::new("https://other.example.com/") };
    assert_eq!(reader().read(&token, &client(), &elsewhere), Err(JoseError::Issuer));
}

#[test]
fn the_claimed_client_is_read_without_proof() {
    assert_eq!(IdTokenReader::claimed_client(&issued_to(client())), Some(CLIENT_ID.into()));
    for none in ["", "a.b.c", "no token"] {
        assert_eq!(IdTokenReader::claimed_client(none), None);
    }
    let mut several = claims();
    several["aud"] = json!([CLIENT_ID, "other"]);
    let signer = TestKeyRing::new().signer(Algorithm::RS256).unwrap();
    assert_eq!(IdTokenReader::claimed_client(&sign_compact(&*signer, "JWT", &several).unwrap()), None);
}
