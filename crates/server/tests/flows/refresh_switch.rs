use std::thread;

use countersign_oauth::{FamilyId, HandleHash, Seconds};
use countersign_storage::{Change, Changes, RefreshFamily, RefreshToken, RotationType};
use countersign_testkit::{AUDIENCE, USER_ID, block_on};

use crate::support::{Harness, Response, WEB, WEB_ID, on_every_backend, refresh};

const INVALID: (u16, &str, &str) = (403, "invalid_grant", "Unknown or invalid refresh token.");
const SCOPE: &str = "openid offline_access read:things";

fn first(server: &Harness) -> String {
    server.web_tokens(SCOPE, AUDIENCE).text("refresh_token")
}

fn switch(server: &Harness, rotation_type: RotationType, leeway: i64) {
    server.change_client(WEB_ID, |client| {
        client.settings.refresh_token.rotation_type = rotation_type;
        client.settings.refresh_token.leeway = Seconds(leeway);
    });
}

fn next(server: &Harness, token: &str) -> String {
    server.refresh(WEB, token).expect(200).text("refresh_token")
}

fn refused(server: &Harness, token: &str) {
    server.refuse_token(&[WEB, &refresh(token)].concat(), &[token], INVALID);
}

/// The answers to the same refresh from several threads at once.
fn at_once(server: &Harness, token: &str, threads: usize) -> Vec<Response> {
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| server.refresh(WEB, token))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn living(server: &Harness) -> usize {
    let families = block_on(server.storage.families_of_user(&USER_ID.into())).unwrap();
    families.iter().filter(|family| family.ended_at.is_none()).count()
}

#[test]
fn core_134_switching_to_rotation_deletes_sibling_tokens_at_the_next_exchange() {
    on_every_backend(|server| {
        let (token, sibling) = (first(server), first(server));
        assert_eq!(server.refresh(WEB, &sibling).expect(200).json().get("refresh_token"), None);
        switch(server, RotationType::Rotating, 0);
        let rotated = next(server, &token);
        refused(server, &sibling);
        let rotated = next(server, &rotated);
        assert_eq!(living(server), 1);
        next(server, &rotated);
    });
}

#[test]
fn core_134_of_eight_exchanges_at_once_all_are_of_one_family() {
    on_every_backend(|server| {
        let (token, sibling) = (first(server), first(server));
        switch(server, RotationType::Rotating, 60);
        let answers = at_once(server, &token, 8);
        let tokens: Vec<_> =
            answers.into_iter().map(|answer| answer.expect(200).text("refresh_token")).collect();
        assert_eq!(living(server), 1);
        refused(server, &sibling);
        next(server, &tokens[7]);
    });
}

#[test]
fn core_135_switching_rotation_off_revokes_the_family_at_the_next_exchange() {
    on_every_backend(|server| {
        switch(server, RotationType::Rotating, 0);
        let one = first(server);
        let two = next(server, &one);
        switch(server, RotationType::NonRotating, 0);
        let stays = next(server, &two);
        refused(server, &two);
        refused(server, &one);
        for _ in 0..2 {
            assert_eq!(server.refresh(WEB, &stays).expect(200).json().get("refresh_token"), None);
        }
        assert_eq!(living(server), 1);
    });
}

#[test]
fn core_135_of_eight_exchanges_at_once_one_gets_the_token_that_stays() {
    on_every_backend(|server| {
        switch(server, RotationType::Rotating, 0);
        let token = first(server);
        switch(server, RotationType::NonRotating, 0);
        let answers = at_once(server, &token, 8);
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            answer.expect_error(INVALID.0, INVALID.1, INVALID.2);
        }
        server.refresh(WEB, &won[0].text("refresh_token")).expect(200);
        assert_eq!(living(server), 1);
    });
}

#[test]
fn core_136_the_201st_active_token_removes_the_oldest() {
    on_every_backend(|server| {
        let oldest = first(server);
        let handle = HandleHash::of(&oldest);
        let (token, family) = block_on(server.storage.refresh_token(&handle)).unwrap().unwrap();
        server.clock.advance(Seconds(1));
        let mut changes = Changes::none();
        for number in 0..199 {
            let (id, created_at) = (FamilyId::new(format!("family {number}")), server.now());
            let other =
                RefreshToken { handle: HandleHash::of(id.as_str()), family_id: id.clone(), ..token.clone() };
            let family = RefreshFamily { id, created_at, ..family.clone() };
            changes = changes.with(Change::InsertFamily(family)).with(Change::InsertRefreshToken(other));
        }
        block_on(server.storage.commit(changes)).unwrap();
        assert_eq!(living(server), 200);
        server.refresh(WEB, &oldest).expect(200);
        server.clock.advance(Seconds(1));
        let newest = first(server);
        assert_eq!(living(server), 200);
        refused(server, &oldest);
        server.refresh(WEB, &newest).expect(200);
    });
}
