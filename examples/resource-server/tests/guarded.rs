//! The API behind a running Countersign: who passes, and what everybody else is told.

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use countersign_jose::{Compact, encode_base64url};
use countersign_oauth::Seconds;
use resource_server::{Refusal, Shown};
use serde_json::{Value, json};
use support::{Answered, Call, Countersign, Key, Served, guard, now};

/// Another API, one that signs with RS256, and one that takes unbound tokens.
const OTHERS: [&str; 3] =
    ["https://stock.example.test", "https://plain.example.test", "https://open.example.test"];

/// Everything that a test needs: issuer, API, a client's key and its token.
struct World {
    countersign: Countersign,
    url: String,
    key: Key,
    token: String,
    _served: Served,
}

impl World {
    fn new() -> Self {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        let url = format!("http://{}", server.server_addr());
        let countersign = Countersign::start([&url, OTHERS[0], OTHERS[1], OTHERS[2]]);
        let served = Served::start(server, guard(&countersign, &url, 1000).0);
        let key = Key::generate();
        let token = countersign.token(&url, "read:orders", Some(&key));
        Self { countersign, url, key, token, _served: served }
    }

    fn orders(&self) -> String {
        format!("{}/orders", self.url)
    }

    /// A nonce, as any answer brings one.
    fn nonce(&self) -> String {
        Call::new("GET", &self.orders()).send().header("DPoP-Nonce").unwrap().to_owned()
    }

    /// The claims of a proof that passes.
    fn claims(&self) -> Value {
        self.key.claims_for("GET", &self.orders(), &self.token, &self.nonce())
    }

    fn show(&self, token: &str, proof: &str) -> Answered {
        let call = Call::new("GET", &self.orders()).header("Authorization", &format!("DPoP {token}"));
        call.header("DPoP", proof).send()
    }

    /// Signs changed claims and shows them with the right token.
    fn try_claims(&self, change: impl FnOnce(&mut Value)) -> Answered {
        let mut claims = self.claims();
        change(&mut claims);
        self.show(&self.token, &self.key.sign(&claims))
    }

    /// Shows another token with a proof that is right for it.
    fn try_token(&self, token: &str) -> Answered {
        let claims = self.key.claims_for("GET", &self.orders(), token, &self.nonce());
        self.show(token, &self.key.sign(&claims))
    }

    fn challenge(&self, error: &str, description: &str) -> String {
        let (url, algs) = (&self.url, r#"DPoP algs="ES256""#);
        format!(
            r#"{algs}, error="{error}", error_description="{description}", resource_metadata="{url}/.well-known/oauth-protected-resource""#
        )
    }

    #[track_caller]
    fn refuses(&self, answer: &Answered, error: &str, description: &str) {
        assert_eq!(answer.header("WWW-Authenticate"), Some(self.challenge(error, description).as_str()));
        assert_eq!(answer.status, if error == "invalid_request" { 400 } else { 401 });
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert!(answer.header("DPoP-Nonce").is_some());
        assert!(!answer.body.contains("orders"), "{}", answer.body);
    }
}

/// RFC 9449 §7.1, §9.
#[test]
fn a_bound_token_passes_with_a_proof_of_its_key_once() {
    let world = World::new();
    let mut claims = world.claims();
    claims.as_object_mut().unwrap().remove("nonce");
    let first = world.show(&world.token, &world.key.sign(&claims));
    world.refuses(&first, "use_dpop_nonce", "The DPoP proof must carry the nonce of the DPoP-Nonce header");
    let nonce = first.header("DPoP-Nonce").unwrap();
    let proof = world.key.sign(&world.key.claims_for("GET", &world.orders(), &world.token, nonce));
    let passed = world.show(&world.token, &proof);
    assert_eq!(passed.status, 200, "{}", passed.body);
    let body: Value = serde_json::from_str(&passed.body).unwrap();
    assert_eq!(body, json!({ "orders": [], "for": "machine@clients", "client": "machine" }));
    let again = world.show(&world.token, &proof);
    world.refuses(&again, "invalid_dpop_proof", "The DPoP proof was used before");
}

/// RFC 6750 §3, §3.1, RFC 9449 §7.1, §7.2, RFC 9728 §5.1.
#[test]
fn who_shows_no_token_or_shows_it_otherwise_is_told_how() {
    let world = World::new();
    let bare = format!(
        r#"DPoP algs="ES256", resource_metadata="{}/.well-known/oauth-protected-resource""#,
        world.url
    );
    let authorized = |values: &[&str]| {
        let call = Call::new("GET", &world.orders());
        values.iter().fold(call, |call, value| call.header("Authorization", value)).send()
    };
    for values in [&[][..], &["Basic YTpi"], &["Negotiate"]] {
        let answer = authorized(values);
        assert_eq!(
            (answer.status, answer.header("WWW-Authenticate")),
            (401, Some(bare.as_str())),
            "{values:?}"
        );
    }
    let bound = format!("DPoP {}", world.token);
    let as_bearer = authorized(&[&format!("Bearer {}", world.token)]);
    world.refuses(&as_bearer, "invalid_token", "Show the token as DPoP");
    world.refuses(&authorized(&["DPoP "]), "invalid_request", "The Authorization header has no token");
    let twice = authorized(&[&bound, &bound]);
    world.refuses(&twice, "invalid_request", "The request has more than one Authorization header");
    world.refuses(&authorized(&[&bound]), "invalid_request", "The request has no DPoP header");
    let in_url = Call::new("GET", &format!("{}?access_token={}", world.orders(), world.token)).send();
    assert_eq!((in_url.status, in_url.header("WWW-Authenticate")), (401, Some(bare.as_str())));
}

/// RFC 9449 §4.3.
#[test]
fn a_proof_that_breaks_a_rule_is_refused() {
    let world = World::new();
    let invalid = |answer: &Answered, description: &str| {
        world.refuses(answer, "invalid_dpop_proof", description);
    };
    let other_method = world.try_claims(|claims| claims["htm"] = "POST".into());
    invalid(&other_method, "The DPoP proof is for the method POST, not GET");
    let elsewhere = format!("{}/stock", world.url);
    let other_url = world.try_claims(|claims| claims["htu"] = elsewhere.as_str().into());
    invalid(&other_url, &format!("The DPoP proof is for the URL {elsewhere}, not {}", world.orders()));
    let other_token = world.try_claims(|claims| claims["ath"] = encode_base64url([0; 32]).into());
    invalid(&other_token, "The DPoP proof's ath is not the access token's hash");
    let no_token = world.try_claims(|claims| drop(claims.as_object_mut().unwrap().remove("ath")));
    invalid(&no_token, "The DPoP proof has no ath");
    let old = world.try_claims(|claims| claims["iat"] = (now().seconds() - 100).into());
    invalid(&old, "The DPoP proof was made too long ago");
    let good = world.key.sign(&world.claims());
    let forged = format!("{}{}", &good[..good.len() - 86], "A".repeat(86));
    invalid(&world.show(&world.token, &forged), "The DPoP proof's signature does not verify with its jwk");
    let call = Call::new("GET", &world.orders()).header("Authorization", &format!("DPoP {}", world.token));
    let two = call.header("DPoP", &good).header("DPoP", &good).send();
    invalid(&two, "The request has more than one DPoP header");
    // None of them spent the good one.
    assert_eq!(world.show(&world.token, &good).status, 200);
}

/// RFC 9449 §8, §9.
#[test]
fn a_nonce_that_is_old_or_foreign_is_answered_with_a_new_one() {
    let world = World::new();
    let foreign = world.try_claims(|claims| claims["nonce"] = "AAAA".into());
    world.refuses(&foreign, "use_dpop_nonce", "The DPoP proof's nonce is not one of this server");
    // The guard itself, as it was six minutes ago.
    let (guard, _) = guard(&world.countersign, &world.url, 10);
    let (now, shown) = (now(), |proof: String| shown(&world.token, proof));
    let old = guard.nonce(now.minus(Seconds(360)));
    let claims = world.key.claims_for("GET", &world.orders(), &world.token, &old);
    let refusal = guard.check(&shown(world.key.sign(&claims)), "read:orders", now).unwrap_err();
    assert_eq!(refusal, Refusal::Proof(countersign_dpop::DpopError::NonceStale));
    assert_eq!(refusal.answer("").status, 401);
    let claims = world.key.claims_for("GET", &world.orders(), &world.token, &guard.nonce(now));
    assert!(guard.check(&shown(world.key.sign(&claims)), "read:orders", now).is_ok());
}

fn shown(token: &str, proof: String) -> Shown<'static> {
    Shown { method: "GET", path: "/orders", authorization: vec![format!("DPoP {token}")], dpop: vec![proof] }
}

/// RFC 9449 §6.1, RFC 9068 §4.
#[test]
fn a_token_that_is_not_for_this_api_and_key_is_refused() {
    let world = World::new();
    let invalid = |answer: &Answered, description: &str| {
        world.refuses(answer, "invalid_token", description);
    };
    let thief = Key::generate();
    let claims = thief.claims_for("GET", &world.orders(), &world.token, &world.nonce());
    invalid(&world.show(&world.token, &thief.sign(&claims)), "The token is bound to another key");
    let issue = |audience| world.countersign.token(audience, "read:orders", Some(&world.key));
    invalid(&world.try_token(&issue(OTHERS[0])), "The token is for another API");
    let not_one = "The token is not one of the issuer's access tokens";
    invalid(&world.try_token(&issue(OTHERS[1])), not_one);
    let good = Compact::parse(&world.token).unwrap();
    let mut claims: Value = serde_json::from_slice(&good.payload).unwrap();
    assert_eq!(claims["cnf"]["jkt"], world.key.thumbprint().as_str());
    claims["scope"] = "read:orders write:orders".into();
    let header = world.token.split('.').next().unwrap();
    let wider =
        format!("{header}.{}.{}", encode_base64url(claims.to_string()), encode_base64url(&good.signature));
    invalid(&world.try_token(&wider), not_one);
    for header in [
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": "unknown" }),
        json!({ "typ": "at+jwt", "alg": "none", "kid": good.header.kid }),
        json!({ "typ": "at+jwt", "alg": "HS256", "kid": good.header.kid }),
        json!({ "typ": "JWT", "alg": "ES256", "kid": good.header.kid }),
    ] {
        invalid(&world.try_token(&world.key.sign_under(&header, &claims)), not_one);
    }
    let unbound = world.countersign.token(OTHERS[2], "read:orders", None);
    let (open, _) = guard(&world.countersign, OTHERS[2], 10);
    let claims = world.key.claims_for("GET", &format!("{}/orders", OTHERS[2]), &unbound, &open.nonce(now()));
    let refused = open.check(&shown(&unbound, world.key.sign(&claims)), "read:orders", now()).unwrap_err();
    assert_eq!(refused, Refusal::Unbound);
}

/// RFC 6750 §3.1.
#[test]
fn scopes_that_do_not_reach_are_told_which_would() {
    let world = World::new();
    let claims = world.key.claims_for("POST", &world.orders(), &world.token, &world.nonce());
    let call = Call::new("POST", &world.orders()).header("Authorization", &format!("DPoP {}", world.token));
    let answer = call.header("DPoP", &world.key.sign(&claims)).send();
    assert_eq!(answer.status, 403);
    let expected = format!(
        r#"DPoP algs="ES256", error="insufficient_scope", error_description="The token's scopes do not reach so far", scope="write:orders", resource_metadata="{}/.well-known/oauth-protected-resource""#,
        world.url
    );
    assert_eq!(answer.header("WWW-Authenticate"), Some(expected.as_str()));
    let writer = world.countersign.token(&world.url, "write:orders", Some(&world.key));
    let claims = world.key.claims_for("POST", &world.orders(), &writer, &world.nonce());
    let call = Call::new("POST", &world.orders()).header("Authorization", &format!("DPoP {writer}"));
    assert_eq!(call.header("DPoP", &world.key.sign(&claims)).send().status, 200);
}

/// RFC 9728 §3.2.
#[test]
fn the_metadata_names_the_issuer() {
    let world = World::new();
    let answer = Call::new("GET", &format!("{}/.well-known/oauth-protected-resource", world.url)).send();
    let metadata: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(metadata["resource"], world.url.as_str());
    assert_eq!(metadata["authorization_servers"], json!([world.countersign.issuer]));
    assert_eq!(metadata["dpop_bound_access_tokens_required"], true);
}

#[test]
fn keys_are_fetched_when_a_kid_is_unknown_and_no_more_often_than_every_half_minute() {
    let world = World::new();
    let (guard, fetches) = guard(&world.countersign, &world.url, 1000);
    let start = now();
    let check = |token: &str, after: i64| {
        let now = start.plus(Seconds(after));
        let mut claims = world.key.claims_for("GET", &world.orders(), token, &guard.nonce(now));
        claims["iat"] = now.seconds().into();
        guard.check(&shown(token, world.key.sign(&claims)), "read:orders", now).map(|caller| caller.subject)
    };
    let forged = |kid: &str| {
        let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid });
        world.key.sign_under(&header, &json!({}))
    };
    let refused = Err(Refusal::Token(countersign_jose::JoseError::Key));
    assert_eq!(check(&world.token, 0), Ok("machine@clients".to_owned()));
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    for number in 0..20 {
        assert_eq!(check(&forged(&format!("kid-{number}")), 29), refused);
    }
    assert_eq!(fetches.load(Ordering::SeqCst), 1, "a forged kid costs the issuer nothing");
    assert_eq!(check(&forged("kid"), 30), refused);
    assert_eq!(check(&forged("kid"), 31), refused);
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
    assert!(check(&world.token, 600).is_ok());
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
    assert!(check(&world.token, 631).is_ok());
    assert_eq!(fetches.load(Ordering::SeqCst), 3, "old keys are fetched again");
    drop(world.countersign);
    let check_alone = |after: i64| {
        let now = start.plus(Seconds(after));
        let mut claims =
            world.key.claims_for("GET", &format!("{}/orders", world.url), &world.token, &guard.nonce(now));
        claims["iat"] = now.seconds().into();
        guard.check(&shown(&world.token, world.key.sign(&claims)), "read:orders", now).map(|_| ())
    };
    assert_eq!(check_alone(1300), Ok(()), "an issuer that is away for some minutes stops nobody");
    assert_eq!(check_alone(86_400), Err(Refusal::Token(countersign_jose::JoseError::Expired)));
    assert_eq!(check_alone(2 * 86_400), Err(Refusal::Unavailable), "but not for ever");
    assert_eq!(Refusal::Unavailable.answer("").status, 503);
    assert_eq!(Refusal::Unavailable.answer("").retry_after, Some(5));
}

#[test]
fn proofs_are_remembered_up_to_the_room_and_no_further() {
    let world = World::new();
    let (guard, _) = guard(&world.countersign, &world.url, 3);
    let start = now();
    let check = |after: i64| {
        let now = start.plus(Seconds(after));
        let mut claims = world.key.claims_for("GET", &world.orders(), &world.token, &guard.nonce(now));
        claims["iat"] = now.seconds().into();
        guard.check(&shown(&world.token, world.key.sign(&claims)), "read:orders", now).map(|_| ())
    };
    for _ in 0..3 {
        assert_eq!(check(0), Ok(()));
    }
    assert_eq!(check(0), Err(Refusal::Unavailable));
    assert_eq!(check(121), Ok(()), "there is room again when proofs are over");
}
