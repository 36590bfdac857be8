use countersign_testkit::client;

use super::*;
use crate::tests::parameters;

fn ask(response_type: &str, mode: Option<&str>) -> (ResponseMode, Option<&'static str>) {
    let mut pairs = vec![("response_type", response_type)];
    pairs.extend(mode.map(|mode| ("response_mode", mode)));
    let (mode, error) = pick(&parameters(&pairs));
    if let Some(error) = &error {
        assert_eq!(error.code, ErrorCode::InvalidRequest);
    }
    (mode, error.map(|error| error.rule))
}

#[test]
fn core_025_core_036_a_code_travels_in_the_query_and_a_token_in_the_fragment_by_default() {
    assert_eq!(ask("code", None), (ResponseMode::Query, None));
    assert_eq!(ask("", None), (ResponseMode::Query, None));
    for front in ["token", "id_token", "code token", "token id_token", "id_token code"] {
        assert_eq!(ask(front, None), (ResponseMode::Fragment, None), "{front}");
    }
}

#[test]
fn a_known_mode_is_taken_as_asked() {
    assert_eq!(ask("code", Some("query")), (ResponseMode::Query, None));
    assert_eq!(ask("code", Some("fragment")), (ResponseMode::Fragment, None));
    assert_eq!(ask("code", Some("web_message")), (ResponseMode::WebMessage, None));
    assert_eq!(ask("token", Some("fragment")), (ResponseMode::Fragment, None));
    for types in ["code", "token", "code id_token"] {
        assert_eq!(ask(types, Some("form_post")), (ResponseMode::FormPost, None), "core §2.3");
    }
}

/// HTML, "normalize newlines": what a form cannot carry byte for byte is not sent through one.
#[test]
fn core_037_a_state_that_a_form_would_change_is_refused_in_form_post_alone() {
    for state in ["a\nb", "\r", "\r\n", "\0"] {
        let parameters = parameters(&[("state", state)]);
        let refused = check_state(ResponseMode::FormPost, &parameters).unwrap_err();
        assert_eq!(refused.rule, "authorize.state_not_postable");
        for mode in [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::WebMessage] {
            check_state(mode, &parameters).unwrap();
        }
    }
    for state in ["", "s", "\t<\"'&>\u{1f600}\u{2028}"] {
        check_state(ResponseMode::FormPost, &parameters(&[("state", state)])).unwrap();
    }
}

/// OAuth 2.0 Multiple Response Types §2.1.
#[test]
fn sp_012_core_036_query_with_tokens_and_unknown_modes_are_refused_by_the_default_mode() {
    let with_tokens = Some("authorize.query_with_tokens");
    assert_eq!(ask("token", Some("query")), (ResponseMode::Fragment, with_tokens));
    assert_eq!(ask("code id_token", Some("query")), (ResponseMode::Fragment, with_tokens));
    let unknown = Some("authorize.unknown_response_mode");
    for mode in ["form-post", "jwt", "Query", "QUERY", "query ", "web-message", "okta_post_message"] {
        assert_eq!(ask("code", Some(mode)), (ResponseMode::Query, unknown), "{mode:?}");
        assert_eq!(ask("token", Some(mode)), (ResponseMode::Fragment, unknown), "{mode:?}");
    }
}

#[test]
fn a_web_origin_may_be_a_pattern() {
    let callback = "https://a.example.test/cb";
    assert!(web_message(callback, &["https://*.example.test"]).is_ok());
    for entry in ["https://*.test", "https://*.other.test", "http://*.example.test", "https://a.*.test"] {
        assert!(web_message(callback, &[entry]).is_err(), "{entry}");
    }
}

fn web_message(redirect_uri: &str, origins: &[&str]) -> Result<(), OAuthError> {
    let mut settings = client().settings;
    settings.web_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    check_web_message(ResponseMode::WebMessage, &RedirectUri::parse(redirect_uri).unwrap(), &settings)
}

#[test]
fn core_034_a_web_message_goes_to_a_registered_origin_whatever_the_path() {
    let origin = "https://app.example.com";
    for entry in [
        origin,
        "https://app.example.com/",
        "https://APP.example.com/some/path",
        "https://app.example.com:443",
    ] {
        assert_eq!(web_message("https://app.example.com/callback?x=1", &[entry]), Ok(()), "{entry}");
    }
    assert_eq!(
        web_message("http://localhost:3000/", &["https://x.example.com", "http://localhost:3000"]),
        Ok(())
    );
}

#[test]
fn core_035_sp_012_a_web_message_to_any_other_origin_is_refused() {
    let callback = "https://app.example.com/callback";
    for origins in [
        &[][..],
        &["http://app.example.com"],
        &["https://app.example.com:8443"],
        &["https://example.com"],
        &["https://xapp.example.com"],
        &["https://app.example.com.evil.com"],
        &["*"],
        &["https://*.app.example.com"],
        &["https://*.com"],
        &["null"],
        &[""],
    ] {
        let error = web_message(callback, origins).unwrap_err();
        assert_eq!(error.rule, "authorize.web_origin_not_allowed", "{origins:?}");
    }
    let scheme = web_message("com.example.app://callback", &["com.example.app://callback"]).unwrap_err();
    assert_eq!(scheme.rule, "authorize.web_origin_not_allowed");
}

#[test]
fn the_other_modes_need_no_web_origin() {
    let target = RedirectUri::parse("https://app.example.com/callback").unwrap();
    for mode in [ResponseMode::Query, ResponseMode::Fragment] {
        assert_eq!(check_web_message(mode, &target, &client().settings), Ok(()));
    }
}
