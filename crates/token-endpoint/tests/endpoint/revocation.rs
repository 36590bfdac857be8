//! Revocation (RFC 7009 §2.1 and §2.2).

use countersign_oauth::{
    AuthorizationId, Compliance, ConsentId, ErrorCode, FamilyId, HandleHash, SessionId, Timestamp, UserId,
};
use countersign_storage::*;
use countersign_testkit::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, CODE, NOW, REFRESH_TOKEN, SESSION_COOKIE, USER_ID, access_token,
    authorization, block_on, code, consent, refresh_family, refresh_token,
};
use countersign_token_endpoint::Grants;

use crate::introspection::{minted_jwt, minted_opaque};
use crate::world::{Call, World, fault, refusal};

/// A tenant where the user has tokens of two families, a code and an access token.
fn world() -> World {
    let world = World::new(Grants::new());
    world.put(Change::InsertAuthorization(authorization()));
    world.put(Change::InsertFamily(refresh_family()));
    world.put(Change::InsertRefreshToken(refresh_token()));
    world.put(Change::InsertFamily(RefreshFamily { id: FamilyId::new("sibling"), ..other_family() }));
    world.put(Change::GrantConsent(consent()));
    world.put(Change::InsertSingleUse(code()));
    world.put(Change::InsertAccessToken(access_token("jwt.of.jane")));
    world
}

fn other_family() -> RefreshFamily {
    RefreshFamily { authorization_id: AuthorizationId::new("another"), ..refresh_family() }
}

fn call() -> Call {
    Call::new(&[("token", REFRESH_TOKEN)])
}

fn rfc(world: &World) {
    world.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
}

fn is_alive(world: &World, family: &str) -> bool {
    block_on(world.storage.refresh_family(&FamilyId::new(family))).unwrap().unwrap().ended_at.is_none()
}

fn is_denied(world: &World, token: &str) -> bool {
    let row = block_on(world.storage.access_token(&HandleHash::of(token))).unwrap();
    row.is_some_and(|row| row.denied_at.is_some())
}

fn standing_consent(world: &World) -> Option<Consent> {
    block_on(world.storage.consent(&UserId::new(USER_ID), &CLIENT_ID.into(), &AUDIENCE.into())).unwrap()
}

/// A request that must be refused and may write nothing.
#[track_caller]
fn refuses(world: &World, call: &Call, rule: &str) -> ErrorCode {
    let error = refusal(world.revoke(call));
    assert_eq!(error.rule, rule);
    assert_eq!(world.storage.take_tries(), 0, "a refusal for {rule} wrote");
    error.code
}

#[test]
fn core_225_sp_094_an_own_refresh_token_is_dead_at_once_with_its_family() {
    let world = world();
    world.revoke(&call()).unwrap();
    assert!(!is_alive(&world, "test-family"));
    world.revoke(&call()).unwrap();
}

#[test]
fn core_226_an_unknown_token_is_a_success_without_effect() {
    let world = world();
    for token in ["unknown", CODE, SESSION_COOKIE, "jwt.of.jane", &REFRESH_TOKEN[1..], "a.b.c"] {
        world.revoke(&Call::new(&[("token", token)])).unwrap();
    }
    assert_eq!(world.storage.take_tries(), 0);
    rfc(&world);
    for token in ["unknown", CODE, SESSION_COOKIE, "a.b.c"] {
        world.revoke(&Call::new(&[("token", token)])).unwrap();
    }
    assert_eq!(world.storage.take_tries(), 0);
    assert!(is_alive(&world, "test-family"));
}

#[test]
fn core_227_a_wrong_or_missing_secret_revokes_nothing() {
    let world = world();
    refuses(&world, &call().with("client_secret", "wrong"), "client_auth.wrong_secret");
    refuses(&world, &call().without("client_secret"), "client_auth.missing_secret");
    refuses(&world, &call().without("client_id"), "parameters.missing");
    assert!(is_alive(&world, "test-family"));
}

#[test]
fn a_missing_token_is_named() {
    let world = world();
    for call in [call().without("token"), call().with("token", "")] {
        let error = refusal(world.revoke(&call));
        assert_eq!((error.rule, error.value("name")), ("parameters.missing", Some("token")));
    }
}

#[test]
fn a_public_client_revokes_its_own_token_without_a_secret() {
    let world = world();
    world.edit_client(|client| {
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        client.secret = None;
    });
    world.revoke(&Call::public(&[("token", REFRESH_TOKEN)])).unwrap();
    assert!(!is_alive(&world, "test-family"));
}

#[test]
fn core_229_with_the_flag_off_the_sibling_and_the_consent_stay() {
    let world = world();
    world.revoke(&call()).unwrap();
    assert!(is_alive(&world, "sibling"));
    assert!(standing_consent(&world).is_some());
}

#[test]
fn core_229_with_the_flag_on_all_families_of_user_client_and_api_end_and_the_consent_goes() {
    let world = world();
    world.edit_settings(|settings| settings.flags.revoke_refresh_token_grant = true);
    let elsewhere = [
        ("other-user", RefreshFamily { user_id: UserId::new("auth0|other"), ..other_family() }),
        ("other-client", RefreshFamily { client_id: "other".into(), ..other_family() }),
        (
            "other-api",
            RefreshFamily { audience: Some("https://other.example.com/".into()), ..other_family() },
        ),
        ("no-api", RefreshFamily { audience: None, ..other_family() }),
    ];
    for (id, family) in elsewhere.clone() {
        world.put(Change::InsertFamily(RefreshFamily { id: FamilyId::new(id), ..family }));
    }
    world.revoke(&call()).unwrap();
    assert!(!is_alive(&world, "test-family"));
    assert!(!is_alive(&world, "sibling"));
    assert_eq!(standing_consent(&world), None);
    for (id, _) in elsewhere {
        assert!(is_alive(&world, id), "{id}");
    }
}

#[test]
fn with_the_flag_on_and_no_consent_the_families_end_all_the_same() {
    let world = world();
    world.edit_settings(|settings| settings.flags.revoke_refresh_token_grant = true);
    world.put(Change::DeleteConsent { id: ConsentId::new("nothing"), at: NOW });
    world.put(Change::InsertFamily(RefreshFamily {
        id: FamilyId::new("no-api"),
        audience: None,
        ..other_family()
    }));
    world.put(Change::InsertRefreshToken(RefreshToken {
        handle: HandleHash::of("no-api-token"),
        family_id: FamilyId::new("no-api"),
        ..refresh_token()
    }));
    world.revoke(&Call::new(&[("token", "no-api-token")])).unwrap();
    assert!(!is_alive(&world, "no-api"));
    assert!(is_alive(&world, "test-family"), "the families for the API are others");
}

#[test]
fn core_230_access_tokens_keep_working_in_the_default_profile() {
    let world = world();
    world.revoke(&call()).unwrap();
    assert!(!is_denied(&world, "jwt.of.jane"));
    world.revoke(&Call::new(&[("token", "jwt.of.jane")])).unwrap();
    assert!(!is_denied(&world, "jwt.of.jane"));
    let token = minted_opaque(&world);
    world.revoke(&Call::new(&[("token", &token)])).unwrap();
    assert!(!is_denied(&world, &token));
}

#[test]
fn sp_094_the_token_of_another_client_is_refused_and_lives_on() {
    let world = world();
    world.add_client("other", |_| {});
    let foreign = call().with("client_id", "other");
    for _ in ["auth0", "rfc"] {
        assert_eq!(refuses(&world, &foreign, "revocation.foreign_token"), ErrorCode::InvalidRequest);
        assert!(is_alive(&world, "test-family"));
        world.edit_settings(|settings| settings.compliance = Compliance::Rfc);
    }
    let token = minted_jwt(&world);
    let foreign = foreign.with("token", &token);
    assert_eq!(refuses(&world, &foreign, "revocation.foreign_token"), ErrorCode::InvalidRequest);
    assert!(!is_denied(&world, &token));
}

#[test]
fn sp_094_a_wrong_hint_changes_nothing() {
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let world = world();
        world.revoke(&call().with("token_type_hint", hint)).unwrap();
        assert!(!is_alive(&world, "test-family"));
    }
}

#[test]
fn sp_094_a_storage_error_is_never_a_success() {
    let world = world();
    world.storage.break_commits(true);
    fault(world.revoke(&call()));
    world.storage.break_commits(false);
    world.storage.break_reads(true);
    fault(world.revoke(&call()));
    world.storage.break_reads(false);
    assert!(is_alive(&world, "test-family"));
}

#[test]
fn sp_094_under_rfc_the_access_tokens_of_the_same_grant_die_too() {
    let world = world();
    rfc(&world);
    world.revoke(&call()).unwrap();
    assert!(!is_alive(&world, "test-family"));
    assert!(is_denied(&world, "jwt.of.jane"));
    let ended = block_on(world.storage.authorization(&AuthorizationId::new("test-authorization")));
    assert_eq!(ended.unwrap().unwrap().ended_at, Some(NOW));
    assert!(is_alive(&world, "sibling"), "another authorization");
    assert!(standing_consent(&world).is_some());
    let session = block_on(world.storage.session(&SessionId::new("test-session"))).unwrap().unwrap();
    assert_eq!(session.ended_at, None);
}

#[test]
fn sp_094_under_rfc_an_access_token_itself_is_revoked_and_nothing_else() {
    let world = world();
    rfc(&world);
    for token in [minted_opaque(&world), minted_jwt(&world)] {
        world.storage.take_writes();
        world.revoke(&Call::new(&[("token", &token)])).unwrap();
        assert!(is_denied(&world, &token));
        assert_eq!(world.storage.take_writes().len(), 1);
        // Once more: it is unknown now, and that is a success.
        world.revoke(&Call::new(&[("token", &token)])).unwrap();
        assert_eq!(world.storage.take_writes().len(), 0);
    }
    assert!(is_alive(&world, "test-family"));
}

#[test]
fn under_rfc_the_denial_of_a_token_without_a_row_is_kept_until_it_would_have_expired() {
    let world = world();
    rfc(&world);
    let token = minted_jwt(&world);
    world.revoke(&Call::new(&[("token", &token)])).unwrap();
    let row = block_on(world.storage.access_token(&HandleHash::of(&token))).unwrap().unwrap();
    assert_eq!(row.expires_at, Timestamp::from_seconds(NOW.seconds() + 86_400));
    assert_eq!(row.authorization_id, None);
}

#[test]
fn under_rfc_an_expired_or_foreign_domains_access_token_is_unknown() {
    let world = world();
    rfc(&world);
    let token = minted_jwt(&world);
    world.revoke(&Call::new(&[("token", &token)]).later(86_401)).unwrap();
    world.revoke(&Call::new(&[("token", &token)]).on("https://other.example.com/")).unwrap();
    assert_eq!(world.storage.take_tries(), 0);
    assert!(!is_denied(&world, &token));
}

#[test]
fn basic_authenticates_here_too() {
    let world = world();
    let header = crate::world::basic(CLIENT_ID, CLIENT_SECRET);
    world.revoke(&Call::anonymous(&[("token", REFRESH_TOKEN)]).authorization(&header)).unwrap();
    assert!(!is_alive(&world, "test-family"));
}
