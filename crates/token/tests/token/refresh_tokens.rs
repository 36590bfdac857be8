//! Refresh tokens as they leave, and the rows that make them count.

use countersign_oauth::{HandleHash, Seconds};
use countersign_storage::{Change, RefreshFamily, RefreshToken};
use countersign_testkit::{NOW, TestSealer, refresh_family};
use countersign_token::{Fence, RefreshTokenPlan, TokenPlan, parse_refresh_token};

use crate::world::{for_user, mint};

fn plan(refresh_token: RefreshTokenPlan) -> TokenPlan {
    TokenPlan { refresh_token: Some(refresh_token), ..for_user(None, "openid offline_access") }
}

/// The token, and what is written beside the access token's row.
fn minted(refresh_token: RefreshTokenPlan) -> (String, Vec<Change>) {
    let issued = mint(&plan(refresh_token));
    let writes = issued.changes.writes.into_iter();
    let writes = writes.filter(|write| !matches!(write, Change::InsertAccessToken(_))).collect();
    (issued.response.refresh_token.unwrap(), writes)
}

#[test]
fn the_first_of_a_family_brings_the_family_and_its_id() {
    let idle_expires_at = Some(NOW.plus(Seconds(60)));
    let (token, writes) = minted(RefreshTokenPlan::First { family: refresh_family(), idle_expires_at });
    let [Change::InsertFamily(family), Change::InsertRefreshToken(row)] = &writes[..] else {
        panic!("{writes:?}")
    };
    assert_ne!(family.id, refresh_family().id, "drawn when it is minted");
    assert_eq!(family.id.as_str().len(), 43, "256 bits");
    assert_eq!(*family, RefreshFamily { id: family.id.clone(), ..refresh_family() });
    let expected = RefreshToken {
        handle: HandleHash::of(&token),
        family_id: family.id.clone(),
        generation: 1,
        parent: None,
        created_at: NOW,
        idle_expires_at,
        spent_at: None,
        successors: 0,
        last_used_at: None,
    };
    assert_eq!(*row, expected);
    let fence = parse_refresh_token(&token, &TestSealer::default());
    assert_eq!(fence, Some(Fence { family: family.id.clone(), generation: 1 }));
}

#[test]
fn a_successor_joins_the_family_and_names_its_parent() {
    let parent = HandleHash::of("parent");
    let (token, writes) = minted(RefreshTokenPlan::Successor {
        family: refresh_family(),
        parent,
        generation: 7,
        idle_expires_at: None,
    });
    let [Change::InsertRefreshToken(row)] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!((row.parent, row.generation, row.idle_expires_at), (Some(parent), 7, None));
    assert_eq!((&row.family_id, row.handle), (&refresh_family().id, HandleHash::of(&token)));
    let fence = parse_refresh_token(&token, &TestSealer::default());
    assert_eq!(fence, Some(Fence { family: refresh_family().id, generation: 7 }));
}

#[test]
fn there_is_one_only_where_it_is_planned() {
    let issued = mint(&for_user(None, "openid offline_access"));
    assert_eq!(issued.response.refresh_token, None);
    assert_eq!(issued.changes.writes.len(), 1, "the access token's row alone");
}

#[test]
fn nothing_that_is_written_holds_a_token() {
    let issued = mint(&plan(RefreshTokenPlan::First { family: refresh_family(), idle_expires_at: None }));
    let written = format!("{:?}", issued.changes);
    let refresh_token = issued.response.refresh_token.unwrap();
    for token in [&issued.response.access_token, &refresh_token] {
        assert!(!written.contains(token.as_str()));
    }
}
