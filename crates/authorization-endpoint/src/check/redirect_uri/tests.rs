use std::collections::BTreeSet;

use countersign_testkit::{CALLBACK, client};

use super::*;
use crate::tests::parameters;

const BOTH: [Compliance; 2] = [Compliance::Auth0, Compliance::Rfc];

fn client_with(callbacks: &[&str]) -> ClientSettings {
    ClientSettings { callbacks: callbacks.iter().map(|uri| (*uri).to_owned()).collect(), ..client().settings }
}

fn native(callbacks: &[&str]) -> ClientSettings {
    ClientSettings { app_type: Some(AppType::Native), ..client_with(callbacks) }
}

fn ask(
    sent: &str,
    client: &ClientSettings,
    compliance: Compliance,
) -> Result<(RedirectUri, bool), OAuthError> {
    pick(&parameters(&[("redirect_uri", sent)]), client, compliance)
}

#[track_caller]
fn refuses(sent: &str, client: &ClientSettings, compliance: Compliance) {
    let error = ask(sent, client, compliance).expect_err(sent);
    assert_eq!((error.rule, &error.code), ("authorize.redirect_uri_mismatch", &ErrorCode::InvalidRequest));
}

/// Every text that is one edit away from `uri`, and some that are two.
fn mutations(uri: &str) -> BTreeSet<String> {
    const INSERTED: [&str; 27] = [
        "/", "//", ".", "..", "/../", "/./", "..;/", ";", ":", "@", "?", "&", "=", "#", "%", "%2f", "%2e",
        "%00", "\\", "\t", "\n", "\r", "\0", " ", "*", "x", "é",
    ];
    let mut all = BTreeSet::new();
    let at: Vec<usize> = uri.char_indices().map(|(i, _)| i).chain([uri.len()]).collect();
    for &i in &at {
        let (before, after) = uri.split_at(i);
        for inserted in INSERTED {
            all.insert(format!("{before}{inserted}{after}"));
        }
        let Some(letter) = after.chars().next() else { continue };
        let rest = &after[letter.len_utf8()..];
        all.insert(format!("{before}{rest}"));
        all.insert(format!("{before}%{:02x}{rest}", u32::from(letter)));
        all.insert(format!("{before}%{:02X}{rest}", u32::from(letter)));
        all.insert(format!("{before}{}{rest}", letter.to_ascii_uppercase()));
        for replaced in ["/", "a", "1", "@", "\u{ff0e}", "\u{0430}"] {
            all.insert(format!("{before}{replaced}{rest}"));
        }
    }
    for (from, to) in [
        ("https://", "http://"),
        ("https://", "https:/"),
        ("https://", "https:"),
        ("https://", "https:///"),
        ("https://", "//"),
        ("https://", "https://evil.example.com@"),
        ("https://", "https://evil.example.com\\@"),
        ("https://", "https://evil.example.com#@"),
        ("https://", "https://evil.example.com/"),
        (".com", ".com:443"),
        (".com", ".com:80"),
        (".com", ".com."),
        (".com", ".com.evil.example"),
        (".com", ".com@evil.example"),
        (".com", ".com:443@evil.example"),
        (".com", ".com%2eevil.example"),
        (".com", ".com\u{3002}evil.example"),
    ] {
        all.insert(uri.replacen(from, to, 1));
    }
    for suffix in ["/", "?", "?x=1", "&x=1", "/..", "/.", "%20", ";", "#", "#x", "#?x=1", "?redirect=1#y"] {
        all.insert(format!("{uri}{suffix}"));
    }
    all.remove(uri);
    all
}

/// What the contract says, told without the parser: identical, but for the letter case of scheme and host
/// and for a fragment, which the default profile drops.
fn is_the_same(sent: &str, registered: &str, compliance: Compliance) -> bool {
    if compliance == Compliance::Rfc {
        return sent == registered;
    }
    let halves = |uri: &str| {
        let uri = uri.split('#').next().unwrap().to_owned();
        let after_scheme = uri.find("://").map_or(0, |at| at + 3);
        let end = uri[after_scheme..].find(['/', '?']).map_or(uri.len(), |at| after_scheme + at);
        (uri[..end].to_ascii_lowercase(), uri[end..].to_owned())
    };
    halves(sent) == halves(registered)
}

#[test]
fn sp_001_sp_002_core_010_core_012_core_013_core_014_of_all_mutations_only_the_same_uri_passes() {
    let registered = [
        "https://app.example.com/callback",
        "https://app.example.com/Call/back.html?a=b&c=%2F",
        "https://app.example.com:8443/cb/",
        "https://app.example.com",
        "http://localhost:3000/callback",
        "http://[::1]:3000/cb",
        "com.example.app://auth.example.com/ios/callback",
    ];
    for uri in registered {
        let client = client_with(&[uri]);
        let mutations = mutations(uri);
        assert!(mutations.len() >= 200, "{uri}: {}", mutations.len());
        for compliance in BOTH {
            assert_eq!(ask(uri, &client, compliance).unwrap().0.as_str(), uri);
            let mut passed = 0;
            for sent in &mutations {
                let expected = is_the_same(sent, uri, compliance);
                match ask(sent, &client, compliance) {
                    Ok((target, was_sent)) => {
                        assert!(expected, "{sent:?} passed for {uri:?} under {compliance:?}");
                        assert!(was_sent);
                        assert_eq!(target.as_str(), sent.split('#').next().unwrap());
                        passed += 1;
                    }
                    Err(error) => {
                        assert!(!expected, "{sent:?} was refused for {uri:?} under {compliance:?}");
                        assert_eq!(error.rule, "authorize.redirect_uri_mismatch");
                    }
                }
            }
            assert_eq!(passed > 0, compliance == Compliance::Auth0, "letter case and fragments: {passed}");
        }
    }
}

#[test]
fn sp_002_tricks_of_parsers_are_refused() {
    let client = client_with(&[CALLBACK, "https://good.example.com/", "myapp:cb"]);
    let tricks = [
        "https://good.example.com@evil.example.com/",
        "https://good.example.com:pass@evil.example.com/",
        "https://a@b@good.example.com/",
        "https://@good.example.com/",
        "https://good.example.com\\@evil.example.com/",
        "https://evil.example.com\\.good.example.com/",
        "https:\\\\good.example.com/",
        "\\\\good.example.com/",
        "https://good.example.com\t/",
        "https://good.exa\nmple.com/",
        "https://good.example.com\0.evil.example.com/",
        " https://good.example.com/",
        "https://good.example.com/ ",
        "https:evil.example.com",
        "https:good.example.com/",
        "https:/good.example.com/",
        "https:///good.example.com/",
        "//good.example.com/",
        "/",
        "good.example.com/",
        "https://[good.example.com]/",
        "https://[::1/",
        "https://[::g]/",
        "https://[::1]evil/",
        "https://g\u{043e}\u{043e}d.example.com/",
        "https://good\u{ff0e}example\u{ff0e}com/",
        "https://good.example.com\u{3002}evil.example.com/",
        "https://xn--good.example.com/",
        "https://good.example.com:/",
        "https://good.example.com:0/",
        "https://good.example.com:65536/",
        "https://good.example.com:44 3/",
        "https://good.example.com/..",
        "https://good.example.com/%2e%2e/",
        "https://good.example.com/\"><script>",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://good.example.com/x",
        "about:blank",
        "myapp:CB",
        "myapp://cb",
        "urn:ietf:wg:oauth:2.0:oob",
        "null",
    ];
    for compliance in BOTH {
        for trick in tricks {
            refuses(trick, &client, compliance);
        }
        let long = format!("https://good.example.com/{}", "a".repeat(4000));
        refuses(&long, &client, compliance);
    }
}

#[test]
fn sp_005_a_dangerous_scheme_is_refused_even_where_it_is_registered() {
    for uri in ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///x", "blob:x", "about:blank"]
    {
        for compliance in BOTH {
            refuses(uri, &client_with(&[uri]), compliance);
            refuses(&uri.to_uppercase(), &client_with(&[uri]), compliance);
        }
    }
}

#[test]
fn core_015_core_016_core_017_a_star_stands_for_one_label_or_a_part_of_it() {
    let client = client_with(&["https://*.example.test/cb", "https://pre-*-suf.example.test/cb"]);
    for sent in [
        "https://a.example.test/cb",
        "HTTPS://A.Example.TEST/cb",
        "https://pre-x-suf.example.test/cb",
        "https://xn--bcher-kva.example.test/cb",
    ] {
        assert_eq!(ask(sent, &client, Compliance::Auth0).unwrap().0.as_str(), sent);
    }
    for sent in [
        "https://a.b.example.test/cb",
        "https://example.test/cb",
        "https://.example.test/cb",
        "https://*.example.test/cb",
        "http://a.example.test/cb",
        "https://a.example.test/CB",
        "https://a.example.test/cb/",
        "https://a.example.test/cb?x=1",
        "https://a.example.test:443/cb",
    ] {
        refuses(sent, &client, Compliance::Auth0);
    }
    let inner = client_with(&["https://pre-*-suf.example.test/cb"]);
    for sent in ["https://pre--suf.example.test/cb", "https://pre-a.b-suf.example.test/cb"] {
        refuses(sent, &inner, Compliance::Auth0);
    }
}

#[test]
fn core_018_core_019_a_star_in_a_wrong_place_matches_nothing_not_even_itself() {
    let entries = [
        "https://*.com/cb",
        "https://*.co.uk/cb",
        "https://*.*.example.com/cb",
        "https://app.*.example.com/cb",
        "https://app.example.com/*",
        "*",
        "com.example.*:cb",
        "com.example.app://*.example.com/cb",
        "https://{organization_name}.example.com/cb",
    ];
    let sent = [
        "https://evil.com/cb",
        "https://evil.co.uk/cb",
        "https://a.b.example.com/cb",
        "https://app.b.example.com/cb",
        "https://app.example.com/anything",
        "com.example.app:cb",
        "com.example.app://a.example.com/cb",
        "https://acme.example.com/cb",
    ];
    for compliance in BOTH {
        for uri in sent.iter().chain(&entries) {
            refuses(uri, &native(&entries), compliance);
        }
    }
}

#[test]
fn sp_003_a_pattern_counts_neither_under_rfc_nor_for_a_strict_third_party() {
    let (entry, sent) = ("https://*.example.test/cb", "https://a.example.test/cb");
    refuses(sent, &client_with(&[entry]), Compliance::Rfc);
    refuses(entry, &client_with(&[entry]), Compliance::Rfc);
    let strict = ClientSettings { is_first_party: false, ..client_with(&[entry, sent]) };
    refuses("https://b.example.test/cb", &strict, Compliance::Auth0);
    ask(sent, &strict, Compliance::Auth0).unwrap();
    let error = pick(&parameters(&[]), &client_with(&[entry]), Compliance::Auth0).unwrap_err();
    assert_eq!(error.rule, "authorize.redirect_uri_mismatch", "a pattern is no target");
}

#[test]
fn core_022_sp_004_a_loopback_port_must_match_in_the_default_profile() {
    let client = native(&["http://127.0.0.1:8000/cb", "http://localhost:8000/cb", "http://[::1]/cb"]);
    for sent in [
        "http://127.0.0.1:8001/cb",
        "http://127.0.0.1/cb",
        "http://localhost:8001/cb",
        "http://localhost/cb",
        "http://[::1]:8000/cb",
    ] {
        refuses(sent, &client, Compliance::Auth0);
    }
    ask("http://127.0.0.1:8000/cb", &client, Compliance::Auth0).unwrap();
}

#[test]
fn sp_004_under_rfc_a_native_client_has_any_port_on_a_loopback_ip_and_nothing_else() {
    let callbacks = ["http://127.0.0.1/cb?x=1", "http://[::1]:9000/cb", "http://localhost:8000/cb"];
    let client = native(&callbacks);
    for sent in [
        "http://127.0.0.1:1/cb?x=1",
        "http://127.0.0.1:65535/cb?x=1",
        "http://[::1]:1/cb",
        "http://[::1]/cb",
        "http://localhost:8000/cb",
    ] {
        assert_eq!(ask(sent, &client, Compliance::Rfc).unwrap().0.as_str(), sent);
    }
    for sent in [
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:1/cb?x=2",
        "http://127.0.0.1:1/CB?x=1",
        "http://127.0.0.1:1/cb?x=1#f",
        "http://127.0.0.1:0/cb?x=1",
        "http://127.0.0.1:65536/cb?x=1",
        "http://127.0.0.2:1/cb?x=1",
        "http://127.1:1/cb?x=1",
        "http://0.0.0.0:1/cb?x=1",
        "http://[::2]:1/cb",
        "http://[0:0:0:0:0:0:0:1]:1/cb",
        "http://localhost:8001/cb",
        "http://localhost./cb",
        "https://127.0.0.1:1/cb?x=1",
        "HTTP://127.0.0.1:1/cb?x=1",
        "http://127.0.0.1:1@evil.example.com/cb?x=1",
        "http://127.0.0.1.evil.example.com/cb?x=1",
    ] {
        refuses(sent, &client, Compliance::Rfc);
    }
    refuses("http://127.0.0.1:1/cb?x=1", &client_with(&callbacks), Compliance::Rfc);
}

#[test]
fn core_011_sp_006_without_a_redirect_uri_the_first_one_is_used_in_the_default_profile() {
    let client =
        client_with(&["https://*.example.com/x", "https://one.example.com/", "https://two.example.com/"]);
    for scope in [("scope", "openid"), ("scope", "")] {
        let (target, was_sent) = pick(&parameters(&[scope]), &client, Compliance::Auth0).unwrap();
        assert_eq!((target.as_str(), was_sent), ("https://one.example.com/", false));
    }
    let empty = parameters(&[("redirect_uri", "")]);
    assert!(!pick(&empty, &client, Compliance::Auth0).unwrap().1);
}

#[test]
fn sp_006_under_rfc_it_may_be_left_out_only_where_one_is_registered_and_openid_is_not_asked() {
    let one = client_with(&[CALLBACK]);
    let two = client_with(&[CALLBACK, "https://two.example.com/"]);
    let ask = |client: &ClientSettings, scope: &str| {
        pick(&parameters(&[("scope", scope)]), client, Compliance::Rfc).map_err(|error| error.rule)
    };
    assert_eq!(ask(&one, "read:things").unwrap().0.as_str(), CALLBACK);
    for (client, scope) in [(&one, "openid"), (&one, "x openid"), (&two, ""), (&two, "openid")] {
        assert_eq!(ask(client, scope).unwrap_err(), "authorize.redirect_uri_missing");
    }
}

#[test]
fn sp_006_without_registered_callbacks_nothing_is_redirected() {
    for compliance in BOTH {
        refuses(CALLBACK, &client_with(&[]), compliance);
        let error = pick(&parameters(&[]), &client_with(&[]), compliance).unwrap_err();
        assert_eq!(error.rule, "authorize.redirect_uri_mismatch");
        let broken = pick(&parameters(&[]), &client_with(&["not a url"]), compliance).unwrap_err();
        assert_eq!(broken.rule, "authorize.redirect_uri_mismatch");
    }
}

#[test]
fn sp_009_a_repeated_redirect_uri_is_refused_though_both_are_right() {
    let client = client_with(&[CALLBACK]);
    for other in [CALLBACK, "https://evil.example.com/", ""] {
        let twice = parameters(&[("redirect_uri", CALLBACK), ("redirect_uri", other)]);
        assert_eq!(pick(&twice, &client, Compliance::Auth0).unwrap_err().rule, "parameters.repeated");
    }
}

#[test]
fn core_023_a_fragment_is_dropped_and_under_rfc_refused() {
    let client = client_with(&[CALLBACK]);
    for fragment in ["#", "#x", "#/../", "#\u{e9}"] {
        let sent = format!("{CALLBACK}{fragment}");
        assert_eq!(ask(&sent, &client, Compliance::Auth0).unwrap().0.as_str(), CALLBACK);
        refuses(&sent, &client, Compliance::Rfc);
        refuses(&sent, &client_with(&[&sent]), Compliance::Rfc);
    }
}

#[test]
fn a_mismatch_names_what_was_sent_within_bounds() {
    let sent = format!("https://evil.example.com/{}", "a".repeat(1000));
    let error = ask(&sent, &client_with(&[CALLBACK]), Compliance::Auth0).unwrap_err();
    assert_eq!(error.value("redirect_uri").unwrap().len(), 512);
}
