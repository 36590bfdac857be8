use countersign_oauth::Seconds;
use countersign_storage::ThirdPartySecurityMode;
use countersign_testkit::{AUDIENCE, USER_ID, block_on, user_client_grant};

use crate::support::{Harness, SPA, SPA_ID, on_every_backend};

const SCOPE: &str = "openid offline_access read:things";

fn first(server: &Harness) -> String {
    server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token")
}

/// Exchanges a token for the next one.
fn next(server: &Harness, token: &str) -> String {
    server.refresh(SPA, token).expect(200).text("refresh_token")
}

fn refused(server: &Harness, token: &str) {
    server.refresh(SPA, token).expect_error(403, "invalid_grant", "Unknown or invalid refresh token.");
}

fn with_leeway(server: &Harness, seconds: i64) {
    server.change_client(SPA_ID, |client| client.settings.refresh_token.leeway = Seconds(seconds));
}

#[test]
fn core_127_128_reuse_revokes_the_family_and_its_authorization() {
    on_every_backend(|server| {
        let one = first(server);
        let two = next(server, &one);
        let three = next(server, &two);
        assert_eq!(server.is_over(&three), (false, false));
        refused(server, &one);
        assert_eq!(server.is_over(&three), (true, true));
        refused(server, &three);
        refused(server, &two);
    });
}

#[test]
fn core_127_reuse_after_the_leeway_revokes_the_family() {
    on_every_backend(|server| {
        with_leeway(server, 10);
        let one = first(server);
        let two = next(server, &one);
        server.clock.advance(Seconds(11));
        refused(server, &one);
        assert_eq!(server.is_over(&two), (true, true));
        refused(server, &two);
    });
}

#[test]
fn core_127_reuse_leaves_the_consent() {
    on_every_backend(|server| {
        server.change_client(SPA_ID, |client| {
            client.settings.is_first_party = false;
            client.settings.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
        });
        let mut grant = user_client_grant();
        grant.client_id = SPA_ID.into();
        server.add_grant(grant);
        let consent =
            || block_on(server.storage.consent(&USER_ID.into(), &SPA_ID.into(), &AUDIENCE.into())).unwrap();
        let one = first(server);
        assert!(consent().is_some());
        next(server, &one);
        refused(server, &one);
        assert!(consent().is_some(), "reuse took the consent away");
    });
}

#[test]
fn core_129_within_the_leeway_the_previous_token_gives_a_fresh_one() {
    on_every_backend(|server| {
        with_leeway(server, 10);
        let one = first(server);
        let two = next(server, &one);
        server.clock.advance(Seconds(9));
        let other = next(server, &one);
        assert_ne!(other, two);
        assert_eq!(server.is_over(&two), (false, false));
        // Both successors are of the family and go on.
        let three = next(server, &other);
        next(server, &three);
    });
}

#[test]
fn core_129_at_most_ten_successors_and_the_family_lives_on() {
    on_every_backend(|server| {
        with_leeway(server, 60);
        let one = first(server);
        let successors: Vec<String> = (0..10).map(|_| next(server, &one)).collect();
        refused(server, &one);
        assert_eq!(server.is_over(&one), (false, false));
        next(server, &successors[9]);
    });
}

#[test]
fn core_130_the_second_to_last_token_is_a_reuse_even_within_the_leeway() {
    on_every_backend(|server| {
        with_leeway(server, 60);
        let one = first(server);
        let two = next(server, &one);
        let three = next(server, &two);
        refused(server, &one);
        assert_eq!(server.is_over(&three), (true, true));
        refused(server, &three);
        refused(server, &two);
    });
}

#[test]
fn core_131_other_families_are_left_alone() {
    on_every_backend(|server| {
        let one = first(server);
        let other = first(server);
        next(server, &one);
        refused(server, &one);
        assert_eq!(server.is_over(&one), (true, true));
        assert_eq!(server.is_over(&other), (false, false));
        let other = next(server, &other);
        next(server, &other);
    });
}
