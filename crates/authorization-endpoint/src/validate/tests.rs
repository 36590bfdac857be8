use countersign_oauth::SecureRandom as _;
use countersign_oauth::{ErrorCode, Issuer};
use countersign_storage::{Clients as _, RedirectionPolicy, ThirdPartySecurityMode};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::vectors::{RFC7636_CHALLENGE, RFC9449_THUMBPRINT};
use countersign_testkit::{AUDIENCE, CALLBACK, CLIENT_ID, ISSUER, SeededRandom, block_on, request_context};

use super::*;
use crate::tests::{
    check, check_at, edit_client, edit_settings, on_page, parameters, request, sent_back, store, store_with,
    valid,
};

const EVIL: &str = "https://evil.example.com/";

#[test]
fn a_right_request_is_read_whole() {
    let read = valid(
        &store(),
        &[
            ("scope", "openid email read:things unknown:thing"),
            ("audience", AUDIENCE),
            ("nonce", "n1"),
            ("code_challenge", RFC7636_CHALLENGE),
            ("code_challenge_method", "S256"),
            ("dpop_jkt", RFC9449_THUMBPRINT),
            ("prompt", "login"),
            ("max_age", "60"),
            ("login_hint", "jane@example.com"),
            ("ui_locales", "de en"),
            ("id_token_hint", "a.b.c"),
            ("auth0Client", "telemetry"),
            ("x", "unknown"),
        ],
    );
    assert_eq!(read.client.id.as_str(), CLIENT_ID);
    assert_eq!(read.target.redirect_uri.as_str(), CALLBACK);
    assert_eq!(read.target.response_mode, ResponseMode::Query);
    assert_eq!(read.target.state.as_deref(), Some("s1"));
    assert!(read.redirect_uri_was_sent);
    assert_eq!(read.api.unwrap().server.identifier.as_str(), AUDIENCE);
    assert!(read.code_challenge.is_some());
    assert_eq!(read.dpop_jkt, Thumbprint::parse(RFC9449_THUMBPRINT));
    assert_eq!(read.nonce.as_deref(), Some("n1"));
    assert!(read.prompt.login && read.prompt.max_age.is_some());
    assert_eq!(read.connections.len(), 1);
    assert_eq!(read.login_hint.as_deref(), Some("jane@example.com"));
    assert_eq!(read.ui_locales.as_deref(), Some("de en"));
    assert_eq!(read.id_token_hint.as_deref(), Some("a.b.c"));
}

#[test]
fn core_066_sp_016_scopes_that_are_unknown_or_not_allowed_are_dropped() {
    let storage = store();
    let granted = |more: &[(&str, &str)]| valid(&storage, more).scope.to_string();
    let asked = ("scope", "openid unknown read:things write:things offline_access");
    assert_eq!(granted(&[asked]), "openid offline_access", "no API, none of its scopes");
    assert_eq!(granted(&[asked, ("audience", AUDIENCE)]), "openid read:things write:things offline_access");
    crate::tests::edit_api(&storage, |api| api.settings.allow_offline_access = false);
    assert_eq!(granted(&[asked, ("audience", AUDIENCE)]), "openid read:things write:things");
    assert_eq!(granted(&[("scope", "unknown")]), "");
}

#[test]
fn sp_016_a_client_grant_bounds_what_a_third_party_gets() {
    let storage = store_with(|client| {
        client.settings.is_first_party = false;
        client.settings.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
    });
    crate::tests::put(
        &storage,
        countersign_storage::Change::UpsertClientGrant(crate::tests::new(
            countersign_testkit::user_client_grant(),
        )),
    );
    let scope = ("scope", "openid read:things write:things");
    assert_eq!(valid(&storage, &[scope, ("audience", AUDIENCE)]).scope.to_string(), "openid read:things");
    edit_client(&storage, |client| client.settings.third_party_security_mode = None);
    let more = [
        scope,
        ("audience", AUDIENCE),
        ("code_challenge", RFC7636_CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(valid(&storage, &more).scope.to_string(), "read:things", "held strictly: no OpenID scopes");
}

#[test]
fn core_008_core_009_core_010_sp_008_nothing_is_sent_back_before_the_target_is_proved() {
    let storage = store();
    let page = |pairs: &[(&str, &str)]| on_page(&storage, &parameters(pairs)).rule;
    assert_eq!(page(&[]), "parameters.missing");
    assert_eq!(page(&[("redirect_uri", CALLBACK), ("response_type", "code")]), "parameters.missing");
    assert_eq!(page(&[("client_id", "nobody"), ("redirect_uri", CALLBACK)]), "authorize.unknown_client");
    let foreign =
        [("client_id", CLIENT_ID), ("redirect_uri", EVIL), ("prompt", "none"), ("response_type", "x")];
    assert_eq!(page(&foreign), "authorize.redirect_uri_mismatch");
    let pushed = [("client_id", CLIENT_ID), ("redirect_uri", CALLBACK), ("request_uri", "urn:x")];
    assert_eq!(page(&pushed), "authorize.unknown_request_uri");
    let message = [("client_id", CLIENT_ID), ("redirect_uri", CALLBACK), ("response_mode", "web_message")];
    assert_eq!(page(&message), "authorize.web_origin_not_allowed");
}

/// What a random request is made of: right and wrong values, repeated at will.
const PIECES: [(&str, &[&str]); 13] = [
    ("client_id", &[CLIENT_ID, CLIENT_ID, CLIENT_ID, "nobody", ""]),
    (
        "redirect_uri",
        &[CALLBACK, CALLBACK, EVIL, "javascript:alert(1)", "", "https://app.example.com/callback/"],
    ),
    ("response_type", &["code", "token", "code token", "x", ""]),
    ("response_mode", &["query", "fragment", "web_message", "form_post", "x"]),
    ("prompt", &["none", "login", "consent", "none login", "x"]),
    ("scope", &["openid", "a\"b", ""]),
    ("state", &["s", "<script>", ""]),
    ("request_uri", &["urn:x", EVIL]),
    ("request", &["a.b.c"]),
    ("audience", &[AUDIENCE, EVIL]),
    ("max_age", &["0", "x"]),
    ("code_challenge", &[RFC7636_CHALLENGE, "short"]),
    ("resource", &[AUDIENCE, EVIL]),
];

#[test]
fn sp_008_of_random_requests_none_is_sent_anywhere_but_to_a_registered_target() {
    let random = SeededRandom::new(8);
    let pick = |below: usize| {
        let mut byte = [0_u8; 2];
        random.fill(&mut byte);
        usize::from(u16::from_be_bytes(byte)) % below
    };
    let storage = store();
    let (mut pages, mut backs, mut good) = (0, 0, 0);
    for _ in 0..5000 {
        let mut pairs = vec![("client_id", CLIENT_ID), ("redirect_uri", CALLBACK), ("response_type", "code")];
        pairs.retain(|_| pick(4) != 0);
        for _ in 0..pick(5) {
            let (name, values) = PIECES[pick(PIECES.len())];
            if pick(3) != 0 {
                pairs.retain(|(known, _)| *known != name);
            }
            pairs.push((name, values[pick(values.len())]));
        }
        match check(&storage, &parameters(&pairs)) {
            Ok(valid) => {
                assert_eq!(valid.target.redirect_uri.as_str(), CALLBACK, "{pairs:?}");
                good += 1;
            }
            Err(Rejection::Back(target, _)) => {
                assert_eq!(target.redirect_uri.as_str(), CALLBACK, "{pairs:?}");
                backs += 1;
            }
            Err(Rejection::Page(..)) => pages += 1,
        }
    }
    assert!(pages > 500 && backs > 500 && good > 100, "{pages} {backs} {good}");
}

#[test]
fn the_checks_come_in_their_order() {
    let storage = store_with(|client| {
        client.settings.is_first_party = false;
        client.settings.redirection_policy = Some(RedirectionPolicy::AllowAlways);
    });
    edit_settings(&storage, |settings| settings.acr_values_supported = vec!["gold".to_owned()]);
    let long = "x".repeat(8193);
    // Each step mends the fault before; the later faults are all there from the start.
    let mut pairs = vec![
        ("client_id", "nobody"),
        ("redirect_uri", EVIL),
        ("request_uri", "urn:x"),
        ("response_mode", "web_message"),
        ("x", "1"),
        ("x", "2"),
        ("nonce", &long),
        ("response_type", "token"),
        ("request", "a.b.c"),
        ("scope", "\""),
        ("prompt", "none login"),
        ("acr_values", "bronze"),
        ("audience", EVIL),
        ("dpop_jkt", "x"),
        ("connection", "nothing"),
    ];
    let mut mend = |name: &'static str, value: Option<&'static str>, rule: &str| {
        match check(&storage, &parameters(&pairs)) {
            Err(Rejection::Page(Error::Refused(error), _) | Rejection::Back(_, error)) => {
                assert_eq!(error.rule, rule);
            }
            other => panic!("{rule}: {other:?}"),
        }
        let at = pairs.iter().position(|(known, _)| *known == name);
        pairs.retain(|(known, _)| *known != name);
        if let Some(value) = value {
            pairs.insert(at.unwrap_or(pairs.len()).min(pairs.len()), (name, value));
        }
    };
    mend("client_id", Some(CLIENT_ID), "authorize.unknown_client");
    mend("redirect_uri", Some(CALLBACK), "authorize.redirect_uri_mismatch");
    mend("request_uri", None, "authorize.unknown_request_uri");
    mend("response_mode", Some("jwt"), "authorize.web_origin_not_allowed");
    mend("x", None, "parameters.repeated");
    mend("response_mode", None, "authorize.unknown_response_mode");
    mend("nonce", None, "authorize.value_too_long");
    mend("response_type", Some("code"), "authorize.unsupported_response_type");
    mend("request", None, "authorize.parameter_not_allowed");
    mend("scope", None, "scope.illegal_character");
    mend("prompt", None, "authorize.prompt_none_not_alone");
    mend("acr_values", None, "authorize.unsupported_acr_value");
    mend("code_challenge", Some(RFC7636_CHALLENGE), "pkce.challenge_missing");
    mend("code_challenge_method", Some("S256"), "pkce.plain_not_allowed");
    mend("dpop_jkt", None, "authorize.malformed_dpop_jkt");
    mend("audience", None, "authorize.unknown_audience");
    mend("connection", None, "authorize.unknown_connection");
    assert!(check(&storage, &parameters(&pairs)).is_ok());
}

#[test]
fn core_024_core_036_core_037_a_refusal_goes_back_with_the_state_as_the_success_would() {
    let storage = store();
    let state = "\"<é>\r\n%00\0 +&=#";
    let (target, error) = sent_back(&storage, &request(&[("response_type", ""), ("state", state)]));
    assert_eq!(error.rule, "parameters.missing");
    assert_eq!(target.state.as_deref(), Some(state));
    assert_eq!(target.response_mode, ResponseMode::Query);
    let front = request(&[("response_type", "token"), ("state", state)]);
    assert_eq!(sent_back(&storage, &front).0.response_mode, ResponseMode::Fragment);
    let fragment = request(&[("response_type", "x"), ("response_mode", "fragment")]);
    assert_eq!(sent_back(&storage, &fragment).0.response_mode, ResponseMode::Fragment);
    edit_client(&storage, |client| client.settings.web_origins = vec!["https://app.example.com".to_owned()]);
    let message = request(&[("response_type", "x"), ("response_mode", "web_message")]);
    assert_eq!(sent_back(&storage, &message).0.response_mode, ResponseMode::WebMessage);
}

#[test]
fn core_037_sp_014_a_state_of_8_kib_comes_back_and_a_longer_or_repeated_one_does_not() {
    let storage = store();
    let full = "é".repeat(4096);
    assert_eq!(valid(&storage, &[("state", &full)]).target.state, Some(full.clone()));
    let (target, error) = sent_back(&storage, &request(&[("state", &format!("{full}a"))]));
    assert_eq!((error.rule, target.state), ("authorize.value_too_long", None));
    let twice = request(&[("state", "a"), ("state", "a")]);
    let (target, error) = sent_back(&storage, &twice);
    assert_eq!((error.rule, target.state), ("parameters.repeated", None));
    // A nonce that is too long does not take the state with it.
    let (target, error) = sent_back(&storage, &request(&[("nonce", &format!("{full}a"))]));
    assert_eq!((error.rule, target.state.as_deref()), ("authorize.value_too_long", Some("s1")));
    assert_eq!(valid(&storage, &[("state", "")]).target.state, None);
}

#[test]
fn sp_009_every_repeated_parameter_is_refused() {
    let storage = store();
    for name in ["state", "nonce", "scope", "response_type", "request", "prompt", "audience", "resource", "x"]
    {
        for (one, two) in [("a", "a"), ("a", "b"), ("", "")] {
            let (_, error) = sent_back(&storage, &request(&[(name, one), (name, two)]));
            assert_eq!(error.rule, "parameters.repeated", "{name}");
            assert_eq!(error.code, ErrorCode::InvalidRequest);
        }
    }
    for name in ["client_id", "redirect_uri"] {
        let value = if name == "client_id" { CLIENT_ID } else { CALLBACK };
        let error = on_page(&storage, &request(&[(name, value), (name, value)]));
        assert_eq!((error.rule, error.value("name")), ("parameters.repeated", Some(name)));
    }
}

/// RFC 9207 §2.
#[test]
fn sp_013_iss_is_in_the_answer_under_rfc_and_where_the_tenant_says_so() {
    let storage = store();
    let iss = |storage: &MemoryStorage| {
        let success = valid(storage, &[]).target.iss;
        let (target, _) = sent_back(storage, &request(&[("response_type", "x")]));
        assert_eq!(target.iss, success, "the same in success and error");
        success
    };
    assert_eq!(iss(&storage), None);
    edit_client(&storage, |client| client.settings.compliance = Some(Compliance::Rfc));
    assert_eq!(iss(&storage).as_deref(), Some(ISSUER));
    edit_client(&storage, |client| client.settings.compliance = Some(Compliance::Auth0));
    assert_eq!(iss(&storage), None);
    edit_settings(&storage, |settings| settings.authorization_response_iss_parameter_supported = true);
    assert_eq!(iss(&storage).as_deref(), Some(ISSUER));
    let mut elsewhere = request_context();
    elsewhere.domain =
        std::sync::Arc::new(countersign_oauth::Domain { issuer: Issuer::new("http://localhost:3000") });
    let there = check_at(&storage, &request(&[]), &elsewhere).unwrap();
    assert_eq!(there.target.iss.as_deref(), Some("http://localhost:3000/"));
}

#[test]
fn core_076_errors_stay_here_where_the_client_is_protected_from_open_redirects() {
    let storage = store();
    let keeps = |storage: &MemoryStorage| valid(storage, &[]).target.keeps_errors;
    assert!(!keeps(&storage));
    edit_client(&storage, |client| {
        client.settings.redirection_policy = Some(RedirectionPolicy::OpenRedirectProtection);
    });
    assert!(keeps(&storage));
    let third_party = store_with(|client| {
        client.settings.is_first_party = false;
        client.settings.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
    });
    assert!(keeps(&third_party));
    edit_client(&third_party, |client| {
        client.settings.redirection_policy = Some(RedirectionPolicy::AllowAlways);
    });
    assert!(!keeps(&third_party));
}

#[test]
fn a_client_is_read_as_it_is_now() {
    let storage = store();
    let before = valid(&storage, &[]).client.epoch;
    edit_client(&storage, |client| client.settings.name = "New".to_owned());
    let now = block_on(storage.client(&CLIENT_ID.into())).unwrap().unwrap();
    assert_eq!(valid(&storage, &[]).client.epoch, now.epoch);
    assert_ne!(now.epoch, before);
}
