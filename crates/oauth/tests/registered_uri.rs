//! Which URLs an entry of a list of allowed ones stands for (core contract §2.7, SP-003).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use countersign_oauth::{AllowedOrigin, EntryError, Origin, PatternError, RedirectUri, RegisteredUri};
use proptest::prelude::*;

fn matches(entry: &str, sent: &str) -> bool {
    let entry = RegisteredUri::parse(entry).unwrap();
    RedirectUri::parse(sent).is_ok_and(|sent| entry.matches(&sent))
}

fn refused(entry: &str) -> EntryError {
    RegisteredUri::parse(entry).unwrap_err()
}

#[test]
fn a_star_is_one_label_or_the_inner_part_of_one() {
    for (entry, sent) in [
        ("https://*.example.test/cb", "https://a.example.test/cb"),
        ("https://*.example.test/cb", "https://A.EXAMPLE.test/cb"),
        ("https://*.Example.test/cb", "https://a.example.test/cb"),
        ("https://pre-*.example.test", "https://pre-1.example.test"),
        ("https://*-suf.example.test", "https://1-suf.example.test"),
        ("http://*.example.test:8080/cb?x=1", "http://a.example.test:8080/cb?x=1"),
        ("https://*.sub.example.co.uk/", "https://a.sub.example.co.uk/"),
    ] {
        assert!(matches(entry, sent), "{entry} {sent}");
        assert!(!matches(entry, entry), "{entry} is no target");
    }
}

#[test]
fn sp_003_a_star_is_no_more_than_that() {
    let entry = "https://*.example.test/cb";
    for sent in [
        "https://a.example.test.evil.com/cb",
        "https://a.example.testx/cb",
        "https://xexample.test/cb",
        "https://example.test/cb",
        "https://.example.test/cb",
        "https://a..example.test/cb",
        "https://a.b.example.test/cb",
        "https://a.example.test./cb",
        "https://evil.com?.example.test/cb",
        "https://evil.com/.example.test/cb",
        "https://evil.com#.example.test/cb",
        "https://evil.com%2f.example.test/cb",
        "https://evil.com%2e.example.test/cb",
        "https://evil.com\\.example.test/cb",
        "https://evil.com:443.example.test/cb",
        "https://user@a.example.test/cb",
        "https://a@b.example.test/cb",
        "https://[::1].example.test/cb",
        "https://\u{e9}.example.test/cb",
        "https://a\u{3002}example.test/cb",
        "https://a_b.example.test/cb",
        "https://-a.example.test/cb",
        "https://a-.example.test/cb",
        "https://a.example.test:8443/cb",
        "https://a.example.test:443/cb",
        "http://a.example.test/cb",
        "https:a.example.test/cb",
        "https://a.example.test/cb/",
        "https://a.example.test/CB",
        "https://a.example.test/cb?",
        "https://a.example.test/%63b",
        "https://a.example.test/x/../cb",
    ] {
        assert!(!matches(entry, sent), "{sent}");
    }
    let long = format!("https://{}.example.test/cb", "a".repeat(64));
    assert!(!matches(entry, &long), "a label has 63 bytes at most (RFC 1035 §2.3.4)");
}

#[test]
fn a_star_in_a_wrong_place_is_refused_by_name() {
    use PatternError::{Place, Repeated, Scheme, TopLevel};
    for (entry, error) in [
        ("https://*/", TopLevel),
        ("https://*.com/", TopLevel),
        ("https://*.com:8080/", TopLevel),
        ("https://pre-*.com/", TopLevel),
        ("https://*.localhost/", TopLevel),
        ("https://*.co.uk/", TopLevel),
        ("https://*.com.au/", TopLevel),
        ("https://*..com/", TopLevel),
        ("https://*.example.com./", TopLevel),
        ("https://*.0.0.1/", TopLevel),
        ("https://*.127.0.0.1/", TopLevel),
        ("https://1*.2.3.4/", TopLevel),
        ("https://a.*.example.com/", Place),
        ("https://a.b*/", Place),
        ("https://example.com/*", Place),
        ("https://example.com/?x=*", Place),
        ("https://_*.example.com/", Place),
        ("https://*.*.example.com/", Repeated),
        ("https://**.example.com/", Repeated),
        ("https://*.example.com/*", Repeated),
        ("com.example.app://*.example.com/", Scheme),
        ("com.example.app:*", Scheme),
    ] {
        assert_eq!(refused(entry), EntryError::Pattern(error), "{entry}");
        assert!(!refused(entry).to_string().is_empty());
    }
    for entry in ["*", "https://*@example.com/", "https://[*]/", "https://a.example.com:*/", "javascript:*"] {
        assert!(matches!(refused(entry), EntryError::Uri(_)), "{entry}");
    }
}

#[test]
fn a_placeholder_matches_nothing() {
    for entry in [
        "https://{organization_name}.example.com/cb",
        "http://{organization_name}.example.com:8080/cb?x=1#y",
        "https://{custom_domain.metadata.public_host}/cb",
        "https://a.{custom_domain.metadata.PUBLIC_1}.example.com/cb",
    ] {
        let parsed = RegisteredUri::parse(entry).unwrap();
        assert!(parsed.is_placeholder() && parsed.exact().is_none());
        for sent in ["https://acme.example.com/cb", "https://x.example.com/cb", "https://x/cb"] {
            assert!(!parsed.matches(&RedirectUri::parse(sent).unwrap()), "{entry}");
        }
        assert!(RedirectUri::parse(entry).is_err(), "nor is it a target itself");
    }
    for wrong in ["{organization_name}", "https://{}/", "https://{{organization_name}}.a.com/", "https://a}/"]
    {
        assert_eq!(refused(wrong), EntryError::Pattern(PatternError::Placeholder), "{wrong}");
    }
}

#[test]
fn an_exact_entry_is_itself() {
    let entry = RegisteredUri::parse("https://a.example.com/cb?x=1").unwrap();
    assert!(entry.exact().is_some() && entry.has_parameter("x") && !entry.has_parameter("y"));
    assert!(!entry.is_placeholder());
    assert!(matches("com.example.app://cb", "com.example.app://cb"));
    assert!(!matches("com.example.app://cb", "com.example.app://cb/"));
}

#[test]
fn origins_take_the_same_patterns() {
    let allows = |entry: &str, origin: &str| {
        AllowedOrigin::parse(entry).unwrap().matches(&Origin::parse(origin).unwrap())
    };
    assert!(allows("https://app.example.test/path", "https://app.example.test"));
    assert!(allows("https://*.example.test", "https://a.example.test"));
    assert!(allows("https://*.example.test:443/", "https://a.example.test"));
    assert!(allows("http://pr-*-web.example.test:3000", "http://pr-7-web.example.test:3000"));
    for origin in ["http://a.example.test", "https://a.b.example.test", "https://a.example.test:3000"] {
        assert!(!allows("https://*.example.test", origin), "{origin}");
    }
    for entry in
        ["https://*.test", "https://app.example.test/*", "https://a.*.example.test", "app://*.a.test"]
    {
        assert_eq!(AllowedOrigin::parse(entry), None, "{entry}");
    }
}

proptest! {
    /// What a pattern matches has the pattern's own host behind its first label, whatever was sent.
    #[test]
    fn sp_003_whatever_matches_stays_below_the_registered_name(
        inner in "[a-zA-Z0-9.@:/?#%*\\\\_-]{0,12}",
        prefix in "[a-z0-9-]{0,4}",
        suffix in "[a-z0-9-]{0,4}",
    ) {
        let entry = format!("https://{prefix}*{suffix}.example.test/cb");
        let sent = format!("https://{prefix}{inner}{suffix}.example.test/cb");
        let fits = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let label = format!("{prefix}{inner}{suffix}");
        let ends_well = !label.starts_with('-') && !label.ends_with('-');
        prop_assert_eq!(matches(&entry, &sent), fits && ends_well);
    }

    /// Nothing of another name passes.
    #[test]
    fn sp_003_no_other_host_matches(host in "[a-z0-9.-]{1,30}") {
        let sent = format!("https://{host}/cb");
        if matches("https://*.example.test/cb", &sent) {
            prop_assert!(host.ends_with(".example.test"));
            prop_assert_eq!(host.matches('.').count(), 2);
        }
    }

    /// No text whatsoever makes the parser fall over.
    #[test]
    fn any_text_is_an_entry_or_a_refusal(text in "\\PC{0,60}") {
        let _ = RegisteredUri::parse(&text);
        let _ = AllowedOrigin::parse(&text);
    }
}
