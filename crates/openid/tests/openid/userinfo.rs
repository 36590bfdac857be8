//! Userinfo with bearer tokens (OpenID Connect Core §5.3.1 and §5.3.2; RFC 6750 §2 and §3).

use std::sync::Arc;

use countersign_oauth::{AuthorizationId, Compliance, Domain, HandleHash, Issuer, Seconds, UserId};
use countersign_openid::{UserinfoError, UserinfoRequest};
use countersign_storage::*;
use countersign_testkit::{
    AUDIENCE, CODE, NOW, REFRESH_TOKEN, SESSION_COOKIE, USER_ID, block_on, request_context, vectors,
};
use countersign_token::{AccessTokenPlan, CustomClaims, SenderConstraint, Subject};
use serde_json::{Map, Value, json};

use crate::house::House;

pub(crate) fn bearer(token: &str) -> UserinfoRequest {
    UserinfoRequest {
        authorization: Some(format!("Bearer {token}")),
        dpop: Vec::new(),
        body_token: None,
        query_token: None,
        method: "GET",
        context: request_context(),
    }
}

pub(crate) fn ask(house: &House, request: &UserinfoRequest) -> Result<Map<String, Value>, UserinfoError> {
    block_on(house.userinfo.handle(request)).outcome
}

/// The rule of a 401, and whether its challenge is DPoP's.
#[track_caller]
pub(crate) fn refused(house: &House, request: &UserinfoRequest) -> (&'static str, bool) {
    match ask(house, request) {
        Err(UserinfoError::InvalidToken { rule, dpop, .. }) => (rule, dpop),
        other => panic!("{other:?}"),
    }
}

fn rfc(house: &House) {
    house.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
}

#[test]
fn core_232_a_token_with_openid_returns_sub_and_the_claims_of_its_scopes() {
    let house = House::new();
    for token in [house.opaque("openid"), house.jwt("openid")] {
        assert_eq!(Value::from(ask(&house, &bearer(&token)).unwrap()), json!({ "sub": USER_ID }));
    }
    let token = house.opaque("openid email");
    let expected = json!({ "sub": USER_ID, "email": "jane@example.com", "email_verified": true });
    assert_eq!(Value::from(ask(&house, &bearer(&token)).unwrap()), expected);
    let claims = ask(&house, &bearer(&house.jwt("openid profile read:things"))).unwrap();
    assert_eq!(claims["name"], "Jane Doe");
    assert_eq!(claims["updated_at"], "2026-01-02T03:04:05.678Z");
    assert_eq!(claims.get("email"), None);
    assert!(house.storage.take_writes().is_empty());
}

#[test]
fn core_207_under_rfc_updated_at_is_a_number() {
    let house = House::new();
    rfc(&house);
    let claims = ask(&house, &bearer(&house.opaque("openid profile"))).unwrap();
    assert_eq!(claims["updated_at"], NOW.seconds());
}

#[test]
fn core_235_a_profile_changed_after_the_login_is_visible() {
    let house = House::new();
    let token = house.opaque("openid profile email");
    house.edit_user(|user| {
        user.email = Some("new@example.com".to_owned());
        user.email_verified = false;
        user.profile.claims.insert("name".to_owned(), "Jane Roe".into());
        user.profile.claims.remove("nickname");
    });
    let claims = ask(&house, &bearer(&token)).unwrap();
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("new@example.com"), &json!(false)));
    assert_eq!((&claims["name"], claims.get("nickname")), (&json!("Jane Roe"), None));
}

#[test]
fn sp_067_a_profile_cannot_say_who_it_is() {
    let house = House::new();
    house.edit_user(|user| {
        for name in ["sub", "iss", "aud", "email", "email_verified", "updated_at"] {
            user.profile.claims.insert(name.to_owned(), json!("evil"));
        }
    });
    let said =
        Value::from(ask(&house, &bearer(&house.opaque("openid profile email phone address"))).unwrap());
    assert_eq!(said["sub"], USER_ID);
    assert!(!said.to_string().contains("evil"), "{said}");
}

#[test]
fn core_236_the_token_comes_by_header_form_or_query() {
    let house = House::new();
    let token = house.opaque("openid");
    let nothing = UserinfoRequest { authorization: None, ..bearer("") };
    let by_form = UserinfoRequest { body_token: Some(token.clone()), method: "POST", ..nothing };
    ask(&house, &by_form).unwrap();
    let by_query =
        UserinfoRequest { body_token: None, query_token: Some(token.clone()), method: "GET", ..by_form };
    ask(&house, &by_query).unwrap();
    for scheme in ["bearer", "BEARER"] {
        let header = Some(format!("{scheme} {token}"));
        ask(&house, &UserinfoRequest { authorization: header, ..bearer("") }).unwrap();
    }
    let other_scheme = UserinfoRequest { authorization: Some("Basic abc".to_owned()), ..by_query };
    ask(&house, &other_scheme).unwrap();
}

#[test]
fn two_tokens_are_refused_though_they_are_one() {
    let house = House::new();
    let token = house.opaque("openid");
    let header_and_form = UserinfoRequest { body_token: Some(token.clone()), ..bearer(&token) };
    assert_eq!(refused(&house, &header_and_form).0, "userinfo.two_tokens");
    let header_and_query = UserinfoRequest { query_token: Some(token.clone()), ..bearer(&token) };
    assert_eq!(refused(&house, &header_and_query).0, "userinfo.two_tokens");
    let form_and_query = UserinfoRequest { authorization: None, body_token: Some(token), ..header_and_query };
    assert_eq!(refused(&house, &form_and_query).0, "userinfo.two_tokens");
}

/// RFC 6750 §2.3.
#[test]
fn sp_095_under_rfc_a_token_in_the_query_is_refused() {
    let house = House::new();
    let token = house.opaque("openid");
    rfc(&house);
    let by_query = UserinfoRequest { authorization: None, query_token: Some(token.clone()), ..bearer("") };
    assert_eq!(refused(&house, &by_query), ("userinfo.token_in_query", false));
    ask(&house, &bearer(&token)).unwrap();
}

#[test]
fn core_233_a_missing_token_is_refused() {
    let house = House::new();
    for authorization in [None, Some("Bearer".to_owned()), Some("Basic abc".to_owned()), Some(String::new())]
    {
        let request = UserinfoRequest { authorization, ..bearer("") };
        assert_eq!(refused(&house, &request), ("userinfo.no_token", false));
    }
}

#[test]
fn core_233_sp_066_an_unknown_changed_or_foreign_token_is_refused() {
    let house = House::new();
    let (opaque, jwt) = (house.opaque("openid"), house.jwt("openid"));
    let (input, signature) = jwt.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}", signature.chars().rev().collect::<String>());
    let bad = [
        "",
        " ",
        "x",
        &opaque[1..],
        &format!("{opaque}A"),
        &opaque.to_lowercase(),
        &jwt[..jwt.len() - 1],
        &format!("{input}."),
        &forged,
        CODE,
        REFRESH_TOKEN,
        SESSION_COOKIE,
        vectors::RFC7515_A5_JWS,
        vectors::RFC7515_A2_JWS,
    ];
    for token in bad {
        assert_eq!(refused(&house, &bearer(token)), ("userinfo.unknown_token", false), "{token}");
    }
}

#[test]
fn core_233_an_expired_token_says_so() {
    let house = House::new();
    for token in [house.opaque("openid"), house.jwt("openid")] {
        let at = |seconds| {
            let mut request = bearer(&token);
            request.context.now = NOW.plus(Seconds(seconds));
            request
        };
        ask(&house, &at(599)).unwrap();
        let Err(UserinfoError::InvalidToken { rule, description, .. }) = ask(&house, &at(600)) else {
            panic!()
        };
        assert_eq!((rule, description), ("userinfo.expired_token", "The token has expired"));
    }
}

#[test]
fn sp_068_a_token_of_another_domain_is_refused() {
    let house = House::new();
    for token in [house.opaque("openid"), house.jwt("openid")] {
        let mut request = bearer(&token);
        request.context.domain = Arc::new(Domain { issuer: Issuer::new("http://localhost:3000/") });
        assert_eq!(refused(&house, &request).0, "userinfo.unknown_token");
    }
}

#[test]
fn sp_063_sp_095_an_id_token_is_no_access_token() {
    let house = House::new();
    let id_token = house.mint("openid", false, SenderConstraint::None).id_token.unwrap();
    assert_eq!(refused(&house, &bearer(&id_token)).0, "userinfo.unknown_token");
}

#[test]
fn core_234_sp_095_a_token_without_openid_or_for_an_api_alone_is_refused() {
    let house = House::new();
    assert_eq!(refused(&house, &bearer(&house.opaque("email profile"))).0, "userinfo.no_openid");
    assert_eq!(refused(&house, &bearer(&house.jwt("read:things"))).0, "userinfo.other_audience");
    rfc(&house);
    for token in [house.opaque("email profile"), house.jwt("read:things")] {
        assert!(matches!(ask(&house, &bearer(&token)), Err(UserinfoError::InsufficientScope)));
    }
}

#[test]
fn sp_067_custom_claims_of_the_id_token_are_told_too_and_never_as_the_subject() {
    let house = House::new();
    let scope = countersign_oauth::Scope::parse("openid profile").unwrap();
    let set = json!({ "role": "admin", "name": "Set", "sub": "forged", "email": "forged" });
    let Value::Object(set) = set else { panic!() };
    let custom = CustomClaims::of_id_token(&set, &scope, None, &countersign_testkit::domain());
    for api in [None, block_on(house.storage.resource_server(&AUDIENCE.into())).unwrap()] {
        let plan = AccessTokenPlan {
            api,
            subject: Subject::User(UserId::new(USER_ID)),
            scope: scope.clone(),
            constraint: SenderConstraint::None,
            authorization_id: Some(AuthorizationId::new("test-authorization")),
            gty: None,
            lifetime: Seconds(600),
            custom_claims: CustomClaims::default(),
        };
        let token = house.mint_with(plan, custom.clone()).access_token;
        let told = ask(&house, &bearer(&token)).unwrap();
        assert_eq!(
            (&told["sub"], &told["role"], &told["name"]),
            (&json!(USER_ID), &json!("admin"), &json!("Set"))
        );
        assert_eq!(told.get("email"), None);
    }
}

#[test]
fn a_token_of_the_client_itself_is_refused() {
    let house = House::new();
    let api = block_on(house.storage.resource_server(&AUDIENCE.into())).unwrap();
    let plan = AccessTokenPlan {
        api,
        subject: Subject::Client,
        scope: countersign_oauth::Scope::parse("read:things").unwrap(),
        constraint: SenderConstraint::None,
        authorization_id: None,
        gty: None,
        lifetime: Seconds(600),
        custom_claims: CustomClaims::default(),
    };
    let token = house.mint_for(plan).access_token;
    assert_eq!(refused(&house, &bearer(&token)).0, "userinfo.other_audience");
}

#[test]
fn sp_096_a_blocked_or_deleted_user_or_a_deleted_client_is_refused_at_once() {
    let house = House::new();
    let token = house.opaque("openid");
    house.edit_user(|user| user.blocked = true);
    assert_eq!(refused(&house, &bearer(&token)).0, "userinfo.user_gone");
    house.edit_user(|user| user.blocked = false);
    ask(&house, &bearer(&token)).unwrap();
    house.put(Change::DeleteUser { id: UserId::new(USER_ID), at: NOW });
    refused(&house, &bearer(&token));
    let jwt = house.jwt("openid");
    assert_eq!(refused(&house, &bearer(&jwt)).0, "userinfo.user_gone");
    let other = House::new();
    let jwt = other.jwt("openid");
    other.put(Change::DeleteClient { id: countersign_testkit::CLIENT_ID.into(), at: NOW });
    refused(&other, &bearer(&jwt));
}

#[test]
fn sp_023_a_denied_token_is_refused() {
    let house = House::new();
    let (opaque, jwt) = (house.opaque("openid"), house.jwt("openid"));
    let id = AuthorizationId::new("test-authorization");
    house.put(Change::EndAuthorization { id, at: NOW, deny_access_tokens: true });
    for token in [opaque, jwt] {
        assert_eq!(refused(&house, &bearer(&token)).0, "userinfo.denied_token");
    }
    // A JWT without a row is denied by name.
    let jwt = house.jwt("openid email");
    let expires_at = NOW.plus(Seconds(600));
    house.put(Change::DenyAccessToken { handle: HandleHash::of(&jwt), expires_at, at: NOW });
    assert_eq!(refused(&house, &bearer(&jwt)).0, "userinfo.denied_token");
}

#[test]
fn a_read_that_fails_is_a_fault_and_no_claims() {
    let house = House::new();
    let token = house.opaque("openid");
    house.storage.break_reads(true);
    assert!(matches!(ask(&house, &bearer(&token)), Err(UserinfoError::Fault(_))));
}
