//! One table of bad JWTs against every place that takes one: the access token at userinfo, the hint at
//! authorize, the DPoP proof (SP-059 to SP-066).

use countersign_jose::{decode_base64url, encode_base64url};
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};
use serde_json::{Value, json};

use crate::forgery::{hmac_sha256, public_key_of};
use crate::kit::{asking, redeeming, refreshing};
use crate::support::{
    Browser, DpopKey, Harness, MACHINE_ID, MACHINE_SECRET, Request, Response, WEB_ID, authorize_url,
};

/// Good tokens of one login, and the browser that has its session.
struct Signed {
    server: Harness,
    browser: Browser,
    access_token: String,
    id_token: String,
    refresh_token: String,
}

fn signed_in() -> Signed {
    let server = Harness::new();
    let mut browser = server.browser();
    let asked = [("audience", AUDIENCE), ("scope", "openid offline_access read:things")];
    let url = authorize_url(&server.https, &asking(WEB_ID, &asked));
    let callback = browser.log_in(&url, EMAIL, PASSWORD);
    let tokens = server.token(&redeeming(WEB_ID, callback.code(), &[])).expect(200);
    let (access_token, id_token) = (tokens.text("access_token"), tokens.text("id_token"));
    Signed { access_token, id_token, refresh_token: tokens.text("refresh_token"), browser, server }
}

impl Signed {
    fn as_access_token(&self, token: &str) -> Response {
        self.server.userinfo_of(token)
    }

    /// A silent request that a good hint lets pass.
    fn as_hint(&mut self, token: &str) -> Response {
        let asked = asking(WEB_ID, &[("prompt", "none"), ("id_token_hint", token)]);
        self.browser.get(&authorize_url(&self.server.https, &asked))
    }

    fn as_proof(&self, proof: &str) -> Response {
        self.server.send(&machine_request(&self.server).header("dpop", proof))
    }

    /// Fails unless every input refuses it.
    fn refused_everywhere(&mut self, token: &str) {
        let answer = self.as_access_token(token).expect(401);
        assert_eq!(answer.text("error"), "invalid_token", "{token}");
        assert!(answer.header("www-authenticate").unwrap().contains("invalid_token"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        self.as_hint(token).goes_back(302, "login_required");
    }
}

fn machine_request(server: &Harness) -> Request {
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", MACHINE_ID),
        ("client_secret", MACHINE_SECRET),
        ("audience", AUDIENCE),
    ];
    Request::post_form(server.url("/oauth/token"), &pairs)
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().unwrap()
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&decode_base64url(parts(token)[0]).unwrap()).unwrap()
}

/// The same claims and signature under another header.
fn reheaded(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut changed = header(token);
    change(&mut changed);
    let [_, payload, signature] = parts(token);
    format!("{}.{payload}.{signature}", encode_base64url(changed.to_string()))
}

/// `none` in all sixteen letter cases.
fn nones() -> Vec<String> {
    (0..16_u32)
        .map(|bits| {
            let letter = |(at, letter): (usize, char)| {
                if bits >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
            };
            "none".chars().enumerate().map(letter).collect()
        })
        .collect()
}

#[test]
fn sp_059_alg_none_is_refused_in_every_letter_case_at_every_input() {
    let mut signed = signed_in();
    signed.as_access_token(&signed.access_token).expect(200);
    let (access_token, id_token) = (signed.access_token.clone(), signed.id_token.clone());
    assert!(signed.as_hint(&id_token).expect(302).header("location").unwrap().contains("code="));
    for none in nones() {
        for token in [&access_token, &id_token] {
            let unsigned = reheaded(token, |header| header["alg"] = none.as_str().into());
            let [head, payload, signature] = parts(&unsigned);
            for form in [
                unsigned.clone(),
                format!("{head}.{payload}."),
                format!("{head}.{payload}"),
                format!("{head}.{payload}.."),
                format!("{head}.{payload}.{signature}.{signature}"),
            ] {
                signed.refused_everywhere(&form);
            }
        }
        let key = DpopKey::generate();
        let url = signed.server.url("/oauth/token");
        let claims = key.claims("POST", &url, signed.server.now());
        let mut head = key.header();
        head["alg"] = none.as_str().into();
        let proof = key.sign_under(&head, &claims);
        let unsigned = format!("{}.", proof.rsplit_once('.').unwrap().0);
        for proof in [&proof, &unsigned] {
            let answer = signed.as_proof(proof).expect(400);
            assert_eq!(answer.text("error"), "invalid_dpop_proof");
        }
    }
}

#[test]
fn sp_060_hmac_with_our_public_key_is_refused() {
    let mut signed = signed_in();
    let keys = signed.server.get("/.well-known/jwks.json").expect(200).json()["keys"].clone();
    let mut secrets: Vec<Vec<u8>> = vec![Vec::new(), b"test-client-secret".to_vec()];
    for key in keys.as_array().unwrap() {
        secrets.push(key.to_string().into_bytes());
        for text in ["n", "e", "x", "y", "kid"].iter().filter_map(|name| key[*name].as_str()) {
            secrets.push(text.as_bytes().to_vec());
            secrets.push(decode_base64url(text).unwrap_or_default());
        }
        let Some(certificate) = key["x5c"][0].as_str() else { continue };
        let der =
            decode_base64url(&certificate.replace('+', "-").replace('/', "_").replace('=', "")).unwrap();
        let key = public_key_of(&der).to_vec();
        for (label, bytes) in [("CERTIFICATE", &der), ("PUBLIC KEY", &key)] {
            let lines: Vec<String> = crate::kit::base64_of(bytes)
                .as_bytes()
                .chunks(64)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect();
            let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"));
            secrets.push(format!("{pem}\n").into_bytes());
            secrets.push(pem.into_bytes());
            secrets.push(bytes.clone());
        }
    }
    assert!(secrets.len() > 12, "{}", secrets.len());
    for token in [signed.access_token.clone(), signed.id_token.clone()] {
        for secret in &secrets {
            for keeps_kid in [true, false] {
                let mut head = header(&token);
                head["alg"] = "HS256".into();
                if !keeps_kid {
                    head.as_object_mut().unwrap().remove("kid");
                }
                let input = format!("{}.{}", encode_base64url(head.to_string()), parts(&token)[1]);
                let mac = encode_base64url(hmac_sha256(secret, input.as_bytes()));
                signed.refused_everywhere(&format!("{input}.{mac}"));
            }
        }
        for alg in ["ES256", "PS256", "RS384", "RS512", "HS512", "EdDSA", "rs256", ""] {
            signed.refused_everywhere(&reheaded(&token, |header| header["alg"] = alg.into()));
        }
    }
}

#[test]
fn sp_061_keys_in_the_header_are_not_used() {
    let mut signed = signed_in();
    let attacker = DpopKey::generate();
    let jwk = attacker.header()["jwk"].clone();
    for token in [signed.access_token.clone(), signed.id_token.clone()] {
        let claims: Value = serde_json::from_slice(&decode_base64url(parts(&token)[1]).unwrap()).unwrap();
        let kid = header(&token)["kid"].clone();
        for smuggled in [
            json!({ "jwk": jwk }),
            json!({ "jku": "https://evil.example/jwks.json" }),
            json!({ "x5u": "https://evil.example/cert.pem" }),
            json!({ "x5c": ["MIIB"] }),
            json!({ "jwk": jwk, "kid": kid }),
            json!({ "kid": "../../../../dev/null" }),
            json!({ "kid": "' UNION SELECT 1 --" }),
            json!({ "kid": "x".repeat(9000) }),
            json!({ "kid": null }),
            json!({ "kid": [kid] }),
        ] {
            let mut head = json!({ "alg": "ES256", "typ": header(&token)["typ"] });
            head.as_object_mut().unwrap().extend(smuggled.as_object().unwrap().clone());
            signed.refused_everywhere(&attacker.sign_under(&head, &claims));
        }
    }
}

#[test]
fn sp_063_no_token_passes_for_another_kind() {
    let mut signed = signed_in();
    let (access, id, refresh) =
        (signed.access_token.clone(), signed.id_token.clone(), signed.refresh_token.clone());
    let server = &signed.server;
    for token in [&id, &refresh] {
        server.userinfo_of(token).expect(401);
    }
    for token in [&access, &id, "null", "undefined"] {
        server.token(&refreshing(WEB_ID, token, &[])).expect_error(
            403,
            "invalid_grant",
            "Unknown or invalid refresh token.",
        );
        server.token(&redeeming(WEB_ID, token, &[])).expect_error(
            403,
            "invalid_grant",
            "Invalid authorization code",
        );
    }
    server.token(&redeeming(WEB_ID, &refresh, &[])).expect_error(
        403,
        "invalid_grant",
        "Invalid authorization code",
    );
    let callback = server.code_for(WEB_ID, &[]);
    server.token(&refreshing(WEB_ID, callback.code(), &[])).expect_error(
        403,
        "invalid_grant",
        "Unknown or invalid refresh token.",
    );
    server.userinfo_of(callback.code()).expect(401);
    for proof in [&access, &id, &refresh] {
        let answer = signed.as_proof(proof).expect(400);
        assert_eq!(answer.text("error"), "invalid_dpop_proof");
    }
    // A machine's token for an API, and an access token as hint.
    let machine = signed.server.send(&machine_request(&signed.server)).expect(200).text("access_token");
    signed.refused_everywhere(&machine);
    signed.as_hint(&access).goes_back(302, "login_required");
    signed.as_hint(&refresh).goes_back(302, "login_required");
}

#[test]
fn sp_065_sloppy_encodings_are_refused() {
    let mut signed = signed_in();
    for token in [signed.access_token.clone(), signed.id_token.clone()] {
        let [head, payload, signature] = parts(&token);
        let json = String::from_utf8(decode_base64url(head).unwrap()).unwrap();
        let again = |text: String| format!("{}.{payload}.{signature}", encode_base64url(text));
        let utf_16: Vec<u8> = json.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bad in [
            format!("{token}="),
            format!("{token}%3D"),
            format!("{head}=.{payload}.{signature}"),
            format!("{head}\n.{payload}.{signature}"),
            format!("{head} .{payload}.{signature}"),
            format!("{token}+"),
            format!(".{payload}.{signature}"),
            format!("{head}..{signature}"),
            "..".to_owned(),
            again(format!("\u{feff}{json}")),
            again(format!("{json} {{}}")),
            again(json.replacen('{', "{\"alg\":\"none\",", 1)),
            again(format!("{}{}", "[".repeat(1000), "]".repeat(1000))),
            again(json.replacen('{', &format!("{{\"x\":{}{},", "[".repeat(20), "]".repeat(20)), 1)),
            format!("{}.{payload}.{signature}", encode_base64url(utf_16)),
            reheaded(&token, |header| header["crit"] = json!(["exp"])),
            reheaded(&token, |header| header["b64"] = false.into()),
            reheaded(&token, |header| header["zip"] = "DEF".into()),
        ] {
            // Some of these bytes cannot stand in a header: then the body carries them.
            let body = [("access_token", bad.as_str())];
            signed.server.post("/userinfo", &body).expect(401);
            if bad != ".." {
                signed.as_hint(&bad).goes_back(302, "login_required");
            }
        }
        let long = reheaded(&token, |header| header["x"] = "x".repeat(17_000).into());
        signed.server.post("/userinfo", &[("access_token", &long)]).expect(401);
        // The last letter of a signature of 256 bytes has four bits that say nothing: only zeros are right.
        let last = signature.as_bytes()[signature.len() - 1];
        let other =
            if last == b'A' || last == b'Q' || last == b'g' || last == b'w' { last + 1 } else { last };
        if other != last {
            let loose =
                format!("{head}.{payload}.{}{}", &signature[..signature.len() - 1], char::from(other));
            signed.refused_everywhere(&loose);
        }
    }
}

#[test]
fn sp_066_one_letter_less_more_or_other_is_refused() {
    let mut signed = signed_in();
    for token in [signed.access_token.clone(), signed.id_token.clone()] {
        signed.refused_everywhere(&token[..token.len() - 1]);
        signed.refused_everywhere(&format!("{token}A"));
        for part in 0..3 {
            let mut changed: Vec<String> = parts(&token).iter().map(|part| (*part).to_owned()).collect();
            let middle = changed[part].len() / 2;
            let letter = if changed[part].as_bytes()[middle] == b'A' { "B" } else { "A" };
            changed[part].replace_range(middle..=middle, letter);
            signed.refused_everywhere(&changed.join("."));
        }
    }
    let server = &signed.server;
    let tokens = server.tokens_for(WEB_ID, &[]);
    let opaque = tokens.text("access_token");
    assert!(!opaque.contains('.'));
    server.userinfo_of(&opaque).expect(200);
    let refresh = tokens.text("refresh_token");
    for (cut, token) in
        [(&opaque[..opaque.len() - 1], &opaque), (&opaque[1..], &opaque), (&opaque[..8], &opaque)]
    {
        server.userinfo_of(cut).expect(401);
        server.userinfo_of(&format!("{token}A")).expect(401);
        server.userinfo_of(&token.to_uppercase()).expect(401);
    }
    for cut in [&refresh[1..], &refresh[..refresh.len() - 1], &format!("{refresh}A")] {
        server.token(&refreshing(WEB_ID, cut, &[])).expect_error(
            403,
            "invalid_grant",
            "Unknown or invalid refresh token.",
        );
    }
    server.token(&refreshing(WEB_ID, &refresh, &[])).expect(200);
}
