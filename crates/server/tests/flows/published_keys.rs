use countersign_crypto::OpenSslVerifier;
use countersign_jose::{Algorithm, JoseError, PublicKey, Verifier as _, decode_base64url};
use countersign_storage::TokenDialect;
use countersign_testkit::{AUDIENCE, USER_ID};

use crate::support::{Harness, Published, Request, WEB_ID, certificate_parts, names, on_every_backend, sha1};

fn bytes(text: &str) -> Vec<u8> {
    // `x5c` is plain base64 (RFC 7517 §4.7).
    decode_base64url(&text.trim_end_matches('=').replace('+', "-").replace('/', "_")).unwrap()
}

#[test]
fn core_247_current_and_next_key_are_published_with_their_certificates() {
    on_every_backend(|server| {
        let keys = Published::fetch(server).0;
        assert_eq!(keys.len(), 2, "current and next");
        let verifier = OpenSslVerifier::new().unwrap();
        for key in &keys {
            assert_eq!((&key["kty"], &key["alg"]), (&"RSA".into(), &"RS256".into()));
            assert_eq!((&key["use"], &key["e"]), (&"sig".into(), &"AQAB".into()));
            let modulus = decode_base64url(key["n"].as_str().unwrap()).unwrap();
            assert_eq!(modulus.len(), 256, "2048 bits");
            let chain = key["x5c"].as_array().unwrap();
            assert_eq!(chain.len(), 1);
            let certificate = bytes(chain[0].as_str().unwrap());
            assert_eq!(key["x5t"], sha1(&certificate));
            // The certificate is of this key, and signed by it.
            assert!(certificate.windows(256).any(|window| window == modulus));
            let (signed, signature) = certificate_parts(&certificate);
            let public = PublicKey::from_jwk(key).unwrap();
            verifier.verify(Algorithm::RS256, &public, signed, signature).unwrap();
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.get(private).is_none());
            }
        }
        assert_ne!(keys[0]["kid"], keys[1]["kid"]);
        let current = server.web_tokens("openid", AUDIENCE).jose_header("access_token")["kid"].clone();
        assert!(keys.iter().any(|key| key["kid"] == current));
    });
}

#[test]
fn sha1_is_sha1() {
    // FIPS 180-4's example.
    let abc = decode_base64url(&sha1(b"abc")).unwrap();
    assert_eq!(abc[..4], [0xa9, 0x99, 0x3e, 0x36]);
    assert_eq!(abc[16..], [0x9c, 0xd0, 0xd8, 0x9d]);
}

#[test]
fn core_249_scripts_of_any_origin_may_read_them() {
    on_every_backend(|server| {
        for path in [
            "/.well-known/jwks.json",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
        ] {
            for origin in ["https://anywhere.example", "null"] {
                let request = Request::get(server.url(path)).header("origin", origin);
                let answer = server.send(&request).expect(200);
                assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
                assert!(answer.header("access-control-allow-credentials").is_none());
            }
            let cache = server.get(path);
            assert!(
                cache.header("cache-control").is_some_and(|value| value.starts_with("public")),
                "{cache:?}"
            );
        }
    });
}

#[test]
fn the_published_keys_verify_every_token_and_no_other() {
    on_every_backend(|server| {
        let published = Published::fetch(server);
        let tokens = server.web_tokens("openid read:things", AUDIENCE);
        let access = tokens.text("access_token");
        let claims = published.verify(&access, Algorithm::RS256, "JWT").unwrap();
        assert_eq!((&claims["sub"], &claims["iss"]), (&USER_ID.into(), &server.issuer().into()));
        assert!(names(&claims, AUDIENCE));
        let id_token = published.verify(&tokens.text("id_token"), Algorithm::RS256, "JWT").unwrap();
        assert_eq!(id_token["aud"], WEB_ID);
        tampered(&published, &access, Algorithm::RS256, "JWT");
    });
}

#[test]
fn an_es256_api_in_rfc_9068s_dialect_verifies_too() {
    on_every_backend(|server| {
        server.change_api(|api| {
            api.settings.signing_alg = Algorithm::ES256;
            api.settings.token_dialect = TokenDialect::Rfc9068Profile;
        });
        let token = server.machine_token(AUDIENCE).text("access_token");
        let published = Published::fetch(server);
        let claims = published.verify(&token, Algorithm::ES256, "at+jwt").unwrap();
        assert_eq!(claims["aud"], AUDIENCE);
        tampered(&published, &token, Algorithm::ES256, "at+jwt");
    });
}

/// One bit of payload or signature spoils it.
fn tampered(published: &Published, token: &str, algorithm: Algorithm, typ: &str) {
    let parts: Vec<&str> = token.split('.').collect();
    for part in [1, 2] {
        let mut changed = decode_base64url(parts[part]).unwrap();
        // Inside a claim's text, so that the payload is JSON still.
        let at = changed.len() / 2;
        changed[at] ^= 1;
        let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        parts[part] = countersign_jose::encode_base64url(changed);
        let refused = published.verify(&parts.join("."), algorithm, typ);
        assert_eq!(refused, Err(JoseError::Signature));
    }
}

#[test]
fn both_domains_publish_the_same_keys() {
    let server = Harness::new();
    let other = Request::get(format!("{}/.well-known/jwks.json", server.http));
    assert_eq!(
        server.send(&other).expect(200).json()["keys"],
        server.get("/.well-known/jwks.json").json()["keys"]
    );
}
