//! RFC 6749 §3.1 and appendix B: how parameters come in.

use countersign_oauth::{ErrorCode, OAuthError, ParameterError, Parameters};
use proptest::prelude::*;

fn form(text: &str) -> Result<Vec<(String, String)>, ParameterError> {
    let parameters = Parameters::parse_form(text.as_bytes())?;
    Ok(parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_form_is_decoded_once() {
    assert_eq!(form("a=1&b=%20x+y%2B&c"), Ok(pairs(&[("a", "1"), ("b", " x y+"), ("c", "")])));
    assert_eq!(form("a=%2541"), Ok(pairs(&[("a", "%41")])));
    assert_eq!(form("%61=1"), Ok(pairs(&[("a", "1")])));
    assert_eq!(form(""), Ok(Vec::new()));
    assert_eq!(form("a=b=c"), Ok(pairs(&[("a", "b=c")])));
}

#[test]
fn sp_014_valid_utf_8_stays_and_invalid_is_refused() {
    assert_eq!(form("a=%C3%A9%F0%9F%98%80%00%0d%0A"), Ok(pairs(&[("a", "\u{e9}\u{1f600}\0\r\n")])));
    for bytes in [&b"a=%FF"[..], b"a=%C3", b"a=%ED%A0%80", b"a=\xff", b"%FF=a", b"a=%C0%80"] {
        assert_eq!(Parameters::parse_form(bytes).err(), Some(ParameterError::MalformedForm), "{bytes:?}");
    }
}

/// RFC 6749 §3.1.
#[test]
fn sp_009_duplicates_are_found_equal_or_not_however_they_are_written() {
    for text in ["a=1&a=1", "a=1&a=2", "a=1&%61=2", "a=&a=1", "a&a", "b=1&a=1&c=2&a=3"] {
        let parameters = Parameters::parse_form(text.as_bytes()).unwrap();
        assert_eq!(parameters.find_duplicate(&[]), Some("a"), "{text}");
        assert!(parameters.is_repeated("a") && !parameters.is_repeated("c"));
        assert_eq!(parameters.find_duplicate(&["a"]), None);
    }
    let query = Parameters::parse_form(b"a=1").unwrap();
    let body = Parameters::parse_form(b"a=1&b=2").unwrap();
    assert_eq!(query.joined(body).find_duplicate(&[]), Some("a"));
    let distinct = Parameters::parse_form(b"a=1&A=1&aa=1").unwrap();
    assert_eq!(distinct.find_duplicate(&[]), None);
}

/// RFC 6749 §3.1.
#[test]
fn an_empty_value_counts_as_omitted() {
    let parameters = Parameters::parse_form(b"a=&b=1&c=&c=2&c=3").unwrap();
    assert_eq!(parameters.find("a"), None);
    assert_eq!(parameters.find("b"), Some("1"));
    assert_eq!(parameters.find("c"), Some("2"));
    assert_eq!(parameters.all("c").collect::<Vec<_>>(), ["2", "3"]);
    assert_eq!(parameters.require("b"), Ok("1"));
    let missing = parameters.require("a").unwrap_err();
    assert_eq!((missing.code.as_str(), missing.rule), ("invalid_request", "parameters.missing"));
    assert_eq!(missing.describe(), "Missing required parameter: a");
}

#[test]
fn at_most_200_parameters_are_taken() {
    let text = |count: usize| (0..count).map(|i| format!("p{i}=1")).collect::<Vec<_>>().join("&");
    assert_eq!(Parameters::parse_form(text(200).as_bytes()).unwrap().iter().count(), 200);
    assert_eq!(Parameters::parse_form(text(201).as_bytes()).err(), Some(ParameterError::TooMany));
    let json = |count: usize| {
        let members: Vec<_> = (0..count).map(|i| format!(r#""p{i}":"1""#)).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!(Parameters::parse_json(json(200).as_bytes()).unwrap().iter().count(), 200);
    assert!(Parameters::parse_json(json(201).as_bytes()).is_err());
    assert!(Parameters::parse_json(json(5000).as_bytes()).is_err());
}

#[test]
fn json_objects_are_parameters_too_and_what_is_no_string_is_kept_as_json_text() {
    let text = r#"{"a":"1","none":null,"list":["x",1],"object":{"k":"v"},"empty":"","age":3600,"on":true}"#;
    let parameters = Parameters::parse_json(text.as_bytes()).unwrap();
    let found: Vec<_> = parameters.iter().collect();
    let expected = [
        ("a", "1"),
        ("list", r#"["x",1]"#),
        ("object", r#"{"k":"v"}"#),
        ("empty", ""),
        ("age", "3600"),
        ("on", "true"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn malformed_json_is_refused_and_so_is_a_name_that_stands_twice() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(33), "]".repeat(33));
    for text in [
        "",
        "null",
        "[]",
        r#""text""#,
        "{",
        r#"{"a":"1","a":"1"}"#,
        r#"{"a":1,"a":"1"}"#,
        r#"{"a":"1","b":"2","a":"2"}"#,
        r#"{"a":"1","\u0061":"2"}"#,
        r#"{"a":"1"} x"#,
        "\u{feff}{}",
        &deep,
    ] {
        let found = Parameters::parse_json(text.as_bytes()).err();
        assert_eq!(found, Some(ParameterError::MalformedJson), "{text}");
    }
    assert!(Parameters::parse_json(b"{\"a\":\"\xff\"}").is_err());
    let allowed = format!(r#"{{"a":{}{}}}"#, "[".repeat(32), "]".repeat(32));
    assert!(Parameters::parse_json(allowed.as_bytes()).is_ok());
}

#[test]
fn values_are_printed_redacted() {
    let parameters = Parameters::parse_form(b"client_secret=canary-1&a=canary-2").unwrap();
    let shown = format!("{parameters:?}");
    assert!(shown.contains("client_secret") && !shown.contains("canary"), "{shown}");
}

#[test]
fn what_is_no_parameter_list_is_an_invalid_request_with_a_rule_of_its_own() {
    let mut rules = std::collections::HashSet::new();
    for error in [ParameterError::MalformedForm, ParameterError::MalformedJson, ParameterError::TooMany] {
        let shown = OAuthError::from(error);
        assert_eq!(shown.code, ErrorCode::InvalidRequest);
        assert!(rules.insert(shown.rule));
    }
    let repeated = OAuthError::repeated_parameter(&"x".repeat(1000));
    assert_eq!(repeated.value("name").map(str::len), Some(64));
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(pairs in proptest::collection::vec(("[a-z]{1,8}", "\\PC{0,20}"), 0..20)) {
        let encode = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let body: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        prop_assert_eq!(form(&body.join("&")), Ok(pairs));
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Parameters::parse_form(&bytes);
        let _ = Parameters::parse_json(&bytes);
    }
}
