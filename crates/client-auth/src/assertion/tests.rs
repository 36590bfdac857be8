use countersign_jose::{Jwk, PublicKey, Verifier, encode_base64url};
use countersign_oauth::{Parameters, RequestContext};
use countersign_storage::{
    Change, Changes, ClientAuthenticationMethods, ClientCredential, Commit, PrivateKeyJwtSettings,
    TokenEndpointAuthMethod, Upsert,
};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{CLIENT_ID, ISSUER, NOW, TestSealer, block_on, client, request_context, vectors};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::{ClientAuthenticator, ClientMethods, Method};

/// A key pair of the caller's: whoever knows the public half can sign, which the tests do not mind.
#[derive(Clone)]
pub(crate) struct Pair(pub(crate) PublicKey, pub(crate) Algorithm);

impl Pair {
    pub(crate) fn rsa(algorithm: Algorithm) -> Self {
        Self(public(vectors::RFC7638_JWK), algorithm)
    }

    pub(crate) fn other_rsa(algorithm: Algorithm) -> Self {
        Self(public(vectors::RFC7515_A2_JWK), algorithm)
    }

    pub(crate) fn p256() -> Self {
        Self(public(vectors::RFC7515_A3_JWK), Algorithm::ES256)
    }

    pub(crate) fn kid(&self) -> String {
        self.0.thumbprint().as_str().to_owned()
    }

    pub(crate) fn credential(&self) -> ClientCredential {
        let kid = self.kid();
        ClientCredential {
            name: None,
            alg: self.1,
            jwk: Jwk::new(&kid, self.1, &self.0),
            kid,
            expires_at: None,
            other: serde_json::Map::new(),
        }
    }

    /// A compact JWS under this key, whatever its header says.
    pub(crate) fn sign(&self, header: &Value, claims: &str) -> String {
        let input = format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims));
        let signature = signature(&self.0, self.1, input.as_bytes());
        format!("{input}.{}", encode_base64url(signature))
    }

    pub(crate) fn assertion(&self, claims: &Value) -> String {
        self.sign(&json!({ "alg": self.1.as_str() }), &claims.to_string())
    }
}

pub(crate) fn public(jwk: &str) -> PublicKey {
    PublicKey::from_jwk(&serde_json::from_str(jwk).unwrap()).unwrap()
}

fn signature(key: &PublicKey, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let named = format!("{} {algorithm} ", key.thumbprint().as_str());
    Sha256::new().chain_update(named).chain_update(message).finalize().to_vec()
}

struct FakeKeys;

impl Verifier for FakeKeys {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &PublicKey,
        message: &[u8],
        given: &[u8],
    ) -> Result<(), JoseError> {
        if !key.is_fit_for(algorithm) {
            return Err(JoseError::Key);
        }
        if signature(key, algorithm, message) == given { Ok(()) } else { Err(JoseError::Signature) }
    }
}

/// A server with one client.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) compliance: Compliance,
    pub(crate) request: RequestContext,
    replay: MemoryStorage,
}

impl World {
    pub(crate) fn of(method: TokenEndpointAuthMethod, pairs: &[Pair]) -> Self {
        let mut client = client();
        client.settings.token_endpoint_auth_method = method;
        let credentials = pairs.iter().map(Pair::credential).collect();
        client.settings.client_authentication_methods = Some(ClientAuthenticationMethods {
            private_key_jwt: Some(PrivateKeyJwtSettings { credentials }),
            other: serde_json::Map::new(),
        });
        let request = request_context();
        Self { client, compliance: Compliance::Auth0, request, replay: MemoryStorage::new() }
    }

    pub(crate) fn of_keys(pairs: &[Pair]) -> Self {
        Self::of(TokenEndpointAuthMethod::PrivateKeyJwt, pairs)
    }

    pub(crate) fn credential(&mut self, position: usize) -> &mut ClientCredential {
        let methods = self.client.settings.client_authentication_methods.as_mut().unwrap();
        &mut methods.private_key_jwt.as_mut().unwrap().credentials[position]
    }

    /// What comes of a request: the method, or the rule that was broken.
    pub(crate) fn ask(&self, pairs: &[(&str, &str)]) -> Result<Method, &'static str> {
        let clients = MemoryStorage::new();
        let upsert = Upsert { record: self.client.clone(), expected_version: None, raise_epoch: false };
        block_on(clients.commit(Changes::none().with(Change::UpsertClient(upsert)))).unwrap();
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let parameters = Parameters::from_pairs(pairs).unwrap();
        let context = MethodContext {
            request: &self.request,
            sealer: &TestSealer::default(),
            replay: &self.replay,
            verifier: &FakeKeys,
        };
        let methods = &ClientMethods::new();
        let authenticator =
            ClientAuthenticator { clients: &clients, compliance: self.compliance, methods, context };
        let presented = Presented { authorization: None, parameters: &parameters };
        match block_on(authenticator.authenticate(presented)) {
            Ok(caller) => {
                assert!(caller.is_confidential());
                Ok(caller.method())
            }
            Err((Error::Refused(error), _)) => {
                let generic = error.rule.starts_with("client_auth.assertion_")
                    && error.rule != "client_auth.assertion_type";
                assert!(!generic || error.describe() == "Client authentication failed");
                assert!(!generic || error.code == countersign_oauth::ErrorCode::InvalidClient);
                Err(error.rule)
            }
            Err((Error::Fault(_), _)) => Err("fault"),
        }
    }

    pub(crate) fn present(&self, assertion: &str) -> Result<Method, &'static str> {
        self.ask(&[("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)])
    }
}

/// What a right assertion says.
pub(crate) fn claims() -> Value {
    json!({
        "iss": CLIENT_ID, "sub": CLIENT_ID, "aud": ISSUER, "jti": "assertion-1",
        "iat": NOW.seconds(), "exp": NOW.seconds() + 300,
    })
}

/// Right claims, one of them replaced, or left out by `null`.
pub(crate) fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    let value = value.into();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// What comes of an assertion with one claim replaced, at a server that has seen none.
fn outcome(name: &str, value: impl Into<Value>) -> Result<Method, &'static str> {
    let pair = Pair::rsa(Algorithm::RS256);
    World::of_keys(std::slice::from_ref(&pair)).present(&pair.assertion(&with(name, value)))
}

const OK: Result<Method, &str> = Ok(Method::PrivateKeyJwt);
const MALFORMED: Result<Method, &str> = Err("client_auth.assertion_malformed");

/// RFC 7521 §4.2: type and assertion belong together.
#[test]
fn a_type_that_is_missing_or_another_one_is_refused() {
    let pair = Pair::rsa(Algorithm::RS256);
    let world = World::of_keys(std::slice::from_ref(&pair));
    let assertion = pair.assertion(&claims());
    let wrong = Err("client_auth.assertion_type");
    assert_eq!(world.ask(&[("client_assertion", &assertion)]), wrong);
    for kind in ["x", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", &JWT_BEARER.to_uppercase()]
    {
        let pairs = [("client_assertion", assertion.as_str()), ("client_assertion_type", kind)];
        assert_eq!(world.ask(&pairs), wrong, "{kind}");
    }
    assert_eq!(world.ask(&[("client_assertion_type", JWT_BEARER)]), Err("parameters.missing"));
    assert_eq!(world.present(&assertion), OK);
}

/// RFC 7523 §3: an assertion is read strictly, and 2048 bytes of it at most.
#[test]
fn core_215_sp_059_sp_065_what_is_no_assertion_is_refused_before_any_key_is_asked() {
    let pair = Pair::rsa(Algorithm::RS256);
    let world = World::of_keys(std::slice::from_ref(&pair));
    let sign = |claims: &str| pair.sign(&json!({ "alg": "RS256" }), claims);
    let right = pair.assertion(&claims());
    let (input, _) = right.rsplit_once('.').unwrap();
    let twice = claims().to_string().replacen('{', r#"{"jti":"other","#, 1);
    for broken in [
        String::new() + "x",
        input.to_owned(),
        format!("{input}."),
        format!("{right}.x"),
        format!("{right}="),
        format!(" {right}"),
        sign("[]"),
        sign("{}"),
        sign(&twice),
        pair.sign(&json!({ "alg": "RS256", "crit": ["x"], "x": 1 }), &claims().to_string()),
        pair.sign(&json!({ "alg": "RS256", "b64": false }), &claims().to_string()),
    ] {
        assert_eq!(world.present(&broken), MALFORMED, "{broken}");
    }
    let padded = |length: usize| {
        let sign = |pad: usize| pair.assertion(&with("pad", "x".repeat(pad)));
        (0..).map(sign).find(|assertion| assertion.len() >= length).unwrap()
    };
    let (fits, over) = (padded(2046), padded(2049));
    assert!(fits.len() <= 2048 && over.len() > 2048);
    assert_eq!(world.present(&over), MALFORMED);
    assert_eq!(world.present(&fits), OK);
}

#[test]
fn sp_054_a_claim_that_is_missing_or_of_another_type_is_refused() {
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        assert_eq!(outcome(name, Value::Null), MALFORMED, "{name}");
    }
    for name in ["exp", "iat", "nbf"] {
        let at = NOW.seconds();
        for value in [json!(at.to_string()), json!([at]), json!(true), json!(1.0e300), json!(at as f64 + 0.5)]
        {
            assert_eq!(outcome(name, value.clone()), MALFORMED, "{name} {value}");
        }
    }
    assert_eq!(outcome("aud", json!({ "aud": ISSUER })), MALFORMED);
    assert_eq!(outcome("jti", 1), MALFORMED);
}

/// RFC 7523 §3, 1 and 2.
#[test]
fn sp_055_issuer_subject_and_client_id_are_one() {
    let wrong = Err("client_auth.assertion_subject");
    for other in ["other", "", "test-client ", "Test-Client"] {
        assert_eq!(outcome("iss", other), wrong, "iss {other}");
        assert_eq!(outcome("sub", other), wrong, "sub {other}");
    }
    let pair = Pair::rsa(Algorithm::RS256);
    let world = World::of_keys(std::slice::from_ref(&pair));
    let assertion = pair.assertion(&claims());
    let named = |id| {
        world.ask(&[
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &assertion),
            ("client_id", id),
        ])
    };
    assert_eq!(named("other"), wrong);
    assert_eq!(named(CLIENT_ID), OK);
    let both = |id: &str| {
        let mut claims = with("iss", id);
        claims["sub"] = json!(id);
        world.present(&pair.assertion(&claims))
    };
    assert_eq!(both("nobody"), Err("client_auth.assertion_of_unknown_client"));
    assert_eq!(both(&"n".repeat(64)), Err("client_auth.assertion_of_unknown_client"));
    assert_eq!(both(&"n".repeat(65)), wrong);
}

/// RFC 7523 §3, 3, and draft-ietf-oauth-rfc7523bis: one audience, ours.
#[test]
fn core_215_sp_053_the_audience_is_this_server_alone() {
    let endpoint = format!("{ISSUER}oauth/token");
    for right in [json!(ISSUER), json!([ISSUER]), json!(endpoint), json!([endpoint])] {
        assert_eq!(outcome("aud", right.clone()), OK, "{right}");
    }
    for wrong in [
        json!("https://login.example.com"),
        json!("https://login.example.com//"),
        json!("https://other.example.com/"),
        json!("https://other.example.com/oauth/token"),
        json!("https://login.example.com/oauth/par"),
        json!("https://login.example.com/oauth/token/"),
        json!("https://login.example.co"),
        json!("http://login.example.com/"),
        json!(""),
        json!([]),
        json!([ISSUER, endpoint]),
        json!([ISSUER, "https://other.example.com/"]),
        json!([ISSUER, ISSUER]),
    ] {
        assert_eq!(outcome("aud", wrong.clone()), Err("client_auth.assertion_audience"), "{wrong}");
    }
}

/// RFC 7523 §3, 4.
#[test]
fn core_215_sp_054_an_assertion_lives_five_minutes_at_most() {
    let now = NOW.seconds();
    let lived = |iat: Option<i64>, exp: i64| {
        let mut claims = with("exp", exp);
        claims["iat"] = json!(iat.unwrap_or(0));
        if iat.is_none() {
            claims.as_object_mut().unwrap().remove("iat");
        }
        let pair = Pair::rsa(Algorithm::RS256);
        World::of_keys(std::slice::from_ref(&pair)).present(&pair.assertion(&claims))
    };
    let (expired, too_long) = (Err("client_auth.assertion_expired"), Err("client_auth.assertion_lifetime"));
    for (iat, exp, expected) in [
        (None, now + 300, OK),
        (None, now + 301, too_long),
        (Some(now), now + 300, OK),
        (Some(now), now + 301, too_long),
        (Some(now + 10), now + 310, OK),
        (Some(now - 100), now + 200, OK),
        (Some(now - 100), now + 201, too_long),
        (Some(now), now + 1, OK),
        (Some(now), now, expired),
        (Some(now - 400), now - 100, expired),
        (None, 0, expired),
        (None, -1, expired),
        (None, i64::MIN, expired),
        (None, i64::MAX, too_long),
        (Some(i64::MIN), now + 1, too_long),
    ] {
        assert_eq!(lived(iat, exp), expected, "{iat:?} {exp}");
    }
}

/// RFC 7523 §3, 5 and 6.
#[test]
fn core_216_sp_054_a_clock_may_be_ten_seconds_ahead_and_no_more() {
    let now = NOW.seconds();
    for name in ["iat", "nbf"] {
        for (ahead, expected) in [
            (8, OK),
            (10, OK),
            (11, Err("client_auth.assertion_not_yet_valid")),
            (61, Err("client_auth.assertion_not_yet_valid")),
            (i64::MAX - now, Err("client_auth.assertion_not_yet_valid")),
        ] {
            assert_eq!(outcome(name, now + ahead), expected, "{name} {ahead}");
        }
    }
    assert_eq!(outcome("nbf", i64::MIN), OK);
}

/// RFC 7523 §3, 7.
#[test]
fn core_215_sp_052_an_assertion_counts_once_for_each_client() {
    let pair = Pair::rsa(Algorithm::RS256);
    let mut world = World::of_keys(std::slice::from_ref(&pair));
    let assertion = pair.assertion(&claims());
    let replayed = Err("client_auth.assertion_replayed");
    assert_eq!(world.present(&assertion), OK);
    assert_eq!(world.present(&assertion), replayed);
    // The id counts, not the text around it.
    assert_eq!(world.present(&pair.assertion(&with("exp", NOW.seconds() + 299))), replayed);
    assert_eq!(world.present(&pair.assertion(&with("jti", "assertion-2"))), OK);
    // Another client may use the same id, and one whose id has a space meets nobody else's mark.
    for (id, jti) in [("other", "assertion-1"), ("other x", "y"), ("other", "x y")] {
        world.client.id = ClientId::new(id);
        let mut claims = with("iss", id);
        claims["sub"] = json!(id);
        claims["jti"] = json!(jti);
        assert_eq!(world.present(&pair.assertion(&claims)), OK, "{id} {jti}");
    }
}

#[test]
fn sp_052_the_mark_is_kept_until_no_process_would_take_the_assertion_any_more() {
    let pair = Pair::rsa(Algorithm::RS256);
    let mut world = World::of_keys(std::slice::from_ref(&pair));
    assert_eq!(world.present(&pair.assertion(&claims())), OK);
    // The same id in a new assertion: the old one has ended, and its mark is kept some time longer.
    for (later, expected) in [(301, Err("client_auth.assertion_replayed")), (361, OK)] {
        world.request.now = NOW.plus(Seconds(later));
        let now = world.request.now.seconds();
        let mut claims = with("iat", now);
        claims["exp"] = json!(now + 300);
        assert_eq!(world.present(&pair.assertion(&claims)), expected, "{later}");
    }
}

#[test]
fn a_refused_assertion_is_not_spent() {
    let pair = Pair::rsa(Algorithm::RS256);
    let world = World::of_keys(std::slice::from_ref(&pair));
    let forged = Pair::other_rsa(Algorithm::RS256).assertion(&claims());
    assert_eq!(world.present(&forged), Err("client_auth.assertion_signature"));
    let elsewhere = pair.assertion(&with("aud", "https://other.example.com/"));
    assert_eq!(world.present(&elsewhere), Err("client_auth.assertion_audience"));
    assert_eq!(world.present(&pair.assertion(&claims())), OK);
}

#[test]
fn the_id_has_1_to_64_characters() {
    let wrong = Err("client_auth.assertion_jti");
    assert_eq!(outcome("jti", ""), wrong);
    assert_eq!(outcome("jti", "j".repeat(64)), OK);
    assert_eq!(outcome("jti", "j".repeat(65)), wrong);
}

/// RFC 8725 §3.11: what says that it is something else is no assertion.
#[test]
fn sp_063_a_token_of_another_type_is_no_assertion() {
    let pair = Pair::rsa(Algorithm::RS256);
    for (typ, expected) in [
        ("JWT", OK),
        ("jwt", OK),
        ("client-authentication+jwt", OK),
        ("at+jwt", MALFORMED),
        ("dpop+jwt", MALFORMED),
        ("logout+jwt", MALFORMED),
        ("", MALFORMED),
    ] {
        let world = World::of_keys(std::slice::from_ref(&pair));
        let assertion = pair.sign(&json!({ "alg": "RS256", "typ": typ }), &claims().to_string());
        assert_eq!(world.present(&assertion), expected, "{typ}");
    }
}

/// RFC 6749 §2.3: a client has one method.
#[test]
fn core_218_sp_048_sp_051_a_client_of_one_method_is_refused_with_another() {
    let pair = Pair::rsa(Algorithm::RS256);
    let assertion = pair.assertion(&claims());
    let secret = [("client_id", CLIENT_ID), ("client_secret", countersign_testkit::CLIENT_SECRET)];
    let required = Err("client_auth.assertion_required");
    for method in [TokenEndpointAuthMethod::PrivateKeyJwt, TokenEndpointAuthMethod::ClientSecretJwt] {
        let world = World::of(method, std::slice::from_ref(&pair));
        assert!(world.client.secret.is_some());
        assert_eq!(world.ask(&secret), required);
        assert_eq!(world.ask(&secret[..1]), required);
        let mut both = secret.to_vec();
        both.extend([("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)]);
        assert_eq!(world.ask(&both), Err("client_auth.two_methods"));
    }
    for method in [
        TokenEndpointAuthMethod::None,
        TokenEndpointAuthMethod::ClientSecretPost,
        TokenEndpointAuthMethod::ClientSecretBasic,
        TokenEndpointAuthMethod::Foreign("badge".to_owned()),
    ] {
        let world = World::of(method, std::slice::from_ref(&pair));
        assert_eq!(world.present(&assertion), Err("client_auth.assertion_not_registered"));
    }
}
