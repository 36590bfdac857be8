//! Redirect URIs: only the registered one passes, whatever is changed in it (SP-001, SP-002, SP-006).

use countersign_oauth::SecureRandom as _;
use countersign_testkit::SeededRandom;

use crate::kit::{asking, without};
use crate::support::{Harness, Request, Tenant, WEB_CALLBACK, WEB_ID, authorize_url};

const REGISTERED: [&str; 3] =
    [WEB_CALLBACK, "https://app.example.com:8443/a/Callback/?tenant=1&x=%20y", "com.example.app://done/Here"];

fn server() -> Harness {
    let mut tenant = Tenant::default();
    let callbacks = REGISTERED.iter().map(|url| (*url).to_owned()).collect();
    tenant.client(WEB_ID).settings.callbacks = callbacks;
    Harness::with(tenant)
}

/// Every change of one place: bytes put in, left out, replaced, encoded; then what parsers disagree on.
fn mutations(url: &str) -> Vec<String> {
    let mut all = vec![
        format!("{url}/"),
        format!("{url}?x=1"),
        format!("{url}&x=1"),
        format!("{url}/.."),
        format!("{url}/../callback"),
        format!("{url}/..;/callback"),
        format!("{url}/./"),
        format!("{url}//"),
        format!("{url} "),
        format!(" {url}"),
        format!("{url}\0"),
        format!("{url}\r\nX-Injected: 1"),
        format!("{url},https://evil.example/"),
        url.to_uppercase(),
        url.to_owned() + url,
        url.replacen("://", ":/", 1),
        url.replacen("://", ":", 1),
        url.replacen("://", ":///", 1),
        url.replacen("://", ":\\\\", 1),
        url.replacen("https:", "http:", 1),
        url.replacen("https://", "//", 1),
        url.replacen("https:", "javascript:", 1),
        url.replace("example.com", "example.com."),
        url.replace("example.com", "example.com:443"),
        url.replace("example.com", "example.com:"),
        url.replace("example.com", "example.com.evil.example"),
        url.replace("app.example.com", "evilapp.example.com"),
        url.replace("app.example.com", "a.app.example.com"),
        url.replace("app.example.com", "[::1]"),
        url.replace("example", "ex\u{430}mple"),
        url.replace("example.com", "example\u{ff0e}com"),
        url.replace("example.com", "example%2ecom"),
        url.replace("/c", "//c"),
        url.replace("/c", "/%63"),
        url.replace("/c", "/./c"),
        url.replace("/c", "/x/../c"),
        url.replace("/C", "/c"),
    ];
    for user in ["good@", "good:pass@", "@", "a@b@", "evil.example@", "evil.example\\@", "evil.example#@"] {
        all.push(url.replacen("://", &format!("://{user}"), 1));
    }
    let host_end = url.find("://").unwrap() + 3 + url.split("://").nth(1).unwrap().find('/').unwrap();
    for tail in ["@evil.example", ":80@evil.example", "\\@evil.example", "?@evil.example", "#@evil.example"] {
        all.push(format!("{}{tail}{}", &url[..host_end], &url[host_end..]));
    }
    for (at, letter) in url.char_indices() {
        let (before, rest) = (&url[..at], &url[at + 1..]);
        all.push(format!("{before}{rest}"));
        all.push(format!("{before}%{:02x}{rest}", letter as u32));
        for put in ['\t', '\n', '\0', '/', '\\', '.', '@', '*', '?', '\u{200b}', letter] {
            all.push(format!("{before}{put}{}", &url[at..]));
        }
        let other =
            if letter.is_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        all.push(format!("{before}{other}{rest}"));
    }
    all.sort();
    all.dedup();
    all
}

/// What core §2.7 leaves free: the letter case of scheme and host, and a fragment, which is dropped.
fn is_the_same(sent: &str, registered: &str) -> bool {
    let split = |url: &str| {
        let bare = url.split('#').next().unwrap().to_owned();
        let end = bare.find("://").map_or(0, |at| at + 3);
        let end = bare[end..].find('/').map_or(bare.len(), |slash| end + slash);
        (bare[..end].to_ascii_lowercase(), bare[end..].to_owned())
    };
    split(sent) == split(registered)
}

#[test]
fn sp_001_only_the_registered_uri_passes_among_its_mutations() {
    let server = server();
    let before = server.held(&[]);
    for registered in REGISTERED {
        let all = mutations(registered);
        assert!(all.len() >= 200, "{} mutations", all.len());
        for sent in all.iter().filter(|sent| !REGISTERED.iter().any(|known| is_the_same(sent, known))) {
            // A parameter without a value counts as omitted; none of these is one.
            let url = authorize_url(&server.https, &asking(WEB_ID, &[("redirect_uri", sent)]));
            let text = "The provided redirect_uri is not in the list of allowed callback URLs.";
            server.send(&Request::get(url)).shows_error(403, "invalid_request", text);
        }
    }
    assert_eq!(server.held(&[]), before);
}

#[test]
fn sp_001_case_of_scheme_and_host_is_free_and_a_fragment_is_dropped() {
    let server = server();
    for sent in ["HTTPS://App.EXAMPLE.com/callback", "https://app.example.com/callback#evil", WEB_CALLBACK] {
        let callback = server.log_in(&asking(WEB_ID, &[("redirect_uri", sent)]));
        assert!(!callback.url.contains('#'), "{callback:?}");
        assert!(callback.url.to_ascii_lowercase().starts_with(WEB_CALLBACK), "{callback:?}");
    }
}

#[test]
fn sp_001_under_rfc_only_the_identical_string_passes() {
    let server = server();
    server.change_client(WEB_ID, |client| {
        client.settings.compliance = Some(countersign_oauth::Compliance::Rfc);
    });
    for sent in [
        "HTTPS://app.example.com/callback",
        "https://app.example.com/callback#",
        "https://APP.example.com/callback",
    ] {
        let url = authorize_url(&server.https, &asking(WEB_ID, &[("redirect_uri", sent)]));
        server.browser().get(&url).shows(403);
    }
    let url = authorize_url(&server.https, &asking(WEB_ID, &[]));
    server.browser().get(&url).shows(200);
}

#[test]
fn sp_002_random_uris_never_become_a_location() {
    let server = server();
    let random = SeededRandom::new(2);
    let parts = [
        "https",
        "http",
        "javascript",
        "data",
        ":",
        "/",
        "//",
        "\\",
        "@",
        "#",
        "?",
        "app.example.com",
        "evil.example",
        "127.0.0.1",
        "[::1]",
        "/callback",
        "%2f",
        "%00",
        "\t",
        "\u{ff0e}",
        ".",
        ";",
        "443",
        " ",
    ];
    for _ in 0..400 {
        let mut bytes = [0; 9];
        random.fill(&mut bytes);
        let sent: String = bytes.iter().map(|byte| parts[usize::from(*byte) % parts.len()]).collect();
        if is_the_same(&sent, WEB_CALLBACK) {
            continue;
        }
        let url =
            authorize_url(&server.https, &asking(WEB_ID, &[("redirect_uri", &sent), ("prompt", "none")]));
        server.send(&Request::get(url)).shows(403);
    }
}

#[test]
fn sp_006_without_a_redirect_uri_the_first_registered_one_is_used() {
    let server = server();
    let asked = without(asking(WEB_ID, &[("prompt", "none")]), "redirect_uri");
    server
        .get(&format!("/authorize?{}", serde_urlencoded::to_string(&asked).unwrap()))
        .goes_back(302, "login_required");
    server.change_client(WEB_ID, |client| client.settings.callbacks.clear());
    server.writes_nothing(&[], || {
        server.get(&format!("/authorize?{}", serde_urlencoded::to_string(&asked).unwrap())).shows(403)
    });
}

#[test]
fn sp_006_under_rfc_a_left_out_redirect_uri_is_refused_where_it_is_ambiguous() {
    let server = server();
    server.change_client(WEB_ID, |client| {
        client.settings.compliance = Some(countersign_oauth::Compliance::Rfc);
    });
    let asked = without(asking(WEB_ID, &[("prompt", "none"), ("scope", "x")]), "redirect_uri");
    let query = serde_urlencoded::to_string(&asked).unwrap();
    let text = "The request is missing a required parameter: redirect_uri";
    server.get(&format!("/authorize?{query}")).shows_error(400, "invalid_request", text);
    server.change_client(WEB_ID, |client| client.settings.callbacks.truncate(1));
    server.get(&format!("/authorize?{query}")).goes_back(302, "login_required");
    server.get(&format!("/authorize?{query}&x=").replace("scope=x", "scope=openid")).shows_error(
        400,
        "invalid_request",
        text,
    );
}

#[test]
fn sp_003_a_wildcard_callback_leads_to_nobody_else() {
    let mut tenant = Tenant::default();
    tenant.client(WEB_ID).settings.callbacks = vec!["https://*.example.test/cb".to_owned()];
    let server = Harness::with(tenant);
    for sent in [
        "https://a.example.test.evil.com/cb",
        "https://xexample.test/cb",
        "https://.example.test/cb",
        "https://a..example.test/cb",
        "https://a.example.test./cb",
        "https://a.example.test:8443/cb",
        "https://a.example.test:443/cb",
        "https://user@a.example.test/cb",
        "https://evil.com\\@a.example.test/cb",
        "https://evil.com\\.example.test/cb",
        "https://evil.com/.example.test/cb",
        "https://evil.com?.example.test/cb",
        "https://evil.com#.example.test/cb",
        "https://evil.com%2f.example.test/cb",
        "https://evil.com%2e.example.test/cb",
        "https://a%2eexample.test/cb",
        "https://a\u{3002}example.test/cb",
        "https://b\u{fc}cher.example.test/cb",
        "https://[::1].example.test/cb",
        "https://a.example.test/cb/../../evil",
        "https://a.example.test/cb\r\nX: 1",
        "http://a.example.test/cb",
        "https:a.example.test/cb",
        "https://-a.example.test/cb",
        "https://a_b.example.test/cb",
    ] {
        let asked = asking(WEB_ID, &[("redirect_uri", sent), ("prompt", "none")]);
        let query = serde_urlencoded::to_string(&asked).unwrap();
        let text = "The provided redirect_uri is not in the list of allowed callback URLs.";
        server.writes_nothing(&[], || {
            server.get(&format!("/authorize?{query}")).shows_error(403, "invalid_request", text)
        });
    }
}
