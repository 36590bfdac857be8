//! JWT access tokens in every dialect, claim by claim, and opaque ones.

use countersign_jose::Algorithm;
use countersign_oauth::{HandleHash, Seconds};
use countersign_storage::{Change, TokenDialect};
use countersign_testkit::vectors::RFC9449_THUMBPRINT;
use countersign_testkit::{AUDIENCE, NOW, TEST_EC_KID, TEST_RSA_KID, USER_ID, api, authorization};
use countersign_token::USERINFO_TOKEN_LIFETIME;
use serde_json::{Value, json};

use crate::world::{HOUR, access_token, api_of, bound, decode, for_client, for_user, mint, scope};

const AUTH0: [TokenDialect; 2] = [TokenDialect::AccessToken, TokenDialect::AccessTokenAuthz];
const RFC9068: [TokenDialect; 2] = [TokenDialect::Rfc9068Profile, TokenDialect::Rfc9068ProfileAuthz];

const IAT: i64 = 1_767_323_045;
const EXP: i64 = IAT + HOUR.0;

/// The claims without `jti`, and `jti`.
fn claims_and_jti(token: &str) -> (Value, Option<String>) {
    let (_, mut claims) = decode(token);
    let jti = claims.as_object_mut().unwrap().remove("jti");
    (claims, jti.map(|jti| jti.as_str().unwrap().to_owned()))
}

#[test]
fn a_users_token_in_auth0s_dialects_has_exactly_these_claims() {
    for dialect in AUTH0 {
        let plan = for_user(Some(api_of(dialect, Algorithm::RS256)), "openid read:things");
        let expected = json!({
            "iss": "https://login.example.com/", "sub": USER_ID,
            "aud": [AUDIENCE, "https://login.example.com/userinfo"],
            "azp": "test-client", "iat": IAT, "exp": EXP, "scope": "openid read:things",
        });
        assert_eq!(decode(&access_token(&plan)).1, expected, "{dialect:?}");
    }
}

/// RFC 9068 §2.2.
#[test]
fn a_users_token_in_the_rfc_dialects_has_exactly_these_claims() {
    for dialect in RFC9068 {
        let plan = for_user(Some(api_of(dialect, Algorithm::RS256)), "openid read:things");
        let (claims, jti) = claims_and_jti(&access_token(&plan));
        let expected = json!({
            "iss": "https://login.example.com/", "sub": USER_ID,
            "aud": [AUDIENCE, "https://login.example.com/userinfo"],
            "client_id": "test-client", "iat": IAT, "exp": EXP, "scope": "openid read:things",
        });
        assert_eq!(claims, expected, "{dialect:?}");
        assert_eq!(jti.map(|jti| jti.len()), Some(43), "256 bits");
    }
}

#[test]
fn a_clients_own_token_has_the_clients_subject_and_gty() {
    let plan = for_client(api_of(TokenDialect::AccessToken, Algorithm::RS256), "read:things");
    let expected = json!({
        "iss": "https://login.example.com/", "sub": "test-client@clients", "aud": AUDIENCE,
        "azp": "test-client", "iat": IAT, "exp": EXP, "scope": "read:things", "gty": "client-credentials",
    });
    assert_eq!(decode(&access_token(&plan)).1, expected);

    let plan = for_client(api_of(TokenDialect::Rfc9068Profile, Algorithm::RS256), "read:things");
    let expected = json!({
        "iss": "https://login.example.com/", "sub": "test-client@clients", "aud": AUDIENCE,
        "client_id": "test-client", "iat": IAT, "exp": EXP, "scope": "read:things",
    });
    assert_eq!(claims_and_jti(&access_token(&plan)).0, expected);
}

/// RFC 9068 §2.1.
#[test]
fn core_199_the_header_says_jwt_or_at_jwt_and_which_key_signed() {
    for (dialects, typ) in [(AUTH0, "JWT"), (RFC9068, "at+jwt")] {
        for dialect in dialects {
            for (algorithm, kid) in [
                (Algorithm::RS256, Some(TEST_RSA_KID)),
                (Algorithm::RS512, Some(TEST_RSA_KID)),
                (Algorithm::PS256, Some(TEST_RSA_KID)),
                (Algorithm::ES256, Some(TEST_EC_KID)),
                (Algorithm::HS256, None),
            ] {
                let token = access_token(&for_user(Some(api_of(dialect, algorithm)), "read:things"));
                let mut expected = json!({ "alg": algorithm.as_str(), "typ": typ });
                if let Some(kid) = kid {
                    expected["kid"] = json!(kid);
                }
                assert_eq!(decode(&token).0, expected);
            }
        }
    }
}

/// RFC 9068 §2.2: `client_id` and `jti`.
#[test]
fn core_200_each_dialect_names_the_client_its_own_way() {
    for (dialects, present, absent) in [
        (AUTH0, &["azp", "gty"][..], &["client_id", "jti"][..]),
        (RFC9068, &["client_id", "jti"], &["azp", "gty"]),
    ] {
        for dialect in dialects {
            for algorithm in [Algorithm::RS256, Algorithm::HS256] {
                let (_, claims) =
                    decode(&access_token(&for_client(api_of(dialect, algorithm), "read:things")));
                for name in present {
                    assert!(claims.get(name).is_some(), "{dialect:?} {name}");
                }
                for name in absent.iter().chain(&["nbf", "permissions", "sid", "auth_time", "acr", "amr"]) {
                    assert!(claims.get(name).is_none(), "{dialect:?} {name}");
                }
            }
        }
    }
}

#[test]
fn core_201_openid_on_an_asymmetric_api_adds_userinfo_to_an_array() {
    let userinfo = "https://login.example.com/userinfo";
    for algorithm in [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256] {
        for dialect in [TokenDialect::AccessToken, TokenDialect::Rfc9068Profile] {
            let aud = |granted| {
                decode(&access_token(&for_user(Some(api_of(dialect, algorithm)), granted))).1["aud"].clone()
            };
            assert_eq!(aud("openid read:things"), json!([AUDIENCE, userinfo]), "{algorithm}");
            for granted in ["read:things", "profile email", ""] {
                assert_eq!(aud(granted), json!(AUDIENCE), "{algorithm} {granted}");
            }
        }
    }
}

#[test]
fn core_202_tokens_of_an_hs256_api_never_list_userinfo() {
    for dialect in [TokenDialect::AccessToken, TokenDialect::Rfc9068Profile] {
        let plan = for_user(Some(api_of(dialect, Algorithm::HS256)), "openid profile read:things");
        assert_eq!(decode(&access_token(&plan)).1["aud"], json!(AUDIENCE));
    }
}

#[test]
fn an_empty_scope_is_left_out() {
    let (_, claims) = decode(&access_token(&for_user(Some(api()), "")));
    assert_eq!(claims.get("scope"), None);
}

/// RFC 9449 §6.1, RFC 7800 §3.1.
#[test]
fn core_101_a_proof_binds_token_and_token_type() {
    for dialect in [TokenDialect::AccessToken, TokenDialect::Rfc9068Profile] {
        let mut plan = for_user(Some(api_of(dialect, Algorithm::RS256)), "read:things");
        let unbound = mint(&plan).response;
        assert_eq!(unbound.token_type, "Bearer");
        assert_eq!(decode(&unbound.access_token).1.get("cnf"), None);

        plan.access_token.constraint = bound();
        let response = mint(&plan).response;
        assert_eq!(response.token_type, "DPoP");
        assert_eq!(decode(&response.access_token).1["cnf"], json!({ "jkt": RFC9449_THUMBPRINT }));
    }
}

#[test]
fn expires_in_is_the_span_from_iat_to_exp() {
    for seconds in [1, 3600, 86_400, 2_592_000] {
        let mut plan = for_user(Some(api()), "read:things");
        plan.access_token.lifetime = Seconds(seconds);
        let response = mint(&plan).response;
        let (_, claims) = decode(&response.access_token);
        assert_eq!(response.expires_in, Seconds(seconds));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), seconds);
    }
}

#[test]
fn a_users_token_leaves_a_row_that_knows_its_hash_and_end_alone() {
    let issued = mint(&for_user(Some(api()), "read:things"));
    let [Change::InsertAccessToken(row)] = &issued.changes.writes[..] else {
        panic!("{:?}", issued.changes.writes)
    };
    assert_eq!(row.handle, HandleHash::of(&issued.response.access_token));
    assert_eq!(row.authorization_id, Some(authorization().id));
    assert_eq!((&row.claims, row.denied_at), (&None, None));
    assert_eq!(row.expires_at, NOW.plus(HOUR));
}

#[test]
fn a_clients_own_token_costs_no_write() {
    let changes = mint(&for_client(api(), "read:things")).changes;
    assert!(changes.writes.is_empty() && changes.requires.is_empty(), "{changes:?}");
}

#[test]
fn an_opaque_token_tells_nothing_and_its_row_everything() {
    let mut plan = for_user(None, "openid email");
    plan.access_token.constraint = bound();
    plan.access_token.lifetime = USERINFO_TOKEN_LIFETIME;
    let issued = mint(&plan);
    let token = &issued.response.access_token;
    assert_eq!(token.len(), 43, "256 bits");
    assert!(!token.contains('.'));
    assert_eq!(issued.response.token_type, "DPoP");
    assert_eq!(issued.response.expires_in, Seconds(86_400));

    let [Change::InsertAccessToken(row)] = &issued.changes.writes[..] else {
        panic!("{:?}", issued.changes.writes)
    };
    assert_eq!(row.handle, HandleHash::of(token));
    assert_eq!(row.expires_at, NOW.plus(USERINFO_TOKEN_LIFETIME));
    let expected = json!({
        "version": 1, "iss": "https://login.example.com/", "sub": USER_ID, "client_id": "test-client",
        "scope": "openid email", "constraint": { "dpop": RFC9449_THUMBPRINT }, "iat": IAT,
    });
    assert_eq!(row.claims, Some(expected));
}

#[test]
fn two_opaque_tokens_and_two_jtis_differ() {
    let issuer = crate::world::issuer();
    let domain = countersign_testkit::domain();
    let cx = countersign_token::MintContext { domain: &domain, now: NOW };
    let mint = |plan| issuer.mint(plan, cx).unwrap().response.access_token;
    let opaque = for_user(None, "openid");
    assert_ne!(mint(&opaque), mint(&opaque));
    let jwt = for_user(Some(api_of(TokenDialect::Rfc9068Profile, Algorithm::RS256)), "read:things");
    assert_ne!(mint(&jwt), mint(&jwt));
}

#[test]
fn the_answer_names_the_granted_scopes() {
    let granted = |plan| mint(&plan).response.scope;
    assert_eq!(granted(for_user(Some(api()), "read:things")), Some(scope("read:things")));
    assert_eq!(granted(for_user(Some(api()), "")), Some(scope("")));
    assert_eq!(granted(for_client(api(), "read:things")), Some(scope("read:things")));
    assert_eq!(granted(for_client(api(), "")), None);
}
