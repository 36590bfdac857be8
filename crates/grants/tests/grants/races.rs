//! Many at once, over plain threads: one winner, no fault, and nothing honoured twice.

use std::sync::{Arc, Barrier};
use std::thread;

use countersign_testkit::CODE;
use countersign_token::TokenResponse;

use crate::flow::{
    exchange, find_authorization, first_token, is_denied, put_code, refresh, rotating_world, world,
};
use crate::world::{Call, World, refusal};

/// Sends the call from many threads at once; answers the successes and the rules of the refusals.
fn at_once(world: &Arc<World>, threads: usize, call: &Call) -> (Vec<TokenResponse>, Vec<&'static str>) {
    let start = Arc::new(Barrier::new(threads));
    let running: Vec<_> = (0..threads)
        .map(|_| {
            let (world, start, call) = (world.clone(), start.clone(), call.clone());
            thread::spawn(move || {
                start.wait();
                world.post(&call)
            })
        })
        .collect();
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for answer in running.into_iter().map(|thread| thread.join().unwrap()) {
        match answer {
            Ok(answer) => won.push(answer.response),
            // A fault would panic here.
            refused => lost.push(refusal(refused).rule),
        }
    }
    (won, lost)
}

#[test]
fn core_102_sp_024_rp_09_32_at_once_have_one_code_and_one_winner() {
    for _ in 0..20 {
        let world = Arc::new(world());
        put_code(&world, |_| {});
        let (won, lost) = at_once(&world, 32, &exchange());
        assert_eq!(won.len(), 1);
        assert_eq!(lost.len(), 31);
        // One that read the code before and the authorization after its end is refused by the gate.
        let rules = ["code.replayed", "code.not_allowed_now"];
        assert!(lost.iter().all(|rule| rules.contains(rule)), "{lost:?}");
        // The others were replays, so what the winner got is dead at our own endpoints.
        assert!(find_authorization(&world, CODE).ended_at.is_some());
        assert!(is_denied(&world, &won[0].access_token));
        world.refuses(&refresh(won[0].refresh_token.as_ref().unwrap()), "refresh.revoked");
        assert_eq!(world.families().len(), 1);
    }
}

#[test]
fn sp_038_without_a_leeway_32_at_once_have_one_winner_and_the_family_dies() {
    for _ in 0..20 {
        let world = Arc::new(rotating_world(0));
        let token = first_token(&world);
        let (won, lost) = at_once(&world, 32, &refresh(&token));
        assert_eq!(won.len(), 1);
        assert_eq!(lost.len(), 31);
        let rules = ["refresh.reused", "refresh.revoked", "refresh.not_allowed_now"];
        assert!(lost.iter().all(|rule| rules.contains(rule)), "{lost:?}");
        world.refuses(&refresh(won[0].refresh_token.as_ref().unwrap()), "refresh.revoked");
    }
}

#[test]
fn rp_12_within_the_leeway_8_at_once_all_win_and_nobody_is_a_thief() {
    for _ in 0..20 {
        let world = Arc::new(rotating_world(60));
        let token = first_token(&world);
        let (won, lost) = at_once(&world, 8, &refresh(&token));
        assert_eq!((won.len(), lost.len()), (8, 0));
        let mut tokens: Vec<_> = won.into_iter().map(|answer| answer.refresh_token.unwrap()).collect();
        world.issues(&refresh(&tokens[5]));
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), 8);
        assert!(world.log().is_empty());
    }
}

#[test]
fn sp_036_within_the_leeway_32_at_once_have_ten_successors_and_the_family_lives() {
    for _ in 0..20 {
        let world = Arc::new(rotating_world(60));
        let token = first_token(&world);
        let (won, lost) = at_once(&world, 32, &refresh(&token));
        assert_eq!(won.len(), 10);
        assert_eq!(lost, ["refresh.too_many_successors"; 22]);
        world.issues(&refresh(won[9].refresh_token.as_ref().unwrap()));
    }
}

#[test]
fn a_non_rotating_token_is_exchanged_by_32_at_once() {
    let world = Arc::new(world());
    let token = first_token(&world);
    let (won, lost) = at_once(&world, 32, &refresh(&token));
    assert_eq!((won.len(), lost.len()), (32, 0));
}

#[test]
fn two_logins_of_one_second_have_one_jwt_and_both_succeed() {
    // Auth0's dialect has no `jti`, so the same user, client, scope and second make the same token.
    let world = world();
    let one = crate::flow::sign_in(&world, "one");
    let two = crate::flow::sign_in(&world, "two");
    assert_eq!(one.access_token, two.access_token);
    assert_ne!(one.refresh_token, two.refresh_token);
    world.refuses_and_writes(&crate::flow::exchange_of("one"), "code.replayed");
    // The other login lives on; its JWT is the one that is denied now, so it needs a new one.
    world.issues(&refresh(&two.refresh_token.unwrap()).later(1));
}
