//! Rotation and reuse (RFC 9700 §4.14; RFC 6749 §10.4).

use countersign_oauth::{ErrorCode, Seconds};
use countersign_storage::Change;
use countersign_testkit::{NOW, consent};

use crate::flow::{
    find_authorization, find_session, first_token, is_denied, refresh, rotate, rotating_world, sign_in,
    standing_consent,
};
use crate::world::World;

/// The family of the code's login ended with its authorization, and the log says why.
#[track_caller]
fn assert_family_is_dead(world: &World, handle: &str, newest: &str) {
    assert!(find_authorization(world, handle).ended_at.is_some());
    world.refuses(&refresh(newest), "refresh.revoked");
    let log = world.log();
    let event = log.iter().find(|event| event.event == "ferrt").unwrap();
    assert_eq!(event.rule.as_deref(), Some("refresh.reused"));
    assert!(event.user_id.is_some() && event.client_id.is_some());
}

#[test]
fn core_127_core_128_sp_034_reuse_without_a_leeway_ends_the_family_and_its_authorization() {
    let world = rotating_world(0);
    let login = sign_in(&world, "test-code");
    let first = login.refresh_token.unwrap();
    let second = rotate(&world, &refresh(&first));
    let error = world.refuses_and_writes(&refresh(&first), "refresh.reused");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    assert_family_is_dead(&world, "test-code", &second);
    assert!(is_denied(&world, &login.access_token));
}

#[test]
fn core_127_the_consent_and_the_session_survive_a_reuse() {
    let world = rotating_world(0);
    world.put(Change::GrantConsent(consent()));
    let first = first_token(&world);
    rotate(&world, &refresh(&first));
    world.refuses_and_writes(&refresh(&first), "refresh.reused");
    assert!(standing_consent(&world).is_some());
    assert_eq!(find_session(&world).ended_at, None);
}

#[test]
fn core_129_within_the_leeway_the_previous_token_returns_a_fresh_one() {
    let world = rotating_world(10);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first));
    let sibling = rotate(&world, &refresh(&first).later(10));
    assert_ne!(second, sibling);
    assert!(world.log().is_empty());
    world.issues(&refresh(&sibling).later(11));
}

#[test]
fn core_127_sp_034_a_second_after_the_leeway_it_is_reuse() {
    let world = rotating_world(10);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first));
    world.refuses_and_writes(&refresh(&first).later(11), "refresh.reused");
    assert_family_is_dead(&world, "test-code", &second);
}

#[test]
fn core_129_the_leeway_runs_from_the_first_exchange_and_is_not_renewed() {
    let world = rotating_world(10);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first));
    rotate(&world, &refresh(&first).later(9));
    world.refuses_and_writes(&refresh(&first).later(12), "refresh.reused");
    assert_family_is_dead(&world, "test-code", &second);
}

#[test]
fn core_130_sp_035_within_the_leeway_the_second_to_last_is_reuse() {
    let world = rotating_world(100);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first));
    let third = rotate(&world, &refresh(&second));
    world.refuses_and_writes(&refresh(&first).later(1), "refresh.reused");
    assert_family_is_dead(&world, "test-code", &third);
}

#[test]
fn core_130_sp_035_a_fork_is_reuse_once_another_fork_was_spent() {
    let world = rotating_world(100);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first));
    let fork = rotate(&world, &refresh(&first));
    rotate(&world, &refresh(&fork));
    world.refuses_and_writes(&refresh(&first), "refresh.reused");
    assert_family_is_dead(&world, "test-code", &second);
}

#[test]
fn sp_037_order_comes_from_a_counter_and_not_from_the_clock() {
    let world = rotating_world(0);
    // All in the same millisecond.
    let mut tokens = vec![first_token(&world)];
    for _ in 0..5 {
        tokens.push(rotate(&world, &refresh(tokens.last().unwrap())));
    }
    world.refuses_and_writes(&refresh(&tokens[2]), "refresh.reused");
    assert_family_is_dead(&world, "test-code", tokens.last().unwrap());
}

#[test]
fn sp_036_a_token_has_ten_successors_and_the_next_is_refused_without_killing_the_family() {
    let world = rotating_world(100);
    let first = first_token(&world);
    let mut successors: Vec<String> = (0..10).map(|_| rotate(&world, &refresh(&first))).collect();
    let error = world.refuses(&refresh(&first), "refresh.too_many_successors");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    successors.sort();
    successors.dedup();
    assert_eq!(successors.len(), 10);
    world.issues(&refresh(&successors[3]));
}

#[test]
fn sp_036_every_fork_dies_with_the_family() {
    let world = rotating_world(100);
    let first = first_token(&world);
    let forks: Vec<String> = (0..10).map(|_| rotate(&world, &refresh(&first))).collect();
    world.refuses_and_writes(&refresh(&first).later(101), "refresh.reused");
    for fork in forks {
        world.refuses(&refresh(&fork), "refresh.revoked");
    }
}

#[test]
fn core_131_reuse_in_one_family_does_not_touch_another() {
    let world = rotating_world(0);
    let bystander = sign_in(&world, "bystander").refresh_token.unwrap();
    let first = first_token(&world);
    rotate(&world, &refresh(&first));
    world.refuses_and_writes(&refresh(&first), "refresh.reused");
    assert_eq!(find_authorization(&world, "bystander").ended_at, None);
    world.issues(&refresh(&bystander));
}

#[test]
fn sp_034_a_spent_token_is_reuse_even_after_its_own_idle_end() {
    let world = rotating_world(0);
    let first = first_token(&world);
    // Kept alive until after the first token's idle end.
    let second = rotate(&world, &refresh(&first).later(1_000_000));
    let third = rotate(&world, &refresh(&second).later(2_000_000));
    world.refuses_and_writes(&refresh(&first).later(2_000_001), "refresh.reused");
    assert!(find_authorization(&world, "test-code").ended_at.is_some());
    world.refuses(&refresh(&third).later(2_000_002), "refresh.revoked");
}

#[test]
fn a_leeway_that_was_taken_away_counts_at_once() {
    let world = rotating_world(100);
    let first = first_token(&world);
    rotate(&world, &refresh(&first));
    world.edit_client(|client| client.settings.refresh_token.leeway = Seconds(0));
    world.refuses_and_writes(&refresh(&first), "refresh.reused");
}

#[test]
fn what_is_spent_is_spent_for_a_later_request_with_an_earlier_clock_too() {
    let world = rotating_world(0);
    let first = first_token(&world);
    let second = rotate(&world, &refresh(&first).later(100));
    world.refuses_and_writes(&refresh(&first), "refresh.reused");
    assert_family_is_dead(&world, "test-code", &second);
    assert_eq!(world.families()[0].ended_at, Some(NOW));
}
