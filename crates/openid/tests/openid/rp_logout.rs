//! `/oidc/logout` (core contract §7.2, OpenID Connect RP-Initiated Logout).

use std::sync::Arc;

use countersign_authorization_endpoint::{Browser, CookieChange};
use countersign_jose::Algorithm;
use countersign_oauth::{Compliance, Domain, Issuer, OAuthError, Parameters, RequestContext, Seconds};
use countersign_openid::{LogoutAnswer, LogoutForm, RpLogoutOutcome, RpLogoutRequest};
use countersign_storage::*;
use countersign_testkit::{CLIENT_ID, NOW, SESSION_COOKIE, block_on, request_context, session};
use serde_json::json;

use crate::house::House;

const ALLOWED: &str = "https://app.example.com/";
const URI: &str = "post_logout_redirect_uri";
const BINDING: &str = "a-binding-of-forty-three-characters-0000000";

fn browser() -> Browser {
    Browser { session: vec![SESSION_COOKIE.to_owned()], binding: vec![BINDING.to_owned()] }
}

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    Parameters::from_pairs(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()).unwrap()
}

fn ask_as(house: &House, pairs: &[(&str, &str)], browser: Browser) -> RpLogoutOutcome {
    let request = RpLogoutRequest { parameters: parameters(pairs), browser, context: request_context() };
    block_on(house.logout.rp_initiated(&request)).unwrap()
}

fn ask(house: &House, pairs: &[(&str, &str)]) -> RpLogoutOutcome {
    ask_as(house, pairs, browser())
}

fn answer_as(house: &House, form: &LogoutForm, accepted: bool, browser: Browser) -> RpLogoutOutcome {
    let context = request_context();
    answer_at(house, form, accepted, browser, context)
}

fn answer_at(
    house: &House,
    form: &LogoutForm,
    accepted: bool,
    browser: Browser,
    context: RequestContext,
) -> RpLogoutOutcome {
    let confirmation = form.confirmation.clone();
    block_on(house.logout.answer(&LogoutAnswer { confirmation, accepted, browser, context })).unwrap()
}

#[track_caller]
fn redirected(outcome: RpLogoutOutcome) -> String {
    match outcome {
        RpLogoutOutcome::Redirect(to) => to,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn form(outcome: RpLogoutOutcome) -> LogoutForm {
    match outcome {
        RpLogoutOutcome::Confirm(form, _) => *form,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(outcome: RpLogoutOutcome) -> OAuthError {
    match outcome {
        RpLogoutOutcome::Refused(error) => error,
        other => panic!("{other:?}"),
    }
}

fn is_over(house: &House) -> bool {
    block_on(house.storage.session(&session().id)).unwrap().unwrap().ended_at.is_some()
}

fn events(house: &House) -> Vec<(String, Option<String>)> {
    let rows = block_on(house.storage.log_events(10)).unwrap();
    rows.into_iter().map(|row| (row.event, row.rule)).collect()
}

fn hint(house: &House) -> String {
    house.id_token(Some(session().id))
}

#[test]
fn core_260_a_hint_of_the_browsers_session_logs_out_without_a_question_and_redirects_with_state() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::HS256] {
        let house = House::new();
        house.edit_client(|client| client.settings.jwt_configuration.alg = algorithm);
        let hint = hint(&house);
        let to = redirected(ask(&house, &[("id_token_hint", &hint), (URI, ALLOWED), ("state", "a b&c")]));
        assert_eq!(to, "https://app.example.com/?state=a%20b%26c");
        assert!(is_over(&house));
        assert_eq!(events(&house), [("slo".to_owned(), None)]);
    }
    let house = House::new();
    let hint = hint(&house);
    assert_eq!(redirected(ask(&house, &[("id_token_hint", &hint), (URI, ALLOWED)])), ALLOWED);
}

#[test]
fn core_261_without_a_hint_the_user_is_asked_and_the_tenants_switch_skips_that() {
    let house = House::new();
    let pairs = [("client_id", CLIENT_ID), (URI, ALLOWED), ("state", "s"), ("ui_locales", "de")];
    let shown = form(ask(&house, &pairs));
    assert_eq!((shown.action.as_str(), shown.locale.as_deref()), ("/u/logout", Some("de")));
    assert_eq!(shown.user_name.as_deref(), Some("jane@example.com"));
    assert_eq!(shown.target.as_ref().unwrap().as_str(), ALLOWED);
    assert!(!is_over(&house));
    assert_eq!(house.storage.take_tries(), 0);
    let to = redirected(answer_as(&house, &shown, true, browser()));
    assert_eq!(to, "https://app.example.com/?state=s");
    assert!(is_over(&house));
    // The same form does nothing more, and says the same.
    assert_eq!(redirected(answer_as(&house, &shown, true, browser())), to);

    let house = House::new();
    let off = json!({ "rp_logout_end_user_confirmation": false });
    house.edit_settings(|settings| settings.oidc_logout = Some(off));
    assert_eq!(redirected(ask(&house, &pairs)), "https://app.example.com/?state=s");
    assert!(is_over(&house));
}

#[test]
fn a_user_who_says_no_stays_signed_in() {
    let house = House::new();
    let shown = form(ask(&house, &[]));
    assert!(matches!(answer_as(&house, &shown, false, browser()), RpLogoutOutcome::StillSignedIn));
    assert!(!is_over(&house));
    assert_eq!(house.storage.take_tries(), 0);
    assert!(matches!(answer_as(&house, &shown, true, browser()), RpLogoutOutcome::SignedOut));
    assert!(is_over(&house));
}

#[test]
fn core_262_the_sid_as_logout_hint_skips_the_question_and_another_does_not() {
    let house = House::new();
    let sid = session().id;
    for other in ["random", "TEST-SESSION", SESSION_COOKIE] {
        form(ask(&house, &[("logout_hint", other), ("client_id", CLIENT_ID), (URI, ALLOWED)]));
        assert!(!is_over(&house), "{other}");
    }
    let pairs = [("logout_hint", sid.as_str()), ("client_id", CLIENT_ID), (URI, ALLOWED)];
    assert_eq!(redirected(ask(&house, &pairs)), ALLOWED);
    assert!(is_over(&house));
}

#[test]
fn sp_153_a_hint_of_another_session_or_of_none_asks() {
    let house = House::new();
    for hint in [house.id_token(Some("another-session".into())), house.id_token(None)] {
        form(ask(&house, &[("id_token_hint", &hint), (URI, ALLOWED)]));
    }
    // A second session in the same browser is asked about, whatever the hint says of the first.
    let other = Session {
        id: "other-session".into(),
        handle: countersign_oauth::HandleHash::of("other-cookie"),
        ..session()
    };
    house.put(Change::InsertSession(other));
    let mut both = browser();
    both.session.push("other-cookie".to_owned());
    let hint = hint(&house);
    let shown = form(ask_as(&house, &[("id_token_hint", &hint)], both.clone()));
    assert!(!is_over(&house));
    assert!(matches!(answer_as(&house, &shown, true, both), RpLogoutOutcome::SignedOut));
    let other = block_on(house.storage.session(&"other-session".into())).unwrap().unwrap();
    assert!(is_over(&house) && other.ended_at.is_some());
}

#[test]
fn core_263_hints_that_contradict_each_other_are_refused_and_change_nothing() {
    let house = House::new();
    house.put(Change::UpsertClient(crate::house::new(Client {
        id: "other-client".into(),
        ..countersign_testkit::client()
    })));
    let hint = hint(&house);
    let rule = |pairs: &[(&str, &str)]| {
        let pairs = [&[("id_token_hint", hint.as_str()), (URI, ALLOWED)][..], pairs].concat();
        refused(ask(&house, &pairs)).rule
    };
    assert_eq!(rule(&[("logout_hint", "another-session")]), "logout.session_mismatch");
    assert_eq!(rule(&[("client_id", "other-client")]), "logout.client_mismatch");
    assert_eq!(rule(&[("client_id", "nobody")]), "logout.client_mismatch");
    assert!(!is_over(&house));
    assert!(events(&house).iter().all(|(event, rule)| event == "flo" && rule.is_some()));
    let right = [("id_token_hint", hint.as_str()), ("logout_hint", "test-session"), ("client_id", CLIENT_ID)];
    redirected(ask(&house, &[&right[..], &[(URI, ALLOWED)]].concat()));
}

#[test]
fn sp_059_sp_063_sp_153_a_hint_that_does_not_verify_is_refused_and_changes_nothing() {
    let house = House::new();
    let right = hint(&house);
    let (input, _) = right.rsplit_once('.').unwrap();
    let access_token = house.jwt("openid");
    for bad in ["x", "a.b.c", &format!("{input}.AAAA"), &format!("{input}."), &access_token] {
        let error = refused(ask(&house, &[("id_token_hint", bad), ("client_id", CLIENT_ID), (URI, ALLOWED)]));
        assert_eq!(error.rule, "logout.hint_refused", "{bad}");
    }
    let elsewhere = Arc::new(Domain { issuer: Issuer::new("http://localhost:3000/") });
    let request = RpLogoutRequest {
        parameters: parameters(&[("id_token_hint", &right)]),
        browser: browser(),
        context: RequestContext { domain: elsewhere, ..request_context() },
    };
    let outcome = block_on(house.logout.rp_initiated(&request)).unwrap();
    assert_eq!(refused(outcome).rule, "logout.hint_refused");
    assert!(!is_over(&house));
}

#[test]
fn core_264_sp_153_the_url_matches_whole_with_its_query_or_not_at_all() {
    let house = House::new();
    house.edit_client(|client| {
        client.settings.allowed_logout_urls = [
            "https://app.example.com/bye?a=1",
            "https://app.example.com/#/out",
            "https://*.pattern.example.com/bye",
        ]
        .map(str::to_owned)
        .to_vec();
    });
    let go = |uri: &str| ask_as(&house, &[("client_id", CLIENT_ID), (URI, uri)], Browser::default());
    for uri in [
        "https://app.example.com/bye?a=1",
        "HTTPS://App.example.com/bye?a=1",
        "https://app.example.com/#/out",
        "https://x.pattern.example.com/bye",
    ] {
        assert_eq!(redirected(go(uri)), uri);
    }
    for uri in [
        "https://app.example.com/bye",
        "https://app.example.com/bye?a=1&b=2",
        "https://app.example.com/bye?a=2",
        "https://app.example.com/bye?a=1#x",
        "https://app.example.com/",
        "https://app.example.com/#/other",
        "https://x.y.pattern.example.com/bye",
        "https://x.pattern.example.com/bye?a",
        "https://*.pattern.example.com/bye",
        "https://app.example.com@evil.example/bye?a=1",
        "https://app.example.com.evil.example/bye?a=1",
        "//app.example.com/bye?a=1",
        "javascript:alert(1)",
        "https://app.example.com/bye?a=1\r\nx",
    ] {
        let error = refused(go(uri));
        assert_eq!(error.rule, "logout.post_logout_redirect_uri_not_allowed", "{uri}");
        assert_eq!(error.value("url"), Some(uri));
    }
    let stateful = [("client_id", CLIENT_ID), (URI, "https://app.example.com/#/out"), ("state", "s")];
    let to = redirected(ask_as(&house, &stateful, Browser::default()));
    assert_eq!(to, "https://app.example.com/?state=s#/out");
    house.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    refused(go("https://x.pattern.example.com/bye"));
    refused(go("HTTPS://App.example.com/bye?a=1"));
}

#[test]
fn whose_list_counts_and_where_a_request_without_url_goes() {
    let house = House::new();
    let tenants = "https://www.example.com/bye";
    house.edit_settings(|settings| settings.allowed_logout_urls = vec![tenants.to_owned()]);
    let sid = session().id;
    let sid = ("logout_hint", sid.as_str());
    let hint = hint(&house);
    let nobody = |pairs: &[(&str, &str)]| ask_as(&house, pairs, Browser::default());
    assert_eq!(redirected(nobody(&[(URI, tenants)])), tenants);
    refused(nobody(&[(URI, ALLOWED)]));
    refused(nobody(&[(URI, tenants), ("client_id", CLIENT_ID)]));
    refused(nobody(&[(URI, tenants), ("id_token_hint", &hint)]));
    assert_eq!(refused(nobody(&[("client_id", "nobody")])).rule, "logout.unknown_client");
    // The first URL is for a client that is named; a hint alone ends on our page.
    assert_eq!(redirected(nobody(&[("client_id", CLIENT_ID)])), ALLOWED);
    assert!(matches!(nobody(&[("id_token_hint", &hint)]), RpLogoutOutcome::SignedOut));
    assert!(matches!(nobody(&[]), RpLogoutOutcome::SignedOut));
    assert!(matches!(ask(&house, &[sid, ("federated", "")]), RpLogoutOutcome::SignedOut));
    assert!(is_over(&house));
}

#[test]
fn without_a_living_session_nobody_is_asked_and_nothing_is_written() {
    let house = House::new();
    for cookies in [&[][..], &["unknown"]] {
        let session = cookies.iter().map(|cookie| (*cookie).to_owned()).collect();
        let browser = Browser { session, ..browser() };
        assert_eq!(redirected(ask_as(&house, &[("client_id", CLIENT_ID), (URI, ALLOWED)], browser)), ALLOWED);
    }
    assert_eq!(house.storage.take_tries(), 0);
    let request = RpLogoutRequest {
        parameters: parameters(&[]),
        browser: browser(),
        context: RequestContext { now: NOW.plus(Seconds(400 * 86_400)), ..request_context() },
    };
    let outcome = block_on(house.logout.rp_initiated(&request)).unwrap();
    assert!(matches!(outcome, RpLogoutOutcome::SignedOut), "an expired session is none: {outcome:?}");
}

#[test]
fn sp_009_a_repeated_parameter_is_refused() {
    let house = House::new();
    for name in [URI, "client_id", "id_token_hint", "state"] {
        assert_eq!(refused(ask(&house, &[(name, ALLOWED), (name, ALLOWED)])).rule, "parameters.repeated");
    }
    let long = "s".repeat(8 * 1024 + 1);
    assert_eq!(refused(ask(&house, &[("state", &long)])).rule, "logout.state_too_large");
    assert!(!is_over(&house));
}

#[test]
fn a_strict_third_party_has_no_logout() {
    let house = House::new();
    let hint = hint(&house);
    house.edit_client(|client| client.settings.is_first_party = false);
    for pairs in [[("id_token_hint", hint.as_str())], [("client_id", CLIENT_ID)]] {
        assert_eq!(refused(ask(&house, &pairs)).rule, "logout.third_party");
    }
    assert!(!is_over(&house));
}

#[test]
fn sp_153_the_confirmation_is_bound_to_browser_domain_time_and_session() {
    let house = House::new();
    let shown = form(ask(&house, &[("client_id", CLIENT_ID), (URI, ALLOWED)]));
    let rule = |form: &LogoutForm, browser: Browser, context: RequestContext| {
        refused(answer_at(&house, form, true, browser, context)).rule
    };
    let lost = "logout.other_browser";
    assert_eq!(rule(&shown, Browser { binding: Vec::new(), ..browser() }, request_context()), lost);
    assert_eq!(rule(&shown, Browser { binding: vec!["x".into()], ..browser() }, request_context()), lost);
    let two = Browser { binding: vec![BINDING.to_owned(), "x".to_owned()], ..browser() };
    assert_eq!(rule(&shown, two, request_context()), lost);
    let elsewhere = Arc::new(Domain { issuer: Issuer::new("http://localhost:3000/") });
    let context = RequestContext { domain: elsewhere, ..request_context() };
    assert_eq!(rule(&shown, browser(), context), lost);
    let late = RequestContext { now: NOW.plus(Seconds(3600)), ..request_context() };
    assert_eq!(rule(&shown, browser(), late), "logout.confirmation_expired");
    let forged = LogoutForm { confirmation: "a.b".to_owned(), ..shown.clone() };
    assert_eq!(rule(&forged, browser(), request_context()), "logout.confirmation_malformed");
    // Another user signed in meanwhile.
    let other = Session {
        id: "other-session".into(),
        handle: countersign_oauth::HandleHash::of("other-cookie"),
        ..session()
    };
    house.put(Change::InsertSession(other));
    let theirs = Browser { session: vec!["other-cookie".to_owned()], ..browser() };
    assert_eq!(rule(&shown, theirs, request_context()), "logout.other_session");
    // What was allowed when the page was shown is looked at again.
    house.edit_client(|client| client.settings.allowed_logout_urls.clear());
    assert_eq!(rule(&shown, browser(), request_context()), "logout.post_logout_redirect_uri_not_allowed");
    assert!(!is_over(&house));
}

#[test]
fn a_new_browser_gets_its_binding_with_the_page_and_a_known_one_keeps_it() {
    let house = House::new();
    let unknown = Browser { binding: Vec::new(), ..browser() };
    let RpLogoutOutcome::Confirm(shown, Some(CookieChange::Binding(binding))) = ask_as(&house, &[], unknown)
    else {
        panic!("no binding")
    };
    let bound = Browser { binding: vec![binding.expose().to_owned()], ..browser() };
    assert!(matches!(answer_as(&house, &shown, true, bound), RpLogoutOutcome::SignedOut));
    let house = House::new();
    assert!(matches!(ask(&house, &[]), RpLogoutOutcome::Confirm(_, None)));
}
