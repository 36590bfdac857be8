use std::sync::Arc;

use countersign_oauth::Domain;
use countersign_testkit::{ISSUER, NOW, SeededRandom, TestSealer, request_context};

use super::*;
use crate::tests::request;

const ALL: [Stage; 3] = [Stage::Login, Stage::Consent, Stage::Confirmation];

fn browser() -> Handle {
    Handle::restore("the-browser")
}

fn begun() -> Transaction {
    let random = SeededRandom::default();
    Transaction::begin(&request(&[("x", "1"), ("x", "2")]), &browser(), &Issuer::new(ISSUER), &random, NOW)
}

fn open_at(
    field: &str,
    stages: &[Stage],
    bindings: &[&str],
    now: Timestamp,
) -> Result<Transaction, &'static str> {
    let binding = bindings.iter().map(|binding| (*binding).to_owned()).collect();
    let browser = Browser { binding, ..Browser::default() };
    let context = RequestContext { now, ..request_context() };
    Transaction::open(field, stages, &browser, &context, &TestSealer::default()).map_err(|error| {
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        error.rule
    })
}

fn open(field: &str) -> Result<Transaction, &'static str> {
    open_at(field, &ALL, &["the-browser"], NOW)
}

fn sealed(transaction: &Transaction) -> String {
    transaction.seal(&TestSealer::default())
}

#[test]
fn a_transaction_comes_back_with_the_parameters_as_they_came() {
    let opened = open(&sealed(&begun())).unwrap();
    let parameters = opened.parameters().unwrap();
    let pairs: Vec<_> = parameters.iter().collect();
    assert_eq!(pairs.last(), Some(&("x", "2")));
    assert!(parameters.is_repeated("x"), "so that the check of duplicates runs again");
    assert_eq!((opened.stage, opened.fresh, opened.consented), (Stage::Login, false, false));
    assert_eq!(opened.session_id, None);
}

#[test]
fn what_was_done_travels_with_it() {
    let mut transaction = begun();
    transaction.stage = Stage::Consent;
    transaction.fresh = true;
    transaction.consented = true;
    transaction.session_id = Some(SessionId::new("sid"));
    let opened = open(&sealed(&transaction)).unwrap();
    assert_eq!((opened.stage, opened.fresh, opened.consented), (Stage::Consent, true, true));
    assert_eq!(opened.session_id, Some(SessionId::new("sid")));
}

#[test]
fn sp_019_the_field_tells_nothing_and_works_in_its_browser_alone() {
    let field = sealed(&begun());
    assert!(!field.contains("test-client") && !field.contains("the-browser"));
    for bindings in [&[][..], &["another"], &["the-browser", "the-browser"], &["the-browser", "x"], &[""]] {
        assert_eq!(
            open_at(&field, &ALL, bindings, NOW).err(),
            Some("transaction.other_browser"),
            "{bindings:?}"
        );
    }
}

#[test]
fn sp_019_a_changed_field_is_refused_wherever_it_was_changed() {
    let field = sealed(&begun());
    let letters: Vec<char> = field.chars().collect();
    for at in 0..letters.len() {
        let mut changed = letters.clone();
        changed[at] = if changed[at] == 'A' { 'B' } else { 'A' };
        let changed: String = changed.into_iter().collect();
        assert_eq!(open(&changed).err(), Some("transaction.malformed"), "at {at}");
    }
    for cut in [&field[1..], &field[..field.len() - 1], &field[..field.len() / 2]] {
        assert_eq!(open(cut).err(), Some("transaction.malformed"));
    }
}

#[test]
fn sp_019_garbage_and_what_others_sealed_are_refused() {
    let garbage = ["", ".", "a", "a.b", "..", "dGVzdA.", ".dGVzdA", "é.é", "dGVzdA.AAAA", &"A.".repeat(5000)];
    for field in garbage {
        assert_eq!(open(field).err(), Some("transaction.malformed"), "{field:.20}");
    }
    let foreign = begun().seal(&TestSealer::new("another tenant"));
    assert_eq!(open(&foreign).err(), Some("transaction.malformed"));
    // Sealed by us for something else (rule G3).
    let field = seal_field("logout_confirmation", &begun(), &TestSealer::default());
    assert_eq!(open(&field).err(), Some("transaction.malformed"));
}

#[test]
fn sp_019_it_ends_after_an_hour() {
    let field = sealed(&begun());
    let end = NOW.plus(Seconds(3600));
    let just_before = Timestamp::from_millis(end.millis() - 1);
    assert!(open_at(&field, &ALL, &["the-browser"], just_before).is_ok());
    assert_eq!(open_at(&field, &ALL, &["the-browser"], end).err(), Some("transaction.expired"));
}

#[test]
fn it_is_good_at_its_stage_alone() {
    let mut transaction = begun();
    for stage in ALL {
        transaction.stage = stage;
        let field = sealed(&transaction);
        for asked in ALL {
            let found = open_at(&field, &[asked], &["the-browser"], NOW).map(|opened| opened.stage);
            let expected = if asked == stage { Ok(stage) } else { Err("transaction.other_stage") };
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn sp_068_it_is_good_on_its_domain_alone() {
    let field = sealed(&begun());
    let elsewhere = Arc::new(Domain { issuer: Issuer::new("https://other.example.com/") });
    let context = RequestContext { domain: elsewhere, ..request_context() };
    let browser = Browser { binding: vec!["the-browser".to_owned()], ..Browser::default() };
    let refused = Transaction::open(&field, &ALL, &browser, &context, &TestSealer::default());
    assert_eq!(refused.err().unwrap().rule, "transaction.other_stage");
}

#[test]
fn each_stage_has_a_mark_of_its_own_and_a_restart_has_new_ones() {
    let mut transaction = begun();
    let (_, first, until) = transaction.mark();
    assert_eq!(until, NOW.plus(Seconds(3600)));
    let mut spaces = Vec::new();
    for stage in ALL {
        transaction.stage = stage;
        let (space, mark, _) = transaction.mark();
        assert_eq!(mark, first);
        spaces.push(space);
    }
    spaces.dedup();
    assert_eq!(spaces.len(), 3);
    transaction.fresh = true;
    transaction.consented = true;
    transaction.session_id = Some(SessionId::new("sid"));
    transaction.shown = Some(Scope::empty());
    transaction.restart(&SeededRandom::new(9));
    let (space, mark, same_until) = transaction.mark();
    assert_ne!(mark, first);
    assert_eq!((space.as_str(), same_until), ("transaction_login", until), "a restart buys no time");
    assert_eq!((transaction.fresh, transaction.consented, &transaction.session_id), (false, false, &None));
    assert_eq!(transaction.shown, None);
}

#[test]
fn sp_020_what_the_consent_page_showed_bounds_what_is_granted() {
    let scope = |text: &str| Scope::parse(text).unwrap();
    let mut transaction = begun();
    assert_eq!(transaction.narrow(&scope("openid read:things")), scope("openid read:things"));
    transaction.shown = Some(scope("openid email"));
    let opened = open(&sealed(&transaction)).unwrap();
    assert_eq!(opened.narrow(&scope("openid read:things")), scope("openid"));
    assert_eq!(opened.narrow(&scope("email")), scope("email"));
}
