//! Authorization requests that name the wrong client or make no sense (SP-007, SP-008, SP-009, SP-016).

use countersign_oauth::SecureRandom as _;
use countersign_storage::Change;
use countersign_testkit::{AUDIENCE, SeededRandom};

use crate::kit::{asking, without};
use crate::support::{
    Callback, Harness, MACHINE_ID, Request, SPA_ID, WEB_CALLBACK, WEB_ID, authorize_url, on_every_backend,
};

fn authorize(server: &Harness, pairs: &[(&str, &str)]) -> crate::support::Response {
    server.send(&Request::get(authorize_url(&server.https, pairs)))
}

#[test]
fn sp_007_unknown_and_deleted_clients_get_the_same_page_and_no_redirect() {
    on_every_backend(|server| {
        let client = SPA_ID.into();
        server.commit(Change::DeleteClient { id: client, at: server.now() });
        for id in ["nobody", SPA_ID, "TEST-CLIENT", "test-client\0", " test-client", "*", "' OR 1=1 --"] {
            let text = format!("Unknown client: {id}");
            let page = authorize(server, &asking(WEB_ID, &[("client_id", id)]));
            // An unprintable byte is shown as something visible.
            let text = text.replace('\0', "\u{2400}");
            if id.contains('\0') {
                page.shows(400);
            } else {
                page.shows_error(400, "invalid_request", text.trim_end());
            }
        }
        for asked in [without(asking(WEB_ID, &[]), "client_id"), asking(WEB_ID, &[("client_id", "")])] {
            let text = "Missing required parameter: client_id";
            authorize(server, &asked).shows_error(400, "invalid_request", text);
        }
        // A client without any callback cannot be sent anywhere.
        authorize(server, &asking(MACHINE_ID, &[])).shows(403);
    });
}

#[test]
fn sp_008_whatever_the_parameters_are_only_registered_hosts_are_redirected_to() {
    let server = Harness::new();
    let random = SeededRandom::new(8);
    let choices: [(&str, &[&str]); 12] = [
        ("client_id", &[WEB_ID, WEB_ID, SPA_ID, MACHINE_ID, "nobody", ""]),
        (
            "redirect_uri",
            &[WEB_CALLBACK, "https://evil.example/", "//evil.example", "javascript:alert(1)", ""],
        ),
        ("response_type", &["code", "token", "id_token", "code token", "none", ""]),
        ("response_mode", &["query", "fragment", "form_post", "web_message", "jwt", ""]),
        ("prompt", &["none", "login", "none login", "consent", "?"]),
        ("scope", &["openid", "\u{1}", "\"", "openid openid", ""]),
        ("state", &["https://evil.example/", "\r\nLocation: https://evil.example/", "s"]),
        ("request", &["", "eyJhbGciOiJub25lIn0.e30."]),
        ("request_uri", &["", "https://evil.example/r", "urn:ietf:params:oauth:request_uri:x"]),
        ("max_age", &["0", "-1", "x", ""]),
        ("audience", &["", AUDIENCE, "https://evil.example/"]),
        ("id_token_hint", &["", "x.y.z"]),
    ];
    let mut redirected = 0;
    for _ in 0..500 {
        let mut bytes = [0; 24];
        random.fill(&mut bytes);
        let mut pairs = Vec::new();
        for ((name, values), byte) in choices.iter().zip(bytes.chunks(2)) {
            if byte[0] % 8 < 3 {
                pairs.push((*name, values[usize::from(byte[1]) % values.len()]));
            }
        }
        // Half of them have what gets an answer back to the client.
        if bytes[0] & 0x80 != 0 {
            pairs.extend([("client_id", WEB_ID), ("redirect_uri", WEB_CALLBACK)]);
        }
        let answer = authorize(&server, &pairs);
        assert!(answer.status < 500, "{pairs:?} {answer:?}");
        if let Some(location) = answer.header("location") {
            assert!(location.starts_with(WEB_CALLBACK), "{pairs:?} {answer:?}");
            assert_eq!(location.matches("://").count(), 1, "{pairs:?} {answer:?}");
            redirected += 1;
        }
        if answer.body.contains("id=\"answer\"") {
            assert!(answer.body.contains(&format!("action=\"{WEB_CALLBACK}\"")), "{pairs:?} {answer:?}");
        }
    }
    assert!(redirected > 50, "{redirected} answers went back: the generator is off");
}

#[test]
fn sp_008_a_bad_client_is_a_page_whatever_else_is_asked() {
    let server = Harness::new();
    for more in [("prompt", "none"), ("response_mode", "web_message"), ("response_mode", "fragment")] {
        let foreign = [("client_id", "nobody"), ("redirect_uri", "https://evil.example/"), more];
        server.writes_nothing(&[], || authorize(&server, &asking(WEB_ID, &foreign)).shows(400));
        let foreign = [("redirect_uri", "https://evil.example/"), more];
        server.writes_nothing(&[], || authorize(&server, &asking(WEB_ID, &foreign)).shows(403));
    }
}

const OF_TARGET: [&str; 2] = ["client_id", "redirect_uri"];

#[test]
fn sp_009_a_repeated_parameter_is_refused_equal_or_not_and_however_it_is_encoded() {
    let server = Harness::new();
    let asked = asking(WEB_ID, &[("state", "s1"), ("nonce", "n1"), ("prompt", "none"), ("x-unknown", "1")]);
    let query = serde_urlencoded::to_string(&asked).unwrap();
    for (name, value) in &asked {
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let value = serde_urlencoded::to_string([("", *value)]).unwrap().split_off(1);
        for again in [
            format!("{name}={value}"),
            format!("{encoded}={value}"),
            format!("{name}=other"),
            format!("{name}="),
        ] {
            let url = server.url(&format!("/authorize?{query}&{again}"));
            let form = Request::new("POST", server.url(&format!("/authorize?{again}")))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(query.clone());
            for (request, status) in [(Request::get(url), 302), (form, 303)] {
                let answer = server.writes_nothing(&[], || server.send(&request));
                let text = format!("A parameter must not be included more than once: {name}");
                if OF_TARGET.contains(name) {
                    answer.shows_error(400, "invalid_request", &text);
                    continue;
                }
                let callback = answer.goes_back(status, "invalid_request");
                assert_eq!(callback.get("error_description"), text);
                // Which state is meant nobody can say.
                let echoed = callback.parameters.get("state").map(String::as_str);
                assert_eq!(echoed, (*name != "state").then_some("s1"));
            }
        }
    }
}

#[test]
fn sp_009_request_and_request_uri_are_refused_twice_too() {
    let server = Harness::new();
    for name in ["request", "request_uri", "audience", "resource", "code_challenge"] {
        let query = serde_urlencoded::to_string(asking(WEB_ID, &[])).unwrap();
        let answer = server.get(&format!("/authorize?{query}&{name}=a&{name}=a"));
        assert!(answer.status == 302 || answer.status == 400, "{answer:?}");
        if let Some(location) = answer.header("location") {
            assert_eq!(Callback::parse(location).get("error"), "invalid_request");
        }
    }
}

#[test]
fn sp_009_a_repeated_parameter_of_a_token_request_is_refused() {
    on_every_backend(|server| {
        let callback = server.code_for(WEB_ID, &[]);
        let usual = crate::kit::redeeming(WEB_ID, callback.code(), &[]);
        let body = serde_urlencoded::to_string(&usual).unwrap();
        for (name, value) in usual.iter().chain(&[("scope", "openid"), ("x-unknown", "1")]) {
            let encoded: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let value = serde_urlencoded::to_string([("", *value)]).unwrap().split_off(1);
            for again in [format!("{name}={value}&{name}={value}"), format!("{encoded}=other&{name}=")] {
                let request = Request::new("POST", server.url("/oauth/token"))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(format!("{body}&{again}"));
                let text = format!("A parameter must not be included more than once: {name}");
                server.writes_nothing(&[callback.code()], || {
                    server.send(&request).expect_error(400, "invalid_request", &text)
                });
            }
        }
        server.token(&usual).expect(200);
    });
}

#[test]
fn sp_016_scopes_that_are_not_allowed_are_dropped_and_illegal_ones_refused() {
    let server = Harness::new();
    let asked = [("audience", AUDIENCE), ("scope", "openid read:things admin:everything delete:things")];
    let tokens = server.tokens_for(WEB_ID, &asked);
    assert_eq!(tokens.text("scope"), "openid read:things");
    let many: String = (0..101).map(|number| format!("s{number} ")).collect();
    let ten_thousand: String = (0..10_000).map(|_| "s ").collect();
    let long = "s".repeat(4097);
    for scope in ["openid \"", "openid \\", "open\u{e9}", "a\tb", "a\nb", "a\0", many.trim(), &long] {
        let asked = asking(WEB_ID, &[("scope", scope), ("state", "s")]);
        server.writes_nothing(&[], || {
            let answer = authorize(&server, &asked);
            assert_eq!(answer.clone().goes_back(302, "invalid_scope").get("state"), "s", "{scope:?}");
            answer
        });
    }
    let request =
        Request::post_form(server.url("/authorize"), &asking(WEB_ID, &[("scope", ten_thousand.trim())]));
    server.send(&request).goes_back(303, "invalid_scope");
    // At the limit it passes: the login page.
    let hundred: String = (0..100).map(|number| format!("s{number} ")).collect();
    authorize(&server, &asking(WEB_ID, &[("scope", hundred.trim())])).shows(200);
    authorize(&server, &asking(WEB_ID, &[("scope", &long[1..])])).shows(200);
}

#[test]
fn sp_016_an_unknown_audience_is_refused() {
    let server = Harness::new();
    for audience in ["https://api.example.com", "https://evil.example/", "\"><script>"] {
        let answer =
            authorize(&server, &asking(WEB_ID, &[("audience", audience)])).goes_back(302, "access_denied");
        assert_eq!(answer.get("error_description"), format!("Service not found: {audience}"));
    }
}
