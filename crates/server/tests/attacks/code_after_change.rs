//! What happens between a code and its redemption counts (SP-030).

use std::sync::Arc;

use countersign_crypto::{Argon2Cost, Argon2Hasher, OsRandom};
use countersign_management::{Admin, set_password};
use countersign_oauth::{Compliance, Seconds, Secret};
use countersign_storage::Change;
use countersign_testkit::{AUDIENCE, USER_ID, block_on};

use crate::kit::redeeming;
use crate::support::{Harness, Response, SPA_ID, WEB_ID, on_every_backend};

const INVALID: &str = "Invalid authorization code";

/// Redeems a code after a change and expects the refusal, without effect.
fn refused_after(change: impl Fn(&Harness)) {
    on_every_backend(|server| {
        let callback = server.code_for(WEB_ID, &[("audience", AUDIENCE), ("scope", "openid read:things")]);
        change(server);
        server.writes_nothing(&[callback.code()], || {
            redeem(server, callback.code()).expect_error(403, "invalid_grant", INVALID)
        });
    });
}

fn redeem(server: &Harness, code: &str) -> Response {
    server.token(&redeeming(WEB_ID, code, &[]))
}

#[test]
fn sp_030_the_user_was_blocked() {
    refused_after(|server| server.change_user(|user| user.blocked = true));
}

#[test]
fn sp_030_the_user_was_deleted() {
    refused_after(|server| server.commit(Change::DeleteUser { id: USER_ID.into(), at: server.now() }));
}

#[test]
fn sp_030_the_password_was_changed() {
    refused_after(|server| {
        let cost = Argon2Cost { memory_kib: 8, iterations: 1, parallelism: 1 };
        let hasher = Argon2Hasher::start(cost, 1, 4, Arc::new(OsRandom)).unwrap();
        let admin = Admin { storage: &*server.storage, random: &OsRandom, now: server.now() };
        let password = Secret::new("another password altogether".to_owned());
        block_on(set_password(&USER_ID.into(), &password, &hasher, &admin)).unwrap();
    });
}

#[test]
fn sp_030_the_session_was_ended() {
    refused_after(|server| {
        server.commit(Change::EndSessionsOfUser { user: USER_ID.into(), at: server.now() });
    });
}

#[test]
fn sp_030_the_api_was_deleted() {
    refused_after(|server| {
        let api = block_on(server.storage.resource_server(&AUDIENCE.into())).unwrap().unwrap();
        server.commit(Change::DeleteResourceServer { id: api.id, at: server.now() });
    });
}

#[test]
fn sp_030_the_connection_was_taken_from_the_client() {
    refused_after(|server| {
        let mut record = block_on(server.storage.connections()).unwrap().remove(0);
        let expected_version = Some(record.version);
        record.settings.enabled_clients.retain(|id| id.as_str() == SPA_ID);
        server.commit(Change::UpsertConnection(countersign_storage::Upsert {
            record,
            expected_version,
            raise_epoch: true,
        }));
    });
}

#[test]
fn sp_030_the_callback_was_removed() {
    refused_after(|server| {
        server.change_client(WEB_ID, |client| {
            client.settings.callbacks = vec!["https://app.example.com/other".to_owned()];
        });
    });
}

#[test]
fn sp_030_the_client_was_deleted() {
    on_every_backend(|server| {
        let callback = server.code_for(WEB_ID, &[]);
        server.commit(Change::DeleteClient { id: WEB_ID.into(), at: server.now() });
        let text = format!("Unknown client: {WEB_ID}");
        server.writes_nothing(&[callback.code()], || {
            redeem(server, callback.code()).expect_error(403, "access_denied", &text)
        });
    });
}

#[test]
fn sp_030_the_grant_was_taken_from_the_client() {
    on_every_backend(|server| {
        let callback = server.code_for(WEB_ID, &[]);
        server.change_client(WEB_ID, |client| client.settings.grant_types.clear());
        let text = "Grant type 'authorization_code' not allowed for the client.";
        server.writes_nothing(&[callback.code()], || {
            redeem(server, callback.code()).expect_error(403, "unauthorized_client", text)
        });
    });
}

#[test]
fn sp_030_a_code_lives_600_seconds_and_not_one_more() {
    for (wait, compliance) in [(600, None), (60, Some(Compliance::Rfc))] {
        on_every_backend(|server| {
            server.change_client(WEB_ID, |client| client.settings.compliance = compliance);
            let (early, late) = (server.code_for(WEB_ID, &[]), server.code_for(WEB_ID, &[]));
            server.clock.advance(Seconds(wait - 1));
            redeem(server, early.code()).expect(200);
            server.clock.advance(Seconds(1));
            server.writes_nothing(&[late.code()], || {
                let answer = redeem(server, late.code()).expect(if compliance.is_some() { 400 } else { 403 });
                assert_eq!(answer.text("error"), "invalid_grant");
                answer
            });
        });
    }
}

#[test]
fn sp_030_a_user_blocked_while_the_code_is_redeemed_either_way_keeps_nothing() {
    on_every_backend(|server| {
        for _ in 0..5 {
            let callback = server.code_for(WEB_ID, &[]);
            let answer = std::thread::scope(|scope| {
                let redeemer = scope.spawn(|| redeem(server, callback.code()));
                server.change_user(|user| user.blocked = true);
                redeemer.join().unwrap()
            });
            assert!(matches!(answer.status, 200 | 403), "{answer:?}");
            if answer.status == 200 {
                server.userinfo_of(&answer.text("access_token")).expect(401);
                let token = answer.text("refresh_token");
                server.token(&crate::kit::refreshing(WEB_ID, &token, &[])).expect(403);
            }
            server.change_user(|user| user.blocked = false);
        }
    });
}
