//! Callers of the gateway: those that sign, and those that try.
#![cfg(test)]

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use api_gateway::{Callers, Gateway, UsedAssertions, serve};
use countersign_jose::encode_base64url;
use countersign_oauth::{Error, Timestamp};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use tiny_http::{Response, Server};

const URL: &str = "https://gateway.example";

/// A caller's key on P-256; the number makes it another one.
struct Key(SigningKey);

impl Key {
    fn new(number: u8) -> Self {
        Self(SigningKey::from_slice(&[number; 32]).unwrap())
    }

    /// `SubjectPublicKeyInfo` (RFC 5480 §2): what stands before the point is the same for every key on P-256.
    fn pem(&self) -> String {
        let head = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
        let point = self.0.verifying_key().to_sec1_point(false);
        let rest = encode_base64url(&point.as_bytes()[1..]).replace('-', "+").replace('_', "/");
        // 27 bytes stand before the coordinates, so that the base64 of both may follow each other.
        format!("-----BEGIN PUBLIC KEY-----\n{head}{rest}==\n-----END PUBLIC KEY-----\n")
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let input =
            format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()));
        let signature: Signature = self.0.sign(input.as_bytes());
        format!("{input}.{}", encode_base64url(signature.to_bytes()))
    }

    fn assertion(&self, claims: &Value) -> String {
        self.sign(&json!({ "alg": "ES256" }), claims)
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_seconds(since.as_secs().try_into().unwrap())
}

fn claims(jti: &str) -> Value {
    let at = now().seconds();
    json!({ "iss": "reports", "sub": "reports", "aud": format!("{URL}/"), "jti": jti, "iat": at, "exp": at + 60 })
}

fn gateway_before(upstream: &str, room: usize) -> Gateway {
    let callers = json!([
        { "id": "reports", "keys": [Key::new(1).pem(), Key::new(2).pem()] },
        { "id": "billing", "keys": [Key::new(3).pem()] },
    ]);
    let callers = Callers::parse(&callers.to_string()).unwrap();
    Gateway::new(callers, UsedAssertions::new(room), URL, upstream)
}

fn gateway() -> Gateway {
    gateway_before("http://127.0.0.1:1", 100)
}

/// The caller, or the rule that was broken.
fn outcome(gateway: &Gateway, assertion: &str) -> Result<String, &'static str> {
    match gateway.authenticate(assertion, now()) {
        Ok(caller) => Ok(caller.to_string()),
        Err(Error::Refused(refusal)) => Err(refusal.rule),
        Err(Error::Fault(_)) => Err("fault"),
    }
}

#[test]
fn a_caller_signs_with_either_of_its_keys() {
    let gateway = gateway();
    assert_eq!(outcome(&gateway, &Key::new(1).assertion(&claims("1"))), Ok("reports".to_owned()));
    assert_eq!(outcome(&gateway, &Key::new(2).assertion(&claims("2"))), Ok("reports".to_owned()));
    let foreign = Key::new(3).assertion(&claims("3"));
    assert_eq!(outcome(&gateway, &foreign), Err("client_auth.assertion_signature"));
}

#[test]
fn each_rule_of_an_assertion_is_held() {
    let gateway = gateway();
    let at = now().seconds();
    for (name, value, rule) in [
        ("aud", json!("https://other.example/"), "client_auth.assertion_audience"),
        ("aud", json!([format!("{URL}/"), "https://other.example/"]), "client_auth.assertion_audience"),
        ("exp", json!(at), "client_auth.assertion_expired"),
        ("exp", json!(at + 400), "client_auth.assertion_lifetime"),
        ("iat", json!(at + 60), "client_auth.assertion_not_yet_valid"),
        ("iss", json!("billing"), "client_auth.assertion_subject"),
        ("jti", json!(""), "client_auth.assertion_jti"),
    ] {
        let mut claims = claims(name);
        claims[name] = value;
        assert_eq!(outcome(&gateway, &Key::new(1).assertion(&claims)), Err(rule), "{name}");
    }
    for alg in ["none", "HS256", "RS256"] {
        let forged = Key::new(1).sign(&json!({ "alg": alg }), &claims(alg));
        assert_eq!(outcome(&gateway, &forged), Err("client_auth.assertion_algorithm"), "{alg}");
    }
}

#[test]
fn an_assertion_counts_once_however_many_show_it_at_once_and_a_flood_is_held_off() {
    let gateway = Arc::new(gateway_before("http://127.0.0.1:1", 2));
    let assertion = Key::new(1).assertion(&claims("1"));
    let passed = std::thread::scope(|scope| {
        let started: Vec<_> =
            (0..32).map(|_| scope.spawn(|| outcome(&gateway, &assertion).is_ok())).collect();
        started.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
    });
    assert_eq!(passed, 1);
    assert!(outcome(&gateway, &Key::new(1).assertion(&claims("2"))).is_ok());
    assert_eq!(outcome(&gateway, &Key::new(1).assertion(&claims("3"))), Err("fault"));
}

#[test]
fn keys_that_cannot_be_used_are_named_at_start() {
    let parse = |keys: Value| Callers::parse(&json!([{ "id": "a", "keys": keys }]).to_string()).unwrap_err();
    assert!(parse(json!([])).contains("must have one key"));
    assert!(parse(json!([Key::new(1).pem().replace("PUBLIC", "PRIVATE")])).starts_with("a: "));
    let twice =
        json!([{ "id": "a", "keys": [Key::new(1).pem()] }, { "id": "a", "keys": [Key::new(1).pem()] }]);
    assert_eq!(Callers::parse(&twice.to_string()).unwrap_err(), "a stands twice");
}

#[test]
fn the_api_behind_learns_who_calls_and_nobody_makes_it_up() {
    let api = Arc::new(Server::http("127.0.0.1:0").unwrap());
    let upstream = format!("http://{}", api.server_addr().to_ip().unwrap());
    let gateway = Arc::new(gateway_before(&upstream, 100));
    let front = Arc::new(Server::http("127.0.0.1:0").unwrap());
    let url = format!("http://{}/orders?page=2", front.server_addr().to_ip().unwrap());
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let agent: ureq::Agent = config.new_agent();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut request = api.recv().unwrap();
            let mut body = String::new();
            request.as_reader().read_to_string(&mut body).unwrap();
            let callers = request.headers().iter().filter(|header| header.field.equiv("X-Client-Id"));
            let callers: Vec<String> = callers.map(|header| header.value.to_string()).collect();
            let assertion = request.headers().iter().any(|header| header.field.equiv("Client-Assertion"));
            let said =
                json!({ "url": request.url(), "callers": callers, "body": body, "assertion": assertion });
            request.respond(Response::from_string(said.to_string()).with_status_code(201)).unwrap();
        });
        scope.spawn(|| serve(&front, &gateway, 2));
        let forged = agent.post(&url).header("X-Client-Id", "billing").send("{}").unwrap();
        assert_eq!(forged.status(), 400);
        let assertion = Key::new(1).assertion(&claims("1"));
        let send = || {
            let request = agent.post(&url).header("X-Client-Id", "billing");
            request.header("Client-Assertion", &assertion).send("an order").unwrap()
        };
        let mut passed = send();
        assert_eq!(passed.status(), 201);
        let said: Value = serde_json::from_str(&passed.body_mut().read_to_string().unwrap()).unwrap();
        let expected = json!({
            "url": "/orders?page=2", "callers": ["reports"], "body": "an order", "assertion": false,
        });
        assert_eq!(said, expected);
        assert_eq!(send().status(), 401);
        front.unblock();
        front.unblock();
    });
}
