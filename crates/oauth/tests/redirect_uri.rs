//! RFC 6749 §3.1.2 and RFC 8252 §7.3: what a redirect URI may be, and which two are the same.

use countersign_oauth::{RedirectUri, UriError};
use proptest::prelude::*;

const REGISTERED: &str = "https://app.example.com/auth/callback?x=1&y=%2F";

fn is_same(sent: &str) -> bool {
    RedirectUri::parse(REGISTERED)
        .is_ok_and(|registered| RedirectUri::parse(sent).is_ok_and(|sent| registered.is_equivalent(&sent)))
}

/// RFC 6749 §3.1.2.
#[test]
fn sp_001_only_the_identical_string_passes_but_for_the_case_of_scheme_and_host_and_a_fragment() {
    for same in [
        REGISTERED,
        "HTTPS://app.example.com/auth/callback?x=1&y=%2F",
        "https://APP.Example.com/auth/callback?x=1&y=%2F",
        "https://app.example.com/auth/callback?x=1&y=%2F#fragment",
        "https://app.example.com/auth/callback?x=1&y=%2F#",
    ] {
        assert!(is_same(same), "{same}");
    }
    for other in [
        "http://app.example.com/auth/callback?x=1&y=%2F",
        "https://app.example.com:443/auth/callback?x=1&y=%2F",
        "https://app.example.com:8443/auth/callback?x=1&y=%2F",
        "https://app.example.com./auth/callback?x=1&y=%2F",
        "https://app.example.com.evil.example/auth/callback?x=1&y=%2F",
        "https://evil.app.example.com/auth/callback?x=1&y=%2F",
        "https://example.com/auth/callback?x=1&y=%2F",
        "https://app.example.com/Auth/callback?x=1&y=%2F",
        "https://app.example.com/auth/callback/?x=1&y=%2F",
        "https://app.example.com//auth/callback?x=1&y=%2F",
        "https://app.example.com/auth//callback?x=1&y=%2F",
        "https://app.example.com/./auth/callback?x=1&y=%2F",
        "https://app.example.com/x/../auth/callback?x=1&y=%2F",
        "https://app.example.com/auth/..;/auth/callback?x=1&y=%2F",
        "https://app.example.com/auth/callback;x?x=1&y=%2F",
        "https://app.example.com/auth/call%62ack?x=1&y=%2F",
        "https://app.example.com/auth/callback?x=1&y=%2f",
        "https://app.example.com/auth/callback?x=1&y=/",
        "https://app.example.com/auth/callback?y=%2F&x=1",
        "https://app.example.com/auth/callback?x=1&y=%2F&z=2",
        "https://app.example.com/auth/callback?x=1&y=%2F&",
        "https://app.example.com/auth/callback?x=1",
        "https://app.example.com/auth/callback?",
        "https://app.example.com/auth/callback",
        "https://app.example.com/auth/callback%3Fx=1&y=%2F",
        "https://app.example.com/auth/callbac",
        "https://app.example.com",
    ] {
        assert!(!is_same(other), "{other}");
    }
}

#[test]
fn sp_002_refuses_what_parsers_read_differently() {
    for (text, error) in [
        ("https://good.example@evil.example/", UriError::Authority),
        ("https://good.example@evil.example@x/", UriError::Authority),
        ("https://good.example:443@evil.example/", UriError::Authority),
        ("https://user:pw@good.example/", UriError::Authority),
        ("https://good.example%40evil.example/", UriError::Authority),
        ("https://evil.example\\@good.example/", UriError::Characters),
        ("https://good.example\\.evil.example/", UriError::Characters),
        ("https:\\\\evil.example/", UriError::Characters),
        ("https://good.example/\t", UriError::Characters),
        ("https://good.exa\tmple/", UriError::Characters),
        ("https://good.example/\n", UriError::Characters),
        ("https://good.example/\r\nLocation: x", UriError::Characters),
        ("https://good.example/\0", UriError::Characters),
        (" https://good.example/", UriError::Characters),
        ("https://good.example/ x", UriError::Characters),
        ("https:evil.example", UriError::Authority),
        ("https:/evil.example", UriError::Authority),
        ("https:///evil.example", UriError::Authority),
        ("https://", UriError::Authority),
        ("https://?x", UriError::Authority),
        ("https://:443/", UriError::Authority),
        ("https://[::1/", UriError::Authority),
        ("https://::1/", UriError::Authority),
        ("https://[::1]x/", UriError::Authority),
        ("https://[::1]:/", UriError::Authority),
        ("https://[v1.x]/", UriError::Authority),
        ("https://[evil.example]/", UriError::Authority),
        ("https://good.example:/", UriError::Authority),
        ("https://good.example:0/", UriError::Authority),
        ("https://good.example:65536/", UriError::Authority),
        ("https://good.example:+443/", UriError::Authority),
        ("https://good.example:443:443/", UriError::Authority),
        ("https://good.example:4a3/", UriError::Authority),
        ("https://go\u{f6}d.example/", UriError::Characters),
        ("https://g\u{43e}od.example/", UriError::Characters),
        ("https://good\u{ff0e}example/", UriError::Characters),
        ("https://good.example/<script>", UriError::Characters),
        ("https://good.example/\"", UriError::Characters),
        ("https://good.example/{x}", UriError::Characters),
        ("//evil.example/", UriError::Scheme),
        ("/callback", UriError::Scheme),
        ("callback", UriError::Scheme),
        ("", UriError::Characters),
        ("#", UriError::Characters),
        ("1https://good.example/", UriError::Scheme),
        ("ht_tps://good.example/", UriError::Scheme),
        ("://good.example/", UriError::Scheme),
    ] {
        assert_eq!(RedirectUri::parse(text).err(), Some(error), "{text:?}");
    }
}

#[test]
fn sp_005_refuses_dangerous_schemes_in_any_letter_case() {
    for scheme in ["javascript", "data", "vbscript", "file", "blob", "about"] {
        let mixed: String = scheme
            .chars()
            .enumerate()
            .map(|(i, c)| if i % 2 == 0 { c.to_ascii_uppercase() } else { c })
            .collect();
        for scheme in [scheme.to_owned(), scheme.to_uppercase(), mixed] {
            for text in [format!("{scheme}:x"), format!("{scheme}://localhost/x"), format!("{scheme}:")] {
                assert_eq!(RedirectUri::parse(&text).err(), Some(UriError::DangerousScheme), "{text}");
            }
            for lead in [" ", "\t", "\u{0}", "\u{1}", "\u{feff}"] {
                let text = format!("{lead}{scheme}:x");
                assert_eq!(RedirectUri::parse(&text).err(), Some(UriError::Characters), "{text:?}");
            }
        }
    }
}

/// RFC 3986 §3.1.
#[test]
fn private_use_schemes_with_and_without_an_authority_are_redirect_uris() {
    for text in [
        "com.example.app:/callback",
        "com.example.app://login.example.com/android/com.example.app/callback",
        "com.example.app:///callback",
        "myapp:callback",
    ] {
        let uri = RedirectUri::parse(text).unwrap();
        assert!(uri.is_non_verifiable() && !uri.is_web(), "{text}");
        assert_eq!(uri.as_str(), text);
        assert_eq!(uri.origin(), None);
    }
    assert_eq!(RedirectUri::parse("com.example.app:/cb").unwrap().csp_source(), "com.example.app:");
}

#[test]
fn the_length_limit_is_2048_bytes() {
    let text = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
    assert!(RedirectUri::parse(&text(2048)).is_ok());
    assert_eq!(RedirectUri::parse(&text(2049)).err(), Some(UriError::Characters));
}

/// RFC 8252 §7.3.
#[test]
fn sp_004_on_loopback_only_the_port_may_differ() {
    let same = |a: &str, b: &str| {
        let (a, b) = (RedirectUri::parse(a).unwrap(), RedirectUri::parse(b).unwrap());
        assert_eq!(a.is_equivalent_on_loopback(&b), b.is_equivalent_on_loopback(&a));
        a.is_equivalent_on_loopback(&b)
    };
    for other in ["http://127.0.0.1:51000/cb", "http://127.0.0.1:1/cb", "HTTP://127.0.0.1/cb"] {
        assert!(same("http://127.0.0.1/cb", other), "{other}");
    }
    assert!(same("http://[::1]/cb", "http://[::1]:8080/cb"));
    for other in [
        "http://localhost/cb",
        "http://127.0.0.2/cb",
        "http://[::1]/cb",
        "https://127.0.0.1/cb",
        "http://127.0.0.1/cb/",
        "http://127.0.0.1/cb?x",
        "http://127.0.0.1.evil.example/cb",
        "com.example:/cb",
    ] {
        assert!(!same("http://127.0.0.1/cb", other), "{other}");
    }
    assert!(!same("http://localhost/cb", "http://localhost:80/cb"));
    assert!(!same("https://127.0.0.1/cb", "https://127.0.0.1:1/cb"));
    assert!(!same("http://app.example/cb", "http://app.example:1/cb"));
    assert!(!same("http://[::2]/cb", "http://[::2]:1/cb"));
}

#[test]
fn loopback_and_private_schemes_are_not_verifiable_and_the_web_is() {
    for (text, non_verifiable) in [
        ("https://app.example/cb", false),
        ("http://app.example/cb", false),
        ("https://localhost.example/cb", false),
        ("http://localhost/cb", true),
        ("http://LOCALHOST:3000/cb", true),
        ("http://127.0.0.1:3000/cb", true),
        ("http://[::1]:3000/cb", true),
        ("myapp:/cb", true),
    ] {
        assert_eq!(RedirectUri::parse(text).unwrap().is_non_verifiable(), non_verifiable, "{text}");
    }
}

#[test]
fn answers_are_added_to_what_is_there() {
    let add = |text: &str| RedirectUri::parse(text).unwrap().with_query("code=c&state=s");
    assert_eq!(add("https://a.example/cb"), "https://a.example/cb?code=c&state=s");
    assert_eq!(add("https://a.example"), "https://a.example?code=c&state=s");
    assert_eq!(add("https://a.example/cb?"), "https://a.example/cb?code=c&state=s");
    assert_eq!(add("https://a.example/cb?x=1"), "https://a.example/cb?x=1&code=c&state=s");
    assert_eq!(add("https://a.example/cb?x=1&"), "https://a.example/cb?x=1&code=c&state=s");
    assert_eq!(add("https://a.example/cb#dropped"), "https://a.example/cb?code=c&state=s");
    let uri = RedirectUri::parse("myapp:/cb?x=1").unwrap();
    assert_eq!(uri.with_fragment("access_token=t"), "myapp:/cb?x=1#access_token=t");
}

#[test]
fn sp_010_finds_parameters_that_an_answer_would_repeat() {
    let uri = RedirectUri::parse("https://a.example/cb?state=1&other&iss=").unwrap();
    for (name, there) in [("state", true), ("other", true), ("iss", true), ("code", false), ("sta", false)] {
        assert_eq!(uri.has_parameter(name), there, "{name}");
    }
    assert!(!RedirectUri::parse("https://a.example/state=1").unwrap().has_parameter("state"));
}

#[test]
fn a_web_uri_has_an_origin() {
    let uri = RedirectUri::parse("HTTPS://App.Example:443/cb").unwrap();
    assert_eq!(uri.origin().unwrap().as_str(), "https://app.example");
    assert_eq!(uri.csp_source(), "https://app.example");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn sp_001_no_single_change_of_a_registered_uri_passes(
        at in 0..REGISTERED.len(),
        with in prop_oneof![any::<char>(), proptest::char::range(' ', '~')],
        insert in any::<bool>(),
    ) {
        let mut sent = REGISTERED.to_owned();
        sent.replace_range(at..if insert { at } else { at + 1 }, &with.to_string());
        let host_end = "https://app.example.com".len();
        let only_case = sent.len() == REGISTERED.len()
            && sent.is_char_boundary(host_end)
            && sent[..host_end].eq_ignore_ascii_case(&REGISTERED[..host_end])
            && sent[host_end..] == REGISTERED[host_end..];
        let only_fragment = sent.split('#').next() == Some(REGISTERED);
        prop_assert_eq!(is_same(&sent), only_case || only_fragment, "{}", sent);
    }

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = RedirectUri::parse(&text);
    }
}
