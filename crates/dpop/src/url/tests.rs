use super::HttpUrl;

const BASE: &str = "https://login.example.com/oauth/token";

fn same(a: &str, b: &str) -> bool {
    HttpUrl::parse(a).is_some_and(|a| HttpUrl::parse(b) == Some(a))
}

/// RFC 3986 §6.2.2, §6.2.2.1, §6.2.3.
#[test]
fn sp_072_equal_after_normalisation_is_equal() {
    for other in [
        "HTTPS://login.example.com/oauth/token",
        "https://LOGIN.Example.COM/oauth/token",
        "https://login.example.com:443/oauth/token",
        "https://login.example.com:/oauth/token",
        "https://login.example.com/oauth/token?x=y",
        "https://login.example.com/oauth/token#part",
        "https://login.example.com/oauth/token?#",
        "https://login.example.com/%6fauth/token",
        "https://login.example.com/%6Fauth/toke%6e",
        "https://l%6Fgin.example.com/oauth/token",
        "https://login.example.com/./oauth/token",
        "https://login.example.com/x/../oauth/token",
        "https://login.example.com/x/%2e%2E/oauth/token",
        "https://login.example.com/../oauth/token",
    ] {
        assert!(same(BASE, other), "{other}");
    }
    assert!(same("http://[::1]:80/", "HTTP://[::1]"));
    assert!(same("https://a.example/%e2%82%ac", "https://a.example/%E2%82%AC"));
    assert!(same("https://a.example", "https://a.example/"));
    assert!(same("https://a.example?x", "https://a.example/"));
    assert!(same("https://a.example/b/.", "https://a.example/b/"));
    assert!(same("https://a.example/b/c/..", "https://a.example/b/"));
}

#[test]
fn sp_072_another_path_port_scheme_or_encoding_is_another_url() {
    for other in [
        "http://login.example.com/oauth/token",
        "http://login.example.com:443/oauth/token",
        "https://login.example.com:8443/oauth/token",
        "https://login.example.com./oauth/token",
        "https://login.example.com.evil.example/oauth/token",
        "https://example.com/oauth/token",
        "https://login.example.com/oauth/token/",
        "https://login.example.com/oauth//token",
        "https://login.example.com//oauth/token",
        "https://login.example.com/OAuth/token",
        "https://login.example.com/oauth%2Ftoken",
        "https://login.example.com/oauth/token%3F",
        "https://login.example.com/oauth/token;x",
        "https://login.example.com/oauth/token%20",
        "https://login.example.com/",
    ] {
        assert!(HttpUrl::parse(other).is_some(), "{other}");
        assert!(!same(BASE, other), "{other}");
    }
}

#[test]
fn what_is_no_plain_http_url_is_refused() {
    for text in [
        "",
        "/oauth/token",
        "//login.example.com/oauth/token",
        "ftp://login.example.com/oauth/token",
        "https:login.example.com/oauth/token",
        "https:///oauth/token",
        "https://:443/oauth/token",
        "https://user@login.example.com/oauth/token",
        "https://user:pw@login.example.com/oauth/token",
        "https://user%40login.example.com/oauth/token",
        "https://login.example.com:65536/",
        "https://login.example.com:+443/",
        "https://login.example.com:4a/",
        "https://login.example.com:443:443/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[nonsense]/",
        "https://login.example.com\\@evil.example/",
        "https://login.example.com/%",
        "https://login.example.com/%2",
        "https://login.example.com/%zz",
        "https://login.example.com/\u{e9}",
        "https://l\u{f6}gin.example.com/",
        " https://login.example.com/",
        "https://login.example.com/ ",
        "https://login.example.com/\n",
        "https://login.example.com/{x}",
    ] {
        assert_eq!(HttpUrl::parse(text), None, "{text:?}");
    }
}

/// RFC 3986 §5.2.4.
#[test]
fn dot_segments_go_as_in_rfc_3986_5_2_4() {
    for (path, expected) in [
        ("/a/b/c/./../../g", "/a/g"),
        ("/mid/content=5/../6", "/mid/6"),
        ("/..", "/"),
        ("/.", "/"),
        ("", "/"),
        ("/", "/"),
        ("/a//b", "/a//b"),
        ("/a//../b", "/a/b"),
        ("/...", "/..."),
        ("/a/../..", "/"),
        ("/a/..b", "/a/..b"),
    ] {
        assert_eq!(super::remove_dot_segments(path), expected, "{path}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = HttpUrl::parse(&text);
    }

    #[test]
    fn normal_forms_are_fixed_points(path in "(/(\\.|\\.\\.|[a-z%2eEfF.~-]{0,6})){0,6}") {
        if let Some(url) = HttpUrl::parse(&format!("https://a.example{path}")) {
            let again = HttpUrl::parse(&format!("https://a.example{}", url.path));
            proptest::prop_assert_eq!(again, Some(url));
        }
    }
}
