//! Refresh tokens used twice, by others, or without their client (SP-034 to SP-047, RP-11, RP-12).

use std::thread;

use countersign_oauth::Seconds;
use countersign_storage::RefreshTokenSettings;

use crate::kit::{Pairs, refreshing, without};
use crate::support::{
    Backend, Harness, MACHINE_ID, MACHINE_SECRET, Request, Response, SPA_ID, Tenant, WEB_ID, on_every_backend,
};

const INVALID: &str = "Unknown or invalid refresh token.";

/// A tenant whose two applications rotate, with a leeway.
fn rotating(backend: Backend, leeway: i64) -> Harness {
    let mut tenant = Tenant::default();
    for id in [WEB_ID, SPA_ID] {
        tenant.client(id).settings.refresh_token =
            RefreshTokenSettings { leeway: Seconds(leeway), ..RefreshTokenSettings::rotating() };
    }
    Harness::start(backend, tenant)
}

fn on_both(leeway: i64, test: impl Fn(&Harness)) {
    for backend in Backend::chosen() {
        test(&rotating(backend, leeway));
    }
}

fn refresh(server: &Harness, client: &str, token: &str) -> Response {
    server.token(&refreshing(client, token, &[]))
}

fn next(server: &Harness, client: &str, token: &str) -> String {
    refresh(server, client, token).expect(200).text("refresh_token")
}

fn is_dead(server: &Harness, client: &str, token: &str) {
    refresh(server, client, token).expect_error(403, "invalid_grant", INVALID);
}

/// Sends one request so many times at once.
fn at_once(server: &Harness, count: usize, pairs: &Pairs<'_>) -> Vec<Response> {
    let request = Request::post_form(server.url("/oauth/token"), pairs);
    thread::scope(|scope| {
        let started: Vec<_> = (0..count).map(|_| scope.spawn(|| server.send(&request))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn sp_034_reuse_after_the_leeway_kills_the_whole_family_and_no_other() {
    for leeway in [0, 10] {
        on_both(leeway, |server| {
            for client in [WEB_ID, SPA_ID] {
                let tokens = server.tokens_for(client, &[]);
                let other = server.tokens_for(client, &[]);
                let first = tokens.text("refresh_token");
                let second = next(server, client, &first);
                server.clock.advance(Seconds(leeway + 1));
                is_dead(server, client, &first);
                is_dead(server, client, &second);
                server.userinfo_of(&tokens.text("access_token")).expect(401);
                next(server, client, &other.text("refresh_token"));
            }
        });
    }
}

#[test]
fn sp_035_a_grandparent_inside_the_leeway_is_a_reuse() {
    on_both(60, |server| {
        let first = server.tokens_for(SPA_ID, &[]).text("refresh_token");
        let second = next(server, SPA_ID, &first);
        let third = next(server, SPA_ID, &second);
        is_dead(server, SPA_ID, &first);
        is_dead(server, SPA_ID, &third);
        is_dead(server, SPA_ID, &second);
    });
}

#[test]
fn sp_036_inside_the_leeway_a_token_has_at_most_ten_successors_which_die_together() {
    on_both(60, |server| {
        let first = server.tokens_for(SPA_ID, &[]).text("refresh_token");
        let forks: Vec<String> = (0..10).map(|_| next(server, SPA_ID, &first)).collect();
        server.writes_nothing(&[&first, &forks[0]], || {
            refresh(server, SPA_ID, &first).expect_error(403, "invalid_grant", INVALID)
        });
        // The refusal killed nobody.
        let last = next(server, SPA_ID, &forks[9]);
        server.clock.advance(Seconds(61));
        is_dead(server, SPA_ID, &first);
        for token in forks.iter().chain([&last]) {
            is_dead(server, SPA_ID, token);
        }
    });
}

#[test]
fn sp_037_rotations_within_one_millisecond_keep_their_order() {
    on_both(60, |server| {
        let mut tokens = vec![server.tokens_for(SPA_ID, &[]).text("refresh_token")];
        for _ in 0..4 {
            tokens.push(next(server, SPA_ID, tokens.last().unwrap()));
        }
        is_dead(server, SPA_ID, &tokens[1]);
        is_dead(server, SPA_ID, &tokens[4]);
    });
}

#[test]
fn sp_038_rp_11_without_leeway_one_of_16_at_once_wins_and_the_family_is_dead() {
    on_both(0, |server| {
        let tokens = server.tokens_for(SPA_ID, &[]);
        let first = tokens.text("refresh_token");
        let answers = at_once(server, 16, &refreshing(SPA_ID, &first, &[]));
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1, "{won:?}");
        for answer in lost {
            answer.expect_error(403, "invalid_grant", INVALID);
        }
        is_dead(server, SPA_ID, &won[0].text("refresh_token"));
        server.userinfo_of(&won[0].text("access_token")).expect(401);
    });
}

#[test]
fn rp_12_with_leeway_8_at_once_all_get_a_working_successor_and_reuse_later_kills_all() {
    on_both(10, |server| {
        let first = server.tokens_for(SPA_ID, &[]).text("refresh_token");
        let answers = at_once(server, 8, &refreshing(SPA_ID, &first, &[]));
        let successors: Vec<String> =
            answers.into_iter().map(|answer| answer.expect(200).text("refresh_token")).collect();
        let grown: Vec<String> = successors.iter().map(|token| next(server, SPA_ID, token)).collect();
        server.clock.advance(Seconds(11));
        is_dead(server, SPA_ID, &first);
        for token in successors.iter().chain(&grown) {
            is_dead(server, SPA_ID, token);
        }
    });
}

#[test]
fn rp_12_up_to_the_cap_16_at_once_get_ten_successors() {
    on_both(10, |server| {
        let first = server.tokens_for(SPA_ID, &[]).text("refresh_token");
        let answers = at_once(server, 16, &refreshing(SPA_ID, &first, &[]));
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 10, "{lost:?}");
        for answer in lost {
            answer.expect_error(403, "invalid_grant", INVALID);
        }
        for answer in won {
            next(server, SPA_ID, &answer.text("refresh_token"));
        }
    });
}

#[test]
fn sp_041_a_token_of_another_client_is_refused_and_its_family_survives() {
    on_both(0, |server| {
        let web = server.tokens_for(WEB_ID, &[]).text("refresh_token");
        let spa = server.tokens_for(SPA_ID, &[]).text("refresh_token");
        // The rules of the machine's own grants come second: it may refresh nothing at all.
        server.change_client(MACHINE_ID, |client| {
            client.settings.grant_types.push(countersign_oauth::GrantType::REFRESH_TOKEN);
        });
        for (client, token) in [(SPA_ID, &web), (WEB_ID, &spa)] {
            server.writes_nothing(&[token], || {
                refresh(server, client, token).expect_error(403, "invalid_grant", INVALID)
            });
        }
        let machine = refreshing(MACHINE_ID, &web, &[("client_secret", MACHINE_SECRET)]);
        server.writes_nothing(&[&web], || server.token(&machine).expect_error(403, "invalid_grant", INVALID));
        // At the other domain it is another issuer's.
        let request =
            Request::post_form(format!("{}/oauth/token", server.http), &refreshing(WEB_ID, &web, &[]));
        server.writes_nothing(&[&web], || server.send(&request).expect_error(403, "invalid_grant", INVALID));
        next(server, WEB_ID, &web);
        next(server, SPA_ID, &spa);
    });
}

#[test]
fn sp_047_a_confidential_client_that_does_not_authenticate_is_refused() {
    on_every_backend(|server| {
        let token = server.tokens_for(WEB_ID, &[]).text("refresh_token");
        let pairs = refreshing(WEB_ID, &token, &[]);
        let wrong = refreshing(WEB_ID, &token, &[("client_secret", "wrong")]);
        let empty = refreshing(WEB_ID, &token, &[("client_secret", "")]);
        for pairs in [without(pairs, "client_secret"), wrong, empty] {
            server.writes_nothing(&[&token], || {
                server.token(&pairs).expect_error(401, "access_denied", "Unauthorized")
            });
        }
        refresh(server, WEB_ID, &token).expect(200);
    });
}
