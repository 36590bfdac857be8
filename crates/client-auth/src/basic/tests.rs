use super::*;

fn header(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

#[test]
fn reads_form_decoded_halves() {
    let (id, secret) = parse(&header("a%3Ab:p%40ss+word")).unwrap().unwrap();
    assert_eq!(id.as_str(), "a:b");
    assert_eq!(secret.expose(), "p@ss word");
}

#[test]
fn keeps_colons_and_separators_of_the_secret() {
    let (_, secret) = parse(&header("a:b:c&d=e")).unwrap().unwrap();
    assert_eq!(secret.expose(), "b:c&d=e");
}

#[test]
fn core_099_another_scheme_is_no_credentials() {
    assert!(parse("Bearer abc").unwrap().is_none());
    assert!(parse("Basic").unwrap().is_none());
}

#[test]
fn sp_049_refuses_malformed_basic_without_a_panic() {
    let long = header(&"a".repeat(1 << 20));
    for bad in ["Basic !!!", "Basic YQ", "Basic YTpi=", &header("nocolon"), &header(":secret"), &long] {
        assert_eq!(parse(bad).unwrap_err(), ClientAuthError::MalformedBasic, "{}", bad.len());
    }
    let not_utf8 = format!("Basic {}", STANDARD.encode([0xff, b':', b'a']));
    assert_eq!(parse(&not_utf8).unwrap_err(), ClientAuthError::MalformedBasic);
    assert_eq!(parse(&header("a%FF:b")).unwrap_err(), ClientAuthError::MalformedBasic);
}
