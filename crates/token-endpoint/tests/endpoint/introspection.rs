//! Introspection (RFC 7662 §2.1 and §2.2).

use countersign_oauth::{AuthorizationId, ErrorCode, HandleHash, Seconds, UserId};
use countersign_storage::*;
use countersign_testkit::{
    AUDIENCE, CLIENT_ID, CODE, ISSUER, NOW, REFRESH_TOKEN, SESSION_COOKIE, USER_ID, api, authorization,
    block_on, client, code, domain, refresh_family, refresh_token, vectors,
};
use countersign_token::{
    AccessTokenPlan, CustomClaims, IdTokenPlan, MintContext, SenderConstraint, Subject, TokenPlan,
};
use countersign_token_endpoint::Grants;
use serde_json::{Value, json};

use crate::world::{Call, World, fault, refusal, scope};

fn world() -> World {
    let world = World::new(Grants::new());
    world.put(Change::InsertAuthorization(authorization()));
    world.put(Change::InsertFamily(refresh_family()));
    world.put(Change::InsertRefreshToken(refresh_token()));
    world.put(Change::InsertSingleUse(code()));
    world
}

/// Mints for [`client`] and stores what must be stored; answers (access token, ID token).
fn mint(world: &World, plan: AccessTokenPlan) -> (String, String) {
    let id_token = IdTokenPlan {
        user_id: UserId::new(USER_ID),
        claims: serde_json::Map::new(),
        session_id: None,
        nonce: None,
        auth_time: None,
        custom_claims: CustomClaims::default(),
    };
    let plan =
        TokenPlan { client: client(), access_token: plan, id_token: Some(id_token), refresh_token: None };
    let domain = domain();
    let minted = world.token.issuer.mint(&plan, MintContext { domain: &domain, now: NOW }).unwrap();
    block_on(world.storage.inner().commit(minted.changes)).unwrap();
    (minted.response.access_token, minted.response.id_token.unwrap())
}

fn for_user() -> AccessTokenPlan {
    AccessTokenPlan {
        api: None,
        subject: Subject::User(UserId::new(USER_ID)),
        scope: scope("openid email"),
        constraint: SenderConstraint::None,
        authorization_id: Some(AuthorizationId::new("test-authorization")),
        gty: None,
        lifetime: Seconds(600),
        custom_claims: CustomClaims::default(),
    }
}

fn for_client() -> AccessTokenPlan {
    AccessTokenPlan {
        api: Some(api()),
        subject: Subject::Client,
        scope: scope("read:things"),
        authorization_id: None,
        lifetime: Seconds(86_400),
        ..for_user()
    }
}

/// An opaque token of the user.
pub(crate) fn minted_opaque(world: &World) -> String {
    mint(world, for_user()).0
}

/// A JWT of the client itself, which has no row.
pub(crate) fn minted_jwt(world: &World) -> String {
    mint(world, for_client()).0
}

fn about(world: &World, token: &str) -> Value {
    world.introspect(&Call::new(&[("token", token)])).unwrap().0
}

fn inactive() -> Value {
    json!({ "active": false })
}

#[test]
fn a_client_learns_what_its_opaque_token_says() {
    let world = world();
    let token = minted_opaque(&world);
    let expected = json!({
        "active": true,
        "iss": ISSUER,
        "sub": USER_ID,
        "client_id": CLIENT_ID,
        "scope": "openid email",
        "token_type": "Bearer",
        "iat": NOW.seconds(),
        "exp": NOW.seconds() + 600,
    });
    assert_eq!(about(&world, &token), expected);
}

#[test]
fn a_client_learns_audience_and_key_of_its_jwt() {
    let world = world();
    let jkt = countersign_jose::Thumbprint::parse(vectors::RFC9449_THUMBPRINT).unwrap();
    let (token, _) =
        mint(&world, AccessTokenPlan { constraint: SenderConstraint::Dpop(jkt), ..for_client() });
    let described = about(&world, &token);
    assert_eq!(described["active"], true);
    assert_eq!(described["aud"], AUDIENCE);
    assert_eq!(described["sub"], "test-client@clients");
    assert_eq!(described["token_type"], "DPoP");
    assert_eq!(described["cnf"], json!({ "jkt": vectors::RFC9449_THUMBPRINT }));
}

#[test]
fn a_client_learns_about_its_refresh_token() {
    let world = world();
    let expected = json!({
        "active": true,
        "iss": ISSUER,
        "sub": USER_ID,
        "client_id": CLIENT_ID,
        "scope": "openid profile email read:things offline_access",
    });
    assert_eq!(about(&world, REFRESH_TOKEN), expected);
    assert!(world.storage.take_writes().is_empty());
}

#[test]
fn sp_092_a_public_client_is_refused() {
    let world = world();
    let token = minted_opaque(&world);
    world.edit_client(|client| {
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        client.secret = None;
    });
    let error = refusal(world.introspect(&Call::public(&[("token", &token)])));
    assert_eq!((error.rule, error.code), ("introspection.public_client", ErrorCode::InvalidClient));
}

#[test]
fn sp_092_another_client_learns_nothing_at_all() {
    let world = world();
    world.add_client("other", |_| {});
    for token in [&minted_opaque(&world), &minted_jwt(&world), REFRESH_TOKEN] {
        let call = Call::new(&[("token", token), ("client_id", "other")]).with("client_id", "other");
        assert_eq!(world.introspect(&call).unwrap().0, inactive());
        assert_eq!(about(&world, token)["active"], true);
    }
}

#[test]
fn sp_093_garbage_and_other_kinds_of_handles_are_inactive() {
    let world = world();
    let (_, id_token) = mint(&world, for_user());
    let mut cut = minted_opaque(&world);
    cut.pop();
    for token in ["garbage", "a.b.c", CODE, SESSION_COOKIE, &id_token, &cut, vectors::RFC7515_A5_JWS] {
        assert_eq!(about(&world, token), inactive(), "{token}");
    }
}

#[test]
fn sp_093_what_was_revoked_or_denied_is_inactive() {
    let world = world();
    let (token, _) = mint(&world, for_user());
    let id = AuthorizationId::new("test-authorization");
    world.put(Change::EndAuthorization { id, at: NOW, deny_access_tokens: true });
    assert_eq!(about(&world, &token), inactive());
    assert_eq!(about(&world, REFRESH_TOKEN), inactive());
}

#[test]
fn sp_093_tokens_of_a_blocked_or_deleted_user_are_inactive() {
    let world = world();
    let (token, _) = mint(&world, for_user());
    world.edit_user(|user| user.blocked = true);
    assert_eq!(about(&world, &token), inactive());
    assert_eq!(about(&world, REFRESH_TOKEN), inactive());
    world.edit_user(|user| user.blocked = false);
    assert_eq!(about(&world, &token)["active"], true);
    assert_eq!(about(&world, REFRESH_TOKEN)["active"], true);
    world.put(Change::DeleteUser { id: UserId::new(USER_ID), at: NOW });
    assert_eq!(about(&world, &token), inactive());
    assert_eq!(about(&world, REFRESH_TOKEN), inactive());
}

#[test]
fn sp_093_expired_spent_and_other_domains_tokens_are_inactive() {
    let world = world();
    let token = minted_opaque(&world);
    let ask = |token: &str| Call::new(&[("token", token)]);
    let told = |call: &Call| world.introspect(call).unwrap().0["active"].clone();
    assert_eq!(told(&ask(&token).later(599)), true);
    assert_eq!(told(&ask(&token).later(600)), false);
    assert_eq!(told(&ask(REFRESH_TOKEN).later(1_295_999)), true);
    assert_eq!(told(&ask(REFRESH_TOKEN).later(1_296_000)), false);
    for token in [&*token, REFRESH_TOKEN] {
        assert_eq!(told(&ask(token).on("https://other.example.com/")), false);
    }
    let handle = HandleHash::of(REFRESH_TOKEN);
    world.put(Change::ExchangeRefreshToken { handle, now: NOW, rule: ExchangeRule::Unspent });
    assert_eq!(told(&ask(REFRESH_TOKEN)), false);
}

#[test]
fn wrong_credentials_and_a_missing_token_are_refused() {
    let world = world();
    let call = Call::new(&[("token", REFRESH_TOKEN)]);
    assert_eq!(
        refusal(world.introspect(&call.clone().with("client_secret", "x"))).rule,
        "client_auth.wrong_secret"
    );
    assert_eq!(refusal(world.introspect(&call.without("token"))).rule, "parameters.missing");
}

#[test]
fn a_read_that_fails_is_a_fault_and_no_answer() {
    let world = world();
    world.storage.break_reads(true);
    fault(world.introspect(&Call::new(&[("token", REFRESH_TOKEN)])));
}
