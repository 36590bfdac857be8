//! The tenant's own code: asked before a refresh, and of a code when its login ended.

use std::sync::Arc;

use countersign_grants::{AuthorizationCode, ClientCredentials, RefreshToken};
use countersign_oauth::{Error, ErrorCode, Fault, FaultKind, OAuthError};
use countersign_storage::*;
use countersign_testkit::{AUDIENCE, CLIENT_ID, NOW, USER_ID, block_on, domain};
use countersign_token::AccessTokenReader;
use countersign_token_endpoint::Grants;
use countersign_users::{Denial, LoginEvent, Pending, Protocol, ScopeEdit, SessionEdits, Verdict};
use serde_json::{Map, Value, json};

use crate::fake_hook::FakeHook;
use crate::flow::{exchange, find_session, first_token, put_code, refresh};
use crate::world::{Call, World, changed, claims, fault, granted, scope};

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

/// A tenant with that code, and a refresh token of a login that it was not asked about.
fn refreshing(hook: &Arc<FakeHook>) -> (World, String) {
    let world = asking(hook);
    world.edit_client(|client| client.settings.refresh_token = RefreshTokenSettings::rotating());
    let token = first_token(&world);
    assert!(hook.take_asked().is_empty(), "the exchange of a code asks nothing");
    world.storage.take_commits();
    (world, token)
}

fn asking(hook: &Arc<FakeHook>) -> World {
    let grants = Grants::new().with(AuthorizationCode).unwrap().with(RefreshToken).unwrap();
    World::with_hook(grants.with(ClientCredentials).unwrap(), hook.clone())
}

fn user(world: &World) -> User {
    block_on(world.storage.user(&USER_ID.into())).unwrap().unwrap()
}

fn denied(reason: &str) -> Verdict {
    Verdict { denial: Some(Denial { reason: reason.to_owned(), by_rule: false }), ..Verdict::default() }
}

#[test]
fn ext_157_claims_and_scopes_of_the_code_are_in_the_tokens_of_a_refresh() {
    let hook = FakeHook::says(Verdict {
        access_token_claims: one("plan", json!("gold")),
        id_token_claims: one("https://example.com/role", json!(["admin"])),
        scopes: vec![ScopeEdit::Add(scope("admin:all")), ScopeEdit::Remove("read:things".to_owned())],
        ..Verdict::default()
    });
    let (world, token) = refreshing(&hook);
    let response = world.issues(&refresh(&token)).response;
    let access = claims(&response.access_token);
    assert_eq!(access["plan"], json!("gold"));
    assert_eq!(access["https://example.com/role"], Value::Null);
    let scopes = granted(&response);
    assert!(scopes.ends_with(" admin:all") && !scopes.contains("read:things"), "{scopes}");
    assert_eq!(access["scope"], json!(scopes));
    let id_token = claims(response.id_token.as_deref().unwrap());
    assert_eq!(id_token["https://example.com/role"], json!(["admin"]));
    assert_eq!(id_token["plan"], Value::Null);
}

#[test]
fn claims_and_scopes_are_made_anew_at_each_refresh() {
    let hook = FakeHook::of(|event| {
        let again = event.now > NOW;
        let scopes = if again { vec![] } else { vec![ScopeEdit::Add(scope("admin:all"))] };
        Ok(Verdict { access_token_claims: one("again", json!(again)), scopes, ..Verdict::default() })
    });
    let (world, token) = refreshing(&hook);
    let first = world.issues(&refresh(&token)).response;
    assert_eq!(claims(&first.access_token)["again"], json!(false));
    assert!(granted(&first).contains("admin:all"));
    let second = world.issues(&refresh(&first.refresh_token.unwrap()).later(60)).response;
    assert_eq!(claims(&second.access_token)["again"], json!(true));
    assert!(!granted(&second).contains("admin:all"));
}

#[test]
fn core_208_sp_067_protected_claims_and_those_of_ungranted_scopes_are_not_the_codes_to_set() {
    let forged =
        ["iss", "sub", "aud", "exp", "iat", "azp", "scope", "permissions", "cnf", "act", "sid", "nonce"];
    let set: Map<_, _> = forged.iter().map(|name| ((*name).to_owned(), json!("forged"))).collect();
    let mut set_and_email = set.clone();
    set_and_email.insert("email".to_owned(), json!("forged"));
    let hook = FakeHook::says(Verdict {
        access_token_claims: set_and_email.clone(),
        id_token_claims: set_and_email,
        scopes: vec![ScopeEdit::Remove("email".to_owned())],
        ..Verdict::default()
    });
    let (world, token) = refreshing(&hook);
    let response = world.issues(&refresh(&token)).response;
    for token in [response.access_token, response.id_token.unwrap()] {
        let claims = claims(&token);
        assert!(!claims.to_string().contains("forged"), "{claims}");
        assert_eq!(claims["sub"], json!(USER_ID));
    }
}

#[test]
fn a_denial_is_refused_with_its_reason_and_spends_nothing_but_writes_the_metadata() {
    let hook = FakeHook::says(Verdict { app_metadata: one("denied", json!(1)), ..denied("not on Sundays") });
    let (world, token) = refreshing(&hook);
    let error = world.refuses_and_writes(&refresh(&token), "hook.denied");
    assert_eq!(
        (error.code.clone(), error.describe()),
        (ErrorCode::AccessDenied, "not on Sundays".to_owned())
    );
    let written = world.take_effects();
    assert!(matches!(written.as_slice(), [Change::PatchMetadata { .. }]), "{written:?}");
    assert_eq!(user(&world).profile.app_metadata["denied"], json!(1));
    hook.unbind();
    world.issues(&refresh(&token));
}

#[test]
fn core_139_a_revocation_ends_the_family_and_says_why() {
    let verdict = Verdict { revoke_refresh_token: Some("a stolen phone".to_owned()), ..Verdict::default() };
    let (world, token) = refreshing(&FakeHook::says(verdict));
    let error = world.refuses_and_writes(&refresh(&token), "hook.refresh_token_revoked");
    assert_eq!(
        (error.code.clone(), error.value("reason")),
        (ErrorCode::AccessDenied, Some("a stolen phone"))
    );
    let written = world.take_effects();
    assert!(matches!(written.as_slice(), [Change::EndFamily { .. }]), "{written:?}");
    let log = world.log();
    let row = log.iter().find(|row| row.event == "srrt").unwrap();
    assert_eq!(row.rule.as_deref(), Some("hook.refresh_token_revoked"));
    world.refuses(&refresh(&token), "refresh.revoked");
}

#[test]
fn metadata_and_session_ends_are_committed_with_the_tokens() {
    let end = NOW.plus(countersign_oauth::Seconds(60));
    let hook = FakeHook::says(Verdict {
        user_metadata: one("seen", json!(true)),
        session: SessionEdits { expires_at: Some(end), ..SessionEdits::default() },
        ..Verdict::default()
    });
    let (world, token) = refreshing(&hook);
    world.issues(&refresh(&token));
    assert_eq!(world.storage.take_commits().len(), 1, "one commit");
    assert_eq!(user(&world).profile.user_metadata["seen"], json!(true));
    assert_eq!(find_session(&world).expires_at, end);
}

#[test]
fn a_session_that_the_code_ends_takes_the_refresh_token_with_it_unless_it_says_otherwise() {
    for (preserve_refresh_tokens, rule) in [(false, "refresh.revoked"), (true, "hook.session_revoked")] {
        let session = SessionEdits {
            revoke: Some("gone".to_owned()),
            preserve_refresh_tokens,
            ..SessionEdits::default()
        };
        let (world, token) = refreshing(&FakeHook::says(Verdict { session, ..Verdict::default() }));
        world.refuses_and_writes(&refresh(&token), "hook.session_revoked");
        assert_eq!(find_session(&world).ended_at, Some(NOW));
        world.refuses_and_writes(&refresh(&token), rule);
    }
}

#[test]
fn an_exchange_that_would_be_refused_runs_no_code() {
    let hook = FakeHook::says(Verdict::default());
    let (world, token) = refreshing(&hook);
    world.refuses(&refresh("unknown"), "refresh.unknown");
    world.refuses(&refresh(&token).later(40 * 86_400), "refresh.expired");
    let successor = world.issues(&refresh(&token)).response.refresh_token.unwrap();
    assert_eq!(hook.take_asked().len(), 1);
    world.refuses_and_writes(&refresh(&token).later(60), "refresh.reused");
    world.refuses(&refresh(&successor), "refresh.revoked");
    assert!(hook.take_asked().is_empty());
}

#[test]
fn it_is_asked_once_however_often_the_exchange_is_decided() {
    let hook = FakeHook::says(Verdict { access_token_claims: one("plan", json!(1)), ..Verdict::default() });
    let (world, token) = refreshing(&hook);
    world.edit_client(|client| {
        client.settings.refresh_token.leeway = countersign_oauth::Seconds(30);
    });
    world.storage.take_tries();
    // Another exchange of the same token wins.
    let handle = countersign_oauth::HandleHash::of(&token);
    world.storage.before_commit(move |storage| {
        let spend = Change::ExchangeRefreshToken { handle, now: NOW, rule: ExchangeRule::Unspent };
        crate::world::put(storage, spend);
    });
    let response = world.issues(&refresh(&token)).response;
    assert_eq!(world.storage.take_tries(), 2);
    assert_eq!(hook.take_asked().len(), 1);
    assert_eq!(claims(&response.access_token)["plan"], json!(1));
}

#[test]
fn without_bound_code_nothing_is_asked() {
    let hook = FakeHook::says(denied("never"));
    let (world, token) = refreshing(&hook);
    hook.unbind();
    world.issues(&refresh(&token));
    assert!(hook.take_asked().is_empty());
}

#[test]
fn client_credentials_are_no_login() {
    let hook = FakeHook::says(denied("never"));
    let call = Call::new(&[("grant_type", "client_credentials"), ("audience", AUDIENCE)]);
    asking(&hook).issues(&call);
    assert!(hook.take_asked().is_empty());
}

#[test]
fn ext_158_the_event_tells_of_the_exchange_and_of_no_secret() {
    let hook = FakeHook::says(Verdict::default());
    let (world, token) = refreshing(&hook);
    world.issues(&refresh(&token).with("scope", "openid read:things"));
    let [event] = <[LoginEvent; 1]>::try_from(hook.take_asked()).unwrap();
    assert_eq!(event.transaction.protocol, Protocol::RefreshToken);
    assert!(!event.transaction.can_redirect);
    assert_eq!(event.transaction.requested_scopes, scope("openid read:things"));
    assert_eq!(event.scope, scope("openid read:things"));
    assert_eq!((event.user.id.as_str(), event.client.id.as_str()), (USER_ID, CLIENT_ID));
    assert_eq!(event.session.unwrap().id.as_str(), "test-session");
    assert!(event.refresh_token.is_some());
    assert_eq!(event.methods[0].name, "pwd");
    assert_eq!(
        (event.request.method.as_str(), event.request.hostname.as_str()),
        ("POST", "login.example.com")
    );
    let seen =
        json!({ "grant_type": "refresh_token", "client_id": CLIENT_ID, "scope": "openid read:things" });
    assert_eq!(Value::Object(event.request.body), seen);
}

#[test]
fn a_redirect_a_throw_and_a_full_queue_each_refuse() {
    let pending = Pending {
        script_id: "act_1".to_owned(),
        url: "https://example.com/".to_owned(),
        so_far: Box::default(),
        state: String::new(),
    };
    let (world, token) =
        refreshing(&FakeHook::says(Verdict { redirect: Some(pending), ..Verdict::default() }));
    world.refuses(&refresh(&token), "hook.redirect_impossible");

    let throws = || OAuthError::new(ErrorCode::AccessDenied, "hook.denied", "it broke");
    let (world, token) = refreshing(&FakeHook::of(move |_| Err(throws().into())));
    assert_eq!(world.refuses(&refresh(&token), "hook.denied").describe(), "it broke");

    let full = || Error::Fault(Fault::unavailable("full"));
    let (world, token) = refreshing(&FakeHook::of(move |_| Err(full())));
    assert_eq!(fault(world.post(&refresh(&token))).kind, FaultKind::Unavailable);
    assert!(world.take_effects().is_empty());
}

#[test]
fn ext_157_what_was_decided_at_the_login_comes_with_its_code() {
    let hook = FakeHook::says(denied("never asked"));
    let world = asking(&hook);
    put_code(&world, |issued| {
        issued.payload.verdict = Verdict {
            access_token_claims: one("plan", json!("gold")),
            id_token_claims: one("role", json!("admin")),
            scopes: vec![ScopeEdit::Add(scope("admin:all"))],
            ..Verdict::default()
        };
    });
    let response = world.issues(&exchange()).response;
    assert!(hook.take_asked().is_empty());
    assert_eq!(claims(&response.access_token)["plan"], json!("gold"));
    assert!(granted(&response).ends_with(" admin:all"));
    assert_eq!(claims(response.id_token.as_deref().unwrap())["role"], json!("admin"));
}

#[test]
fn scopes_that_the_code_took_away_take_the_tokens_that_hang_from_them() {
    let world = asking(&FakeHook::says(Verdict::default()));
    put_code(&world, |issued| {
        let gone = ["openid", "offline_access"].map(|name| ScopeEdit::Remove(name.to_owned()));
        issued.payload.verdict = Verdict { scopes: gone.to_vec(), ..Verdict::default() };
    });
    let response = world.issues(&exchange()).response;
    assert_eq!((response.id_token, response.refresh_token), (None, None));
}

#[test]
fn the_claims_of_the_id_token_stay_with_the_access_token_for_userinfo() {
    for audience in [None, Some(AUDIENCE.into())] {
        let world = asking(&FakeHook::says(Verdict::default()));
        put_code(&world, |issued| {
            issued.authorization.audience.clone_from(&audience);
            issued.payload.verdict.id_token_claims = one("role", json!("admin"));
        });
        let response = world.issues(&exchange()).response;
        let reader = AccessTokenReader {
            keys: &countersign_testkit::TestKeyRing::new(),
            tokens: &*world.storage,
            apis: &*world.storage,
            sealer: &countersign_testkit::TestSealer::default(),
        };
        let read = block_on(reader.read(&response.access_token, &domain(), NOW)).unwrap().unwrap();
        assert_eq!(read.id_token_claims.as_map(), &one("role", json!("admin")), "{audience:?}");
    }
}

#[test]
fn a_user_who_is_deleted_while_the_code_runs_gets_nothing() {
    let hook = FakeHook::says(Verdict { user_metadata: one("a", json!(1)), ..Verdict::default() });
    let (world, token) = refreshing(&hook);
    world.storage.before_commit(|storage| {
        let record = block_on(storage.user(&USER_ID.into())).unwrap().unwrap();
        let blocked = User { blocked: true, ..record };
        crate::world::put(storage, Change::UpsertUser(changed(blocked.version, blocked)));
    });
    world.refuses(&refresh(&token), "refresh.not_allowed_now");
    assert_eq!(user(&world).profile.user_metadata.get("a"), None);
}
