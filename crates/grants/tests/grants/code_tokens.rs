//! What a code's tokens say (OpenID Connect Core §2 and §3.1.3.3).

use countersign_jose::{Algorithm, Compact, encode_base64url};
use countersign_oauth::{Compliance, FamilyId, HandleHash, Seconds, UserId};
use countersign_storage::*;
use countersign_testkit::{
    AUDIENCE, CLIENT_ID, CODE, ISSUER, NOW, USER_ID, block_on, refresh_family, refresh_token,
};
use serde_json::json;

use crate::flow::{exchange, find_session, put_code, refresh, sign_in, world};
use crate::world::{World, claims, granted, scope};

fn with_scope(world: &World, scopes: &str) {
    put_code(world, |issued| issued.authorization.scope = scope(scopes));
}

#[test]
fn core_109_an_id_token_comes_iff_openid_was_granted() {
    for (scopes, due) in [("openid", true), ("profile email read:things", false), ("", false)] {
        let world = world();
        with_scope(&world, scopes);
        assert_eq!(world.issues(&exchange()).response.id_token.is_some(), due, "{scopes:?}");
    }
}

#[test]
fn core_109_a_refresh_token_comes_iff_offline_access_was_granted() {
    for (scopes, due) in [("offline_access", true), ("openid offline_access", true), ("openid", false)] {
        let world = world();
        with_scope(&world, scopes);
        assert_eq!(world.issues(&exchange()).response.refresh_token.is_some(), due, "{scopes:?}");
        assert_eq!(world.families().len(), usize::from(due));
    }
}

#[test]
fn core_110_sp_043_offline_access_is_dropped_where_the_api_forbids_it() {
    let world = world();
    world.edit_api(|api| api.settings.allow_offline_access = false);
    with_scope(&world, "openid offline_access");
    let response = world.issues(&exchange()).response;
    assert_eq!(response.refresh_token, None);
    assert_eq!(granted(&response), "openid");
    assert!(world.families().is_empty());
}

#[test]
fn core_109_sp_043_offline_access_is_dropped_where_the_client_lacks_the_grant() {
    let world = world();
    world.edit_client(|client| {
        client.settings.grant_types.retain(|grant| grant.as_str() != "refresh_token");
    });
    with_scope(&world, "openid offline_access");
    let response = world.issues(&exchange()).response;
    assert_eq!(response.refresh_token, None);
    assert_eq!(granted(&response), "openid");
}

#[test]
fn core_109_without_an_api_offline_access_needs_the_client_alone() {
    let world = world();
    world.edit_api(|api| api.settings.allow_offline_access = false);
    put_code(&world, |issued| issued.authorization.audience = None);
    assert!(world.issues(&exchange()).response.refresh_token.is_some());
}

#[test]
fn core_003_core_206_core_212_an_id_token_names_issuer_user_client_and_session() {
    let world = world();
    put_code(&world, |_| {});
    let id_token = claims(&world.issues(&exchange()).response.id_token.unwrap());
    assert_eq!(id_token["iss"], ISSUER);
    assert_eq!(id_token["sub"], USER_ID);
    assert_eq!(id_token["aud"], CLIENT_ID);
    assert_eq!(id_token["sid"], "test-session");
    assert_eq!(id_token["iat"], NOW.seconds());
    assert_eq!(id_token["exp"], NOW.seconds() + 36_000);
    assert_eq!(id_token["email"], "jane@example.com");
    assert_eq!(id_token["name"], "Jane Doe");
}

#[test]
fn core_038_sp_033_the_nonce_is_the_requests_or_absent() {
    let world = world();
    put_code(&world, |issued| issued.payload.nonce = Some("<n \"1\">é".to_owned()));
    assert_eq!(claims(&world.issues(&exchange()).response.id_token.unwrap())["nonce"], "<n \"1\">é");
    let plain = sign_in(&world, "without").id_token.unwrap();
    assert_eq!(claims(&plain).get("nonce"), None);
}

#[test]
fn core_046_core_047_auth_time_is_there_where_it_is_due() {
    let world = world();
    put_code(&world, |issued| issued.payload.auth_time = Some(NOW.minus(Seconds(90))));
    let id_token = claims(&world.issues(&exchange()).response.id_token.unwrap());
    assert_eq!(id_token["auth_time"], NOW.seconds() - 90);
    let plain = sign_in(&world, "without").id_token.unwrap();
    assert_eq!(claims(&plain).get("auth_time"), None);
}

#[test]
fn core_207_updated_at_is_a_text_and_under_rfc_a_number() {
    let world = world();
    put_code(&world, |_| {});
    let id_token = claims(&world.issues(&exchange()).response.id_token.unwrap());
    assert_eq!(id_token["updated_at"], "2026-01-02T03:04:05.678Z");
    world.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    let id_token = claims(&sign_in(&world, "another").id_token.unwrap());
    assert_eq!(id_token["updated_at"], NOW.seconds());
}

#[test]
fn core_208_claims_of_a_scope_that_was_not_granted_are_absent() {
    let world = world();
    with_scope(&world, "openid");
    let id_token = claims(&world.issues(&exchange()).response.id_token.unwrap());
    for name in ["email", "email_verified", "name", "nickname", "updated_at"] {
        assert_eq!(id_token.get(name), None, "{name}");
    }
}

#[test]
fn sp_067_a_profile_cannot_say_what_the_protocol_says() {
    let world = world();
    world.edit_user(|user| {
        let protected = [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "jti",
            "azp",
            "scope",
            "permissions",
            "org_id",
            "cnf",
            "act",
            "acr",
            "amr",
            "auth_time",
            "nonce",
            "sid",
        ];
        for name in protected {
            let profile = &mut user.profile;
            for place in [&mut profile.claims, &mut profile.user_metadata, &mut profile.app_metadata] {
                place.insert(name.to_owned(), json!("evil"));
            }
        }
    });
    put_code(&world, |_| {});
    let response = world.issues(&exchange()).response;
    for token in [response.id_token.unwrap(), response.access_token] {
        let said = claims(&token).to_string();
        assert!(!said.contains("evil"), "{said}");
    }
}

#[test]
fn core_100_core_205_expires_in_is_the_apis_lifetime_and_a_day_by_default() {
    let world = world();
    let answer = sign_in(&world, "one");
    assert_eq!(answer.expires_in, Seconds(86_400));
    world.edit_api(|api| api.settings.token_lifetime = Seconds(123));
    let answer = sign_in(&world, "two");
    assert_eq!(answer.expires_in, Seconds(123));
    assert_eq!(claims(&answer.access_token)["exp"], NOW.seconds() + 123);
}

#[test]
fn core_060_without_an_api_the_access_token_is_opaque() {
    let world = world();
    put_code(&world, |issued| issued.authorization.audience = None);
    let response = world.issues(&exchange()).response;
    assert!(Compact::parse(&response.access_token).is_err());
    assert_eq!(response.access_token.len(), 43);
    assert_eq!(response.expires_in, Seconds(86_400));
}

#[test]
fn core_200_core_201_an_access_token_names_api_userinfo_client_and_user() {
    let world = world();
    put_code(&world, |_| {});
    let access = claims(&world.issues(&exchange()).response.access_token);
    assert_eq!(access["aud"], json!([AUDIENCE, "https://login.example.com/userinfo"]));
    assert_eq!((&access["azp"], &access["sub"]), (&json!(CLIENT_ID), &json!(USER_ID)));
    assert_eq!(access["scope"], "openid profile email read:things offline_access");
    assert_eq!(access.get("gty"), None);
}

#[test]
fn an_api_and_a_client_choose_their_algorithms() {
    let world = world();
    world.edit_api(|api| api.settings.signing_alg = Algorithm::ES256);
    put_code(&world, |_| {});
    let response = world.issues(&exchange()).response;
    assert_eq!(Compact::parse(&response.access_token).unwrap().header.alg, "ES256");
    assert_eq!(Compact::parse(&response.id_token.unwrap()).unwrap().header.alg, "RS256");
}

#[test]
fn core_145_core_272_the_exchange_is_no_activity_of_the_session() {
    let world = world();
    let before = find_session(&world);
    put_code(&world, |_| {});
    world.issues(&exchange().later(300));
    assert_eq!(find_session(&world), before);
    let touches = |change: &Change| matches!(change, Change::TouchSession { .. });
    assert!(!world.storage.take_writes().iter().any(touches));
}

#[test]
fn core_136_the_201st_refresh_token_of_user_and_client_ends_the_oldest() {
    let world = world();
    for nth in 0..200 {
        let family_id = FamilyId::new(format!("family-{nth:03}"));
        world.put(Change::InsertFamily(RefreshFamily {
            id: family_id.clone(),
            created_at: NOW.minus(Seconds(1000 - nth)),
            ..refresh_family()
        }));
        let handle = HandleHash::of(family_id.as_str());
        world.put(Change::InsertRefreshToken(RefreshToken { handle, family_id, ..refresh_token() }));
    }
    let others = RefreshFamily { client_id: "other".into(), ..refresh_family() };
    world.put(Change::InsertFamily(RefreshFamily { created_at: NOW.minus(Seconds(9999)), ..others }));
    sign_in(&world, CODE);
    let families = block_on(world.storage.families_of_user(&UserId::new(USER_ID))).unwrap();
    let ended: Vec<_> = families.iter().filter(|family| family.ended_at.is_some()).collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].id.as_str(), "family-000");
    assert_eq!(families.len(), 202);
}

#[test]
fn tokens_are_opaque_handles_and_all_different() {
    let world = world();
    put_code(&world, |issued| issued.authorization.audience = None);
    let one = world.issues(&exchange()).response;
    let mut two = crate::flow::issued("two");
    two.authorization.audience = None;
    two.put(&world);
    let two = world.issues(&crate::flow::exchange_of("two")).response;
    assert_ne!(one.access_token, two.access_token);
    assert_ne!(one.refresh_token, two.refresh_token);
    assert_eq!(encode_base64url([0_u8; 32]).len(), one.access_token.len());
    let refresh_token = one.refresh_token.unwrap();
    assert!(refresh_token.starts_with("v1."), "{refresh_token}");
    world.issues(&refresh(&refresh_token));
}
