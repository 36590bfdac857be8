//! Access tokens at our own endpoints: who gets in, and who does not.

use countersign_jose::{
    Algorithm, Audiences, Header, KeyRing, decode_base64url, encode_base64url, sign_compact,
};
use countersign_oauth::{BoxFuture, Domain, Fault, HandleHash, Issuer, Seconds, Timestamp, UserId};
use countersign_storage::{
    AccessToken, AccessTokens, Authorization, Change, Changes, Commit, ResourceServer, StorageResult,
    TokenDialect, Upsert,
};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::vectors::{RFC7515_A5_JWS, RFC7638_JWK};
use countersign_testkit::{
    AUDIENCE, NOW, TEST_RSA_KID, TestKeyRing, TestSealer, USER_ID, api, authorization, block_on, domain,
};
use countersign_token::{
    AccessTokenClaims, AccessTokenReader, CustomClaims, IdTokenPlan, SenderConstraint, TokenPlan,
    TokenRejection,
};
use serde_json::{Map, Value, json};

use crate::world::{HOUR, api_of, bound, decode, for_client, for_user, mint, scope};

type Read = Result<AccessTokenClaims, TokenRejection>;

/// A store with the rows of one token, and the token.
fn issued(plan: &TokenPlan) -> (MemoryStorage, String) {
    let storage = MemoryStorage::new();
    let issued = mint(plan);
    let changes = Changes::none().with(Change::InsertAuthorization(authorization())).and(issued.changes);
    block_on(storage.commit(changes)).unwrap();
    (storage, issued.response.access_token)
}

fn read_at(storage: &MemoryStorage, token: &str, domain: &Domain, now: Timestamp) -> Read {
    let (keys, sealer) = (TestKeyRing::new(), TestSealer::default());
    let reader = AccessTokenReader { keys: &keys, tokens: storage, apis: storage, sealer: &sealer };
    block_on(reader.read(token, domain, now)).unwrap()
}

fn read(storage: &MemoryStorage, token: &str) -> Read {
    read_at(storage, token, &domain(), NOW)
}

fn jwt() -> TokenPlan {
    for_user(Some(api()), "openid read:things")
}

fn opaque() -> TokenPlan {
    for_user(None, "openid email")
}

#[test]
fn a_jwt_is_read_in_every_dialect_and_algorithm_that_has_a_public_key() {
    for dialect in [
        TokenDialect::AccessToken,
        TokenDialect::AccessTokenAuthz,
        TokenDialect::Rfc9068Profile,
        TokenDialect::Rfc9068ProfileAuthz,
    ] {
        for algorithm in [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256] {
            let plan = for_user(Some(api_of(dialect, algorithm)), "openid read:things");
            let (storage, token) = issued(&plan);
            let expected = AccessTokenClaims {
                sub: USER_ID.to_owned(),
                client_id: "test-client".into(),
                scope: scope("openid read:things"),
                constraint: SenderConstraint::None,
                audience: Some(Audiences::Many(vec![
                    AUDIENCE.to_owned(),
                    "https://login.example.com/userinfo".to_owned(),
                ])),
                authorization_id: Some(authorization().id),
                iat: NOW.seconds(),
                exp: NOW.plus(HOUR).seconds(),
                id_token_claims: CustomClaims::default(),
            };
            assert_eq!(read(&storage, &token), Ok(expected), "{dialect:?} {algorithm}");
        }
    }
}

#[test]
fn an_opaque_token_is_read_from_its_row() {
    let (storage, token) = issued(&opaque());
    let expected = AccessTokenClaims {
        sub: USER_ID.to_owned(),
        client_id: "test-client".into(),
        scope: scope("openid email"),
        constraint: SenderConstraint::None,
        audience: None,
        authorization_id: Some(authorization().id),
        iat: NOW.seconds(),
        exp: NOW.plus(HOUR).seconds(),
        id_token_claims: CustomClaims::default(),
    };
    assert_eq!(read(&storage, &token), Ok(expected));
}

#[test]
fn what_binds_a_token_is_read_with_it() {
    for mut plan in [jwt(), opaque()] {
        plan.access_token.constraint = bound();
        let (storage, token) = issued(&plan);
        assert_eq!(read(&storage, &token).unwrap().constraint, bound());
    }
}

#[test]
fn a_clients_own_token_is_read_without_a_row() {
    let token = mint(&for_client(api(), "")).response.access_token;
    let claims = read(&MemoryStorage::new(), &token).unwrap();
    assert_eq!((claims.sub.as_str(), claims.authorization_id), ("test-client@clients", None));
    assert!(claims.scope.is_empty());
    assert_eq!(claims.audience, Some(Audiences::One(AUDIENCE.to_owned())));
}

#[test]
fn a_token_ends_with_its_last_second() {
    for plan in [jwt(), opaque()] {
        let (storage, token) = issued(&plan);
        let last = NOW.plus(Seconds(HOUR.0 - 1));
        assert!(read_at(&storage, &token, &domain(), last).is_ok());
        for later in [NOW.plus(HOUR), NOW.plus(Seconds(HOUR.0 + 1)), NOW.plus(Seconds(1 << 40))] {
            assert_eq!(read_at(&storage, &token, &domain(), later), Err(TokenRejection::Expired));
        }
    }
}

#[test]
fn a_token_of_another_domain_is_unknown() {
    for plan in [jwt(), opaque()] {
        let (storage, token) = issued(&plan);
        for issuer in ["http://localhost:3000/", "https://login.example.com:8443/", "https://example.com/"] {
            let other = Domain { issuer: Issuer::new(issuer) };
            assert_eq!(read_at(&storage, &token, &other, NOW), Err(TokenRejection::Unknown), "{issuer}");
        }
    }
}

#[test]
fn a_denied_token_is_denied_by_name_or_with_its_authorization() {
    for plan in [jwt(), opaque()] {
        let (storage, token) = issued(&plan);
        let change = Change::EndAuthorization { id: authorization().id, at: NOW, deny_access_tokens: true };
        block_on(storage.commit(Changes::none().with(change))).unwrap();
        assert_eq!(read(&storage, &token), Err(TokenRejection::Denied));

        let (storage, token) = issued(&plan);
        let change = Change::EndAuthorization { id: authorization().id, at: NOW, deny_access_tokens: false };
        block_on(storage.commit(Changes::none().with(change))).unwrap();
        assert!(read(&storage, &token).is_ok());
        let handle = HandleHash::of(&token);
        let change = Change::DenyAccessToken { handle, expires_at: NOW.plus(HOUR), at: NOW };
        block_on(storage.commit(Changes::none().with(change))).unwrap();
        assert_eq!(read(&storage, &token), Err(TokenRejection::Denied));
    }
}

#[test]
fn a_denied_jwt_without_a_row_of_its_own_is_denied_too() {
    let (storage, token) = (MemoryStorage::new(), mint(&for_client(api(), "")).response.access_token);
    let handle = HandleHash::of(&token);
    let change = Change::DenyAccessToken { handle, expires_at: NOW.plus(HOUR), at: NOW };
    block_on(storage.commit(Changes::none().with(change))).unwrap();
    assert_eq!(read(&storage, &token), Err(TokenRejection::Denied));
}

/// RFC 8725 §3.11: an ID token is signed by the same key, for the same issuer, and is no access token.
#[test]
fn sp_063_an_id_token_is_no_access_token() {
    for claims in [Map::new(), Map::from_iter([("scope".to_owned(), json!("openid read:things"))])] {
        let id_token = IdTokenPlan {
            user_id: UserId::new(USER_ID),
            claims,
            session_id: Some("sid".into()),
            nonce: None,
            auth_time: None,
            custom_claims: CustomClaims::default(),
        };
        let plan = TokenPlan { id_token: Some(id_token), ..opaque() };
        let token = mint(&plan).response.id_token.unwrap();
        assert_eq!(read(&MemoryStorage::new(), &token), Err(TokenRejection::Unknown));
    }
}

#[test]
fn sp_063_only_the_types_of_access_tokens_are_taken() {
    let signed = |typ: &str| {
        let signer = TestKeyRing::new().signer(Algorithm::RS256).unwrap();
        let (_, claims) = decode(&issued(&jwt()).1);
        sign_compact(&*signer, typ, &claims).unwrap()
    };
    for typ in ["JWT", "at+jwt", "AT+JWT"] {
        assert!(read(&MemoryStorage::new(), &signed(typ)).is_ok(), "{typ}");
    }
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", "oauth-authz-req+jwt", "application/at+jwt", ""] {
        assert_eq!(read(&MemoryStorage::new(), &signed(typ)), Err(TokenRejection::Unknown), "{typ}");
    }
}

#[test]
fn sp_066_a_cut_or_extended_token_is_unknown() {
    for plan in [jwt(), opaque()] {
        let (storage, token) = issued(&plan);
        for length in 0..token.len() {
            assert_eq!(read(&storage, &token[..length]), Err(TokenRejection::Unknown), "{length}");
        }
        for other in [format!("{token}A"), format!("{token}."), format!(" {token}"), format!("{token}=")] {
            assert_eq!(read(&storage, &other), Err(TokenRejection::Unknown), "{other}");
        }
    }
}

#[test]
fn a_token_changed_anywhere_is_unknown() {
    let (storage, token) = issued(&jwt());
    let parts: Vec<&str> = token.split('.').collect();
    for part in 0..3 {
        let bytes = decode_base64url(parts[part]).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let mut parts = parts.clone();
            let changed = encode_base64url(changed);
            parts[part] = &changed;
            assert_eq!(read(&storage, &parts.join(".")), Err(TokenRejection::Unknown), "{part} {at}");
        }
    }
}

/// Header and claims as the caller likes, signed by whatever the caller signs with.
fn forge(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()));
    let signature = sign(input.as_bytes());
    format!("{input}.{}", encode_base64url(signature))
}

/// RFC 8725 §3.1.
#[test]
fn sp_059_an_unsigned_token_is_unknown() {
    let (storage, token) = issued(&jwt());
    let (mut header, claims) = decode(&token);
    let rsa = |input: &[u8]| TestKeyRing::new().signer(Algorithm::RS256).unwrap().sign(input).unwrap();
    assert!(read(&storage, &forge(&header, &claims, rsa)).is_ok(), "the forger works");
    for none in ["none", "None", "NONE", "nOnE", "noNe", "", " none", "RS256 "] {
        header["alg"] = json!(none);
        for sign in [&rsa as &dyn Fn(&[u8]) -> Vec<u8>, &|_: &[u8]| Vec::new()] {
            assert_eq!(
                read(&storage, &forge(&header, &claims, sign)),
                Err(TokenRejection::Unknown),
                "{none}"
            );
        }
    }
    let parts: Vec<&str> = token.split('.').collect();
    let (head, body) = (parts[0], parts[1]);
    for form in [format!("{head}.{body}"), format!("{head}.{body}."), format!("{token}.{token}"), ".".into()]
    {
        assert_eq!(read(&storage, &form), Err(TokenRejection::Unknown), "{form}");
    }
    assert_eq!(read(&storage, RFC7515_A5_JWS), Err(TokenRejection::Unknown));
}

/// RFC 8725 §3.1: the header's algorithm is never what chooses the key's.
#[test]
fn sp_060_another_algorithm_under_our_key_is_unknown() {
    let (storage, token) = issued(&jwt());
    let (header, claims) = decode(&token);
    let keys = TestKeyRing::new();
    for algorithm in [Algorithm::RS512, Algorithm::PS256, Algorithm::ES256, Algorithm::HS256] {
        let header =
            Header { alg: algorithm.as_str().to_owned(), ..serde_json::from_value(header.clone()).unwrap() };
        let header = serde_json::to_value(header).unwrap();
        let rs256 = |input: &[u8]| keys.signer(Algorithm::RS256).unwrap().sign(input).unwrap();
        assert_eq!(read(&storage, &forge(&header, &claims, rs256)), Err(TokenRejection::Unknown));
    }
    let hs256 = json!({ "alg": "HS256", "typ": "JWT", "kid": TEST_RSA_KID });
    for public in [RFC7638_JWK.as_bytes(), TEST_RSA_KID.as_bytes(), b""] {
        let mac = |input: &[u8]| keys.symmetric_signer(public).sign(input).unwrap();
        assert_eq!(read(&storage, &forge(&hs256, &claims, mac)), Err(TokenRejection::Unknown));
    }
}

/// An HS256 API whose record is stored, and its token.
fn of_hs256(dialect: TokenDialect) -> (MemoryStorage, String) {
    let api = api_of(dialect, Algorithm::HS256);
    let (storage, token) = issued(&for_user(Some(api.clone()), "openid read:things"));
    put_api(&storage, api, None);
    (storage, token)
}

fn put_api(storage: &MemoryStorage, record: ResourceServer, expected_version: Option<i64>) {
    let upsert = Upsert { record, expected_version, raise_epoch: false };
    block_on(storage.commit(Changes::none().with(Change::UpsertResourceServer(upsert)))).unwrap();
}

#[test]
fn a_token_of_an_hs256_api_is_read_under_its_secret() {
    for dialect in [TokenDialect::AccessToken, TokenDialect::Rfc9068Profile] {
        let (storage, token) = of_hs256(dialect);
        let claims = read(&storage, &token).unwrap();
        assert_eq!(claims.sub, USER_ID);
        assert_eq!(claims.audience, Some(Audiences::One(AUDIENCE.to_owned())), "never for userinfo");
        let late = read_at(&storage, &token, &domain(), NOW.plus(HOUR));
        assert_eq!(late, Err(TokenRejection::Expired));
        let other = Domain { issuer: Issuer::new("https://other.example.com/") };
        assert_eq!(read_at(&storage, &token, &other, NOW), Err(TokenRejection::Unknown));
    }
}

/// RFC 8725 §3.1: the API's setting chooses, and not the token.
#[test]
fn sp_060_a_token_under_a_secret_is_unknown_where_the_api_signs_with_a_key_pair() {
    let (storage, token) = of_hs256(TokenDialect::AccessToken);
    let mut api = api_of(TokenDialect::AccessToken, Algorithm::HS256);
    api.settings.signing_alg = Algorithm::RS256;
    put_api(&storage, api, Some(1));
    assert_eq!(read(&storage, &token), Err(TokenRejection::Unknown));
}

#[test]
fn sp_060_a_token_under_another_secret_or_for_another_audience_is_unknown() {
    let (storage, token) = of_hs256(TokenDialect::AccessToken);
    let (header, claims) = decode(&token);
    let keys = TestKeyRing::new();
    let under = |secret: &'static [u8]| {
        let signer = keys.symmetric_signer(secret);
        move |input: &[u8]| signer.sign(input).unwrap()
    };
    assert!(read(&storage, &forge(&header, &claims, under(b"api secret"))).is_ok());
    for secret in [b"api secret2".as_slice(), b"", RFC7638_JWK.as_bytes()] {
        let forged = forge(&header, &claims, under(secret));
        assert_eq!(read(&storage, &forged), Err(TokenRejection::Unknown));
    }
    for audience in [json!([AUDIENCE]), json!("https://unknown.example.com"), json!("")] {
        let mut claims = claims.clone();
        claims["aud"] = audience;
        let forged = forge(&header, &claims, under(b"api secret"));
        assert_eq!(read(&storage, &forged), Err(TokenRejection::Unknown));
    }
}

#[test]
fn a_token_bound_to_something_we_cannot_check_is_unknown() {
    let (storage, token) = issued(&jwt());
    let (header, mut claims) = decode(&token);
    let sign = |input: &[u8]| TestKeyRing::new().signer(Algorithm::RS256).unwrap().sign(input).unwrap();
    claims["cnf"] = json!({ "x5t#S256": "AAAA" });
    assert_eq!(read(&storage, &forge(&header, &claims, sign)), Err(TokenRejection::Unknown));
    claims["cnf"] = json!("jkt");
    assert_eq!(read(&storage, &forge(&header, &claims, sign)), Err(TokenRejection::Unknown));
}

#[test]
fn an_unknown_opaque_token_and_a_row_without_claims_are_unknown() {
    let (storage, _) = issued(&opaque());
    for token in ["", "unknown", "v1", "é"] {
        assert_eq!(read(&storage, token), Err(TokenRejection::Unknown), "{token}");
    }
    let row = countersign_testkit::access_token("claimless");
    block_on(storage.commit(Changes::none().with(Change::InsertAccessToken(row)))).unwrap();
    assert_eq!(read(&storage, "claimless"), Err(TokenRejection::Unknown));
}

#[test]
fn a_row_that_cannot_be_read_or_a_store_that_fails_is_a_fault() {
    struct Broken(Option<AccessToken>);
    impl AccessTokens for Broken {
        fn access_token<'a>(
            &'a self,
            _handle: &'a HandleHash,
        ) -> BoxFuture<'a, StorageResult<Option<AccessToken>>> {
            let row = self.0.clone();
            Box::pin(async move { row.map(Some).ok_or_else(|| Fault::unavailable("away")) })
        }
    }
    let keys = TestKeyRing::new();
    let row = AccessToken { claims: Some(json!({ "version": 1 })), ..countersign_testkit::access_token("t") };
    for broken in [Broken(None), Broken(Some(row))] {
        let (apis, sealer) = (MemoryStorage::new(), TestSealer::default());
        let reader = AccessTokenReader { keys: &keys, tokens: &broken, apis: &apis, sealer: &sealer };
        assert!(block_on(reader.read("t", &domain(), NOW)).is_err());
    }
}

/// Auth0's dialect has no `jti`, so one second gives one and the same token again.
#[test]
fn equal_tokens_of_two_authorizations_both_commit_and_either_end_denies_them() {
    let (storage, first) = issued(&jwt());
    let other = Authorization { id: "other".into(), ..authorization() };
    let mut plan = jwt();
    plan.access_token.authorization_id = Some(other.id.clone());
    let again = mint(&plan);
    assert_eq!(again.response.access_token, first);
    let changes = Changes::none().with(Change::InsertAuthorization(other.clone())).and(again.changes);
    block_on(storage.commit(changes)).unwrap();
    assert!(read(&storage, &first).is_ok());
    let change = Change::EndAuthorization { id: other.id, at: NOW, deny_access_tokens: true };
    block_on(storage.commit(Changes::none().with(change))).unwrap();
    assert_eq!(read(&storage, &first), Err(TokenRejection::Denied));
}

#[test]
fn equal_tokens_of_one_authorization_both_commit() {
    let (storage, first) = issued(&jwt());
    let again = mint(&jwt());
    block_on(storage.commit(again.changes)).unwrap();
    assert!(read(&storage, &first).is_ok());
}
