//! `/v2/logout` (core contract §7.1).

use std::sync::Arc;

use countersign_oauth::{Domain, Error, Issuer, OAuthError, Parameters};
use countersign_openid::{LogoutOutcome, LogoutRequest};
use countersign_storage::*;
use countersign_testkit::{CLIENT_ID, NOW, SESSION_COOKIE, block_on, request_context, session};

use crate::house::House;

const ALLOWED: &str = "https://app.example.com/";

fn request(pairs: &[(&str, &str)], cookies: &[&str]) -> LogoutRequest {
    let pairs = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    LogoutRequest {
        parameters: Parameters::from_pairs(pairs).unwrap(),
        session: cookies.iter().map(|cookie| (*cookie).to_owned()).collect(),
        context: request_context(),
    }
}

fn log_out(house: &House, pairs: &[(&str, &str)]) -> LogoutOutcome {
    block_on(house.logout.handle(&request(pairs, &[SESSION_COOKIE]))).unwrap()
}

#[track_caller]
fn redirected(outcome: LogoutOutcome) -> String {
    match outcome {
        LogoutOutcome::Redirect(to) => to,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(outcome: LogoutOutcome) -> OAuthError {
    match outcome {
        LogoutOutcome::Refused(error) => error,
        other => panic!("{other:?}"),
    }
}

fn is_over(house: &House) -> bool {
    let found = block_on(house.storage.session(&session().id)).unwrap().unwrap();
    assert_eq!(found.ended_at.is_some(), found.epoch > session().epoch);
    found.ended_at.is_some()
}

#[test]
fn core_253_core_257_core_258_an_allowed_return_to_ends_the_session_and_redirects() {
    let house = House::new();
    let outcome = log_out(&house, &[("client_id", CLIENT_ID), ("returnTo", ALLOWED)]);
    assert_eq!(redirected(outcome), ALLOWED);
    assert!(is_over(&house));
    let commits = house.storage.take_commits();
    let [commit] = commits.as_slice() else { panic!("{commits:?}") };
    let [Change::EndSession { .. }, Change::Log(event)] = commit.writes.as_slice() else {
        panic!("{commit:?}")
    };
    assert_eq!((event.event.as_str(), &event.user_id), ("slo", &Some(session().user_id)));
}

#[test]
fn core_253_a_return_to_that_is_not_allowed_is_refused_and_the_session_is_over_all_the_same() {
    let house = House::new();
    let evil = "https://evil.example.com/";
    let error = refused(log_out(&house, &[("client_id", CLIENT_ID), ("returnTo", evil)]));
    assert_eq!((error.rule, error.value("url")), ("logout.return_to_not_allowed", Some(evil)));
    assert!(is_over(&house));
}

#[test]
fn core_254_without_a_client_the_tenants_list_alone_counts() {
    let house = House::new();
    assert_eq!(refused(log_out(&house, &[("returnTo", ALLOWED)])).rule, "logout.return_to_not_allowed");
    let tenants = "https://www.example.com/bye";
    house.edit_settings(|settings| settings.allowed_logout_urls = vec![tenants.to_owned()]);
    assert_eq!(redirected(log_out(&house, &[("returnTo", tenants)])), tenants);
    let with_client = log_out(&house, &[("client_id", CLIENT_ID), ("returnTo", tenants)]);
    assert_eq!(refused(with_client).rule, "logout.return_to_not_allowed");
    assert!(matches!(log_out(&house, &[]), LogoutOutcome::LoggedOut), "no default for the tenant");
}

#[test]
fn core_255_without_return_to_the_clients_first_url_is_used() {
    let house = House::new();
    let urls = |urls: &[&str]| {
        house.edit_client(|client| {
            client.settings.allowed_logout_urls = urls.iter().map(|url| (*url).to_owned()).collect();
        });
    };
    urls(&["https://one.example.com/a?b=c", "https://two.example.com/"]);
    let client = [("client_id", CLIENT_ID)];
    assert_eq!(redirected(log_out(&house, &client)), "https://one.example.com/a?b=c");
    let empty = [("client_id", CLIENT_ID), ("returnTo", "")];
    assert_eq!(redirected(log_out(&house, &empty)), "https://one.example.com/a?b=c");
    urls(&["https://*.example.com/", "https://two.example.com/"]);
    assert_eq!(redirected(log_out(&house, &client)), "https://two.example.com/", "a pattern is no target");
    urls(&[]);
    assert!(matches!(log_out(&house, &client), LogoutOutcome::LoggedOut));
}

#[test]
fn core_256_query_and_fragment_are_ignored_in_matching_and_kept_in_the_redirect() {
    let house = House::new();
    house.edit_client(|client| {
        client.settings.allowed_logout_urls =
            vec![ALLOWED.to_owned(), "https://app.example.com/bye?registered=1#x".to_owned()];
    });
    for target in [
        "https://app.example.com/?a=b&c=d",
        "https://app.example.com/#part",
        "https://app.example.com/?a=b#part?c",
        "https://app.example.com/bye",
        "https://app.example.com/bye?other=2",
        "HTTPS://App.Example.COM/?x",
    ] {
        let outcome = log_out(&house, &[("client_id", CLIENT_ID), ("returnTo", target)]);
        assert_eq!(redirected(outcome), target);
    }
}

#[test]
fn a_wildcard_stands_for_one_label_and_the_first_url_is_none() {
    let house = House::new();
    house.edit_client(|client| {
        client.settings.allowed_logout_urls = vec!["https://*.pattern.example.com/bye?x".to_owned()];
    });
    for target in ["https://a.pattern.example.com/bye", "https://b.pattern.example.com/bye?y#z"] {
        let outcome = log_out(&house, &[("client_id", CLIENT_ID), ("returnTo", target)]);
        assert_eq!(redirected(outcome), target);
    }
    assert!(matches!(log_out(&house, &[("client_id", CLIENT_ID)]), LogoutOutcome::LoggedOut));
}

#[test]
fn core_259_federated_changes_nothing_where_no_connection_has_a_logout_of_its_own() {
    for value in ["", "true", "1"] {
        let house = House::new();
        let pairs = [("client_id", CLIENT_ID), ("returnTo", ALLOWED), ("federated", value)];
        assert_eq!(redirected(log_out(&house, &pairs)), ALLOWED);
        assert!(is_over(&house));
    }
}

#[test]
fn any_other_url_is_refused() {
    let house = House::new();
    house.edit_client(|client| {
        client.settings.allowed_logout_urls = vec![
            ALLOWED.to_owned(),
            "https://*.pattern.example.com/".to_owned(),
            "javascript:alert(1)".to_owned(),
        ];
    });
    let long = format!("{ALLOWED}#{}", "x".repeat(4096));
    for target in [
        "https://app.example.com",
        "https://app.example.com/other",
        "https://app.example.com//",
        "https://app.example.com/..",
        "https://app.example.com/%2e",
        "http://app.example.com/",
        "https://app.example.com:443/",
        "https://app.example.com:8443/",
        "https://app.example.com@evil.example.com/",
        "https://evil.example.com/?https://app.example.com/",
        "https://evil.example.com/#https://app.example.com/",
        "https://evil.example.com\\@app.example.com/",
        "https://app.example.com.evil.example.com/",
        "https://xapp.example.com/",
        "//app.example.com/",
        "/",
        "https:app.example.com/",
        " https://app.example.com/",
        "https://app.example.com/?a\r\nSet-Cookie: x=1",
        "https://app.example.com/?a b",
        "https://app.example.com/#a\r\nb",
        "https://app.example.com/#\u{e9}",
        "https://app.example.com/#\0",
        "https://a.b.pattern.example.com/",
        "https://*.pattern.example.com/",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        &long,
    ] {
        let error = refused(log_out(&house, &[("client_id", CLIENT_ID), ("returnTo", target)]));
        assert_eq!(error.rule, "logout.return_to_not_allowed", "{target:?}");
        assert!(error.value("url").unwrap().chars().count() <= 512);
    }
}

#[test]
fn an_unknown_client_is_refused_and_the_session_is_over_all_the_same() {
    let house = House::new();
    let error = refused(log_out(&house, &[("client_id", "nobody"), ("returnTo", ALLOWED)]));
    assert_eq!((error.rule, error.value("client_id")), ("logout.unknown_client", Some("nobody")));
    assert!(is_over(&house));
    let long = "x".repeat(1000);
    let error = refused(log_out(&house, &[("client_id", &long)]));
    assert_eq!(error.value("client_id").unwrap().len(), 128);
}

#[test]
fn sp_009_a_repeated_parameter_is_refused() {
    let house = House::new();
    for name in ["returnTo", "client_id", "federated"] {
        let pairs = [("client_id", CLIENT_ID), ("returnTo", ALLOWED), (name, ALLOWED), (name, ALLOWED)];
        assert_eq!(refused(log_out(&house, &pairs)).rule, "parameters.repeated");
    }
}

#[test]
fn a_strict_third_party_has_no_logout() {
    let house = House::new();
    house.edit_client(|client| client.settings.is_first_party = false);
    let error = refused(log_out(&house, &[("client_id", CLIENT_ID), ("returnTo", ALLOWED)]));
    assert_eq!(error.rule, "logout.third_party");
    house.edit_client(|client| {
        client.settings.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
    });
    redirected(log_out(&house, &[("client_id", CLIENT_ID), ("returnTo", ALLOWED)]));
}

#[test]
fn without_a_session_of_ours_nothing_is_written_and_the_redirect_is_the_same() {
    let house = House::new();
    for cookies in [&[][..], &["unknown"], &["test-session"]] {
        let request = request(&[("client_id", CLIENT_ID), ("returnTo", ALLOWED)], cookies);
        assert_eq!(redirected(block_on(house.logout.handle(&request)).unwrap()), ALLOWED);
    }
    assert_eq!(house.storage.take_tries(), 0);
    assert!(!is_over(&house));
    log_out(&house, &[]);
    house.storage.take_tries();
    log_out(&house, &[]);
    assert_eq!(house.storage.take_tries(), 0, "an ended session ends once");
}

#[test]
fn a_session_of_another_domain_is_left_alone() {
    let house = House::new();
    let mut request = request(&[], &[SESSION_COOKIE]);
    request.context.domain = Arc::new(Domain { issuer: Issuer::new("http://localhost:3000/") });
    block_on(house.logout.handle(&request)).unwrap();
    assert!(!is_over(&house));
    assert_eq!(house.storage.take_tries(), 0);
}

#[test]
fn every_session_that_the_browser_shows_ends() {
    let house = House::new();
    let other = Session {
        id: "other-session".into(),
        handle: countersign_oauth::HandleHash::of("other-cookie"),
        ..session()
    };
    house.put(Change::InsertSession(other));
    block_on(house.logout.handle(&request(&[], &[SESSION_COOKIE, "other-cookie", SESSION_COOKIE]))).unwrap();
    assert!(is_over(&house));
    let other = block_on(house.storage.session(&"other-session".into())).unwrap().unwrap();
    assert_eq!(other.ended_at, Some(NOW));
}

#[test]
fn a_session_that_cannot_be_ended_is_a_fault_and_no_logout() {
    let house = House::new();
    house.storage.break_commits(true);
    let request = request(&[("client_id", CLIENT_ID), ("returnTo", ALLOWED)], &[SESSION_COOKIE]);
    assert!(matches!(block_on(house.logout.handle(&request)), Err(Error::Fault(_))));
    house.storage.break_commits(false);
    house.storage.break_reads(true);
    assert!(matches!(block_on(house.logout.handle(&request)), Err(Error::Fault(_))));
    house.storage.break_reads(false);
    assert!(!is_over(&house));
}
