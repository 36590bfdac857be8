//! Time, origins and issuers.

use countersign_oauth::{Issuer, Origin, Seconds, Timestamp};
use proptest::prelude::*;

/// RFC 9110 §5.6.7.
#[test]
fn moments_are_written_in_both_forms() {
    for (millis, iso, http) in [
        (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777_000, "1994-11-06T08:49:37.000Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400_123, "2000-02-29T00:00:00.123Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_767_323_045_678, "2026-01-02T03:04:05.678Z", "Fri, 02 Jan 2026 03:04:05 GMT"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z", "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-1, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
    ] {
        let at = Timestamp::from_millis(millis);
        assert_eq!(at.to_iso8601(), iso);
        assert_eq!(at.to_http_date(), http);
    }
}

/// RFC 3339 §5.6.
#[test]
fn dates_are_read_as_they_are_written() {
    for (text, millis) in [
        ("2026-01-02T03:04:05.678Z", 1_767_323_045_678),
        ("2026-01-02T03:04:05Z", 1_767_323_045_000),
        ("2026-01-02T05:04:05.6+02:00", 1_767_323_045_600),
        ("2026-01-01T21:34:05.678901-05:30", 1_767_323_045_678),
        ("2000-02-29", 951_782_400_000),
        ("1969-12-31T23:59:59.999Z", -1),
    ] {
        assert_eq!(Timestamp::parse_iso8601(text), Some(Timestamp::from_millis(millis)), "{text}");
    }
    for text in [
        "",
        "tomorrow",
        "1767323045",
        "2026-1-2",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-01-02T03:04:05",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:00Z",
        "2026-01-02T03:04:60Z",
        "2026-01-02T3:04:05Z",
        "2026-01-02T03:04Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.xZ",
        "2026-01-02T03:04:05+2:00",
        "2026-01-02T03:04:05+02:00x",
        "-2026-01-02",
        "2026-01-02 03:04:05Z",
    ] {
        assert_eq!(Timestamp::parse_iso8601(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(millis in -62_135_596_800_000_i64..253_402_300_799_999) {
        let at = Timestamp::from_millis(millis);
        prop_assert_eq!(Timestamp::parse_iso8601(&at.to_iso8601()), Some(at));
    }
}

/// RFC 7519 §2.
#[test]
fn arithmetic_saturates_and_seconds_round_down() {
    assert_eq!(Timestamp::from_millis(1_999).seconds(), 1);
    assert_eq!(Timestamp::from_millis(-1).seconds(), -1);
    assert_eq!(Timestamp::from_seconds(5).plus(Seconds(3)).minus(Seconds(1)), Timestamp::from_seconds(7));
    assert_eq!(Timestamp::from_seconds(i64::MAX).millis(), i64::MAX);
    assert_eq!(Timestamp::from_millis(1).plus(Seconds(i64::MAX)).millis(), i64::MAX);
    assert_eq!(Timestamp::from_millis(-2).minus(Seconds(i64::MAX)).millis(), i64::MIN);
}

/// RFC 6454 §4.
#[test]
fn origins_are_compared_in_their_serialised_form() {
    for (text, origin) in [
        ("https://app.example", "https://app.example"),
        ("HTTPS://App.Example:443/path?q#f", "https://app.example"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("https://app.example:80", "https://app.example:80"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ] {
        assert_eq!(Origin::parse(text).unwrap().as_str(), origin);
    }
    for text in [
        "",
        "null",
        "app.example",
        "//app.example",
        "ftp://app.example",
        "https://",
        "https:///x",
        "https://user@app.example",
        "https://a.example\\@b.example",
        "https://a b.example",
        "https://\u{f6}.example",
        "file:///etc",
        "myapp://x",
        "https://a.example\n",
    ] {
        assert_eq!(Origin::parse(text), None, "{text:?}");
    }
}

/// RFC 8414 §2.
#[test]
fn an_issuer_ends_with_a_slash_and_knows_its_endpoints() {
    for text in ["https://login.example:8443", "https://login.example:8443/"] {
        let issuer = Issuer::new(text);
        assert_eq!(issuer.as_str(), "https://login.example:8443/");
        assert_eq!(issuer.endpoint("oauth/token"), "https://login.example:8443/oauth/token");
        assert_eq!(issuer.authority(), "login.example:8443");
        assert!(issuer.is_https());
    }
    assert!(!Issuer::new("http://localhost").is_https());
}

proptest! {
    #[test]
    fn dates_follow_each_other(millis in -62_135_596_800_000_i64..253_402_300_799_000) {
        let (at, later) = (Timestamp::from_millis(millis), Timestamp::from_millis(millis + 1));
        prop_assert!(at.to_iso8601() < later.to_iso8601());
        prop_assert_eq!(at.to_iso8601().len(), 24);
        prop_assert_eq!(at.to_http_date().len(), 29);
    }

    #[test]
    fn an_origin_is_its_own_origin(text in "https?://[a-z0-9.-]{1,20}(:[0-9]{1,5})?(/[a-z]*)?") {
        if let Some(origin) = Origin::parse(&text) {
            prop_assert_eq!(Origin::parse(origin.as_str()), Some(origin));
        }
    }
}
