//! `state` and `nonce` of any text: they come back byte by byte and are never read as anything (SP-014).

use countersign_testkit::{EMAIL, PASSWORD};

use crate::kit::{asking, redeeming};
use crate::support::{Browser, Callback, Form, Harness, Request, Response, WEB_ID};

/// 8 KiB of one text, to the byte.
fn filled(text: &str) -> String {
    let mut all = text.repeat(8192 / text.len());
    all.push_str(&"x".repeat(8192 - all.len()));
    all
}

const NASTY: [&str; 9] = [
    "\"'<script>alert(1)</script>&amp;",
    "\r\nLocation: https://evil.example/\r\n\r\n",
    "a\0b",
    "\u{1f469}\u{200d}\u{1f680}",
    "%00%0d%0a%",
    "{{7*7}}${7*7}<%= 1 %>",
    "\u{202e}\u{feff}\u{2028}",
    "+ +&=#?;",
    "</form><input name=transaction value=x>",
];

/// Sends an authorization request as a form, then logs in.
fn by_post(server: &Harness, browser: &mut Browser, changed: &[(&str, &str)]) -> Response {
    let url = server.url("/authorize");
    let page = browser.send(Request::post_form(&url, &asking(WEB_ID, changed))).shows(200);
    let form = Form::find(&page.body).unwrap();
    browser.submit(&url, &form, &[("username", EMAIL), ("password", PASSWORD)], "default")
}

#[test]
fn sp_014_a_state_of_8_kib_comes_back_byte_by_byte() {
    let server = Harness::new();
    for text in NASTY {
        let state = filled(text);
        let answer = by_post(&server, &mut server.browser(), &[("state", &state)]).expect(303);
        let location = answer.header("location").unwrap();
        assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
        assert!(Callback::parse(location).get("state") == state, "{text:?}");
    }
}

#[test]
fn sp_014_a_nonce_of_8_kib_comes_back_byte_by_byte() {
    let server = Harness::new();
    for text in NASTY {
        let nonce = filled(text);
        let answer = by_post(&server, &mut server.browser(), &[("nonce", &nonce)]).expect(303);
        let callback = Callback::parse(answer.header("location").unwrap());
        assert!(!callback.parameters.contains_key("state"));
        let tokens = server.token(&redeeming(WEB_ID, callback.code(), &[])).expect(200);
        assert!(tokens.claims("id_token")["nonce"] == nonce.as_str(), "{text:?}");
    }
}

#[test]
fn sp_014_short_ones_come_back_from_a_get_in_success_and_error() {
    let server = Harness::new();
    for text in NASTY {
        let callback = server.code_for(WEB_ID, &[("state", text), ("nonce", text)]);
        assert_eq!(callback.get("state"), text);
        let asked = asking(WEB_ID, &[("state", text), ("prompt", "none"), ("response_mode", "fragment")]);
        let url = crate::support::authorize_url(&server.https, &asked);
        let refused = server.send(&Request::get(url)).goes_back(302, "login_required");
        assert_eq!(refused.get("state"), text);
    }
}

#[test]
fn sp_014_one_byte_more_is_refused_and_not_echoed() {
    let server = Harness::new();
    let long = "s".repeat(8193);
    for name in ["state", "nonce"] {
        let request = Request::post_form(server.url("/authorize"), &asking(WEB_ID, &[(name, &long)]));
        server.writes_nothing(&[], || {
            let answer = server.send(&request);
            let callback = answer.clone().goes_back(303, "invalid_request");
            let text = format!("The parameter {name} is longer than 8192 bytes");
            assert_eq!(callback.get("error_description"), text);
            assert!(!callback.parameters.contains_key("state"));
            answer
        });
    }
}

#[test]
fn sp_014_invalid_utf_8_is_refused() {
    let server = Harness::new();
    let query = serde_urlencoded::to_string(asking(WEB_ID, &[])).unwrap();
    for bytes in ["%ff", "%c0%af", "%ed%a0%80", "a%80", "%f8%88%80%80%80"] {
        for name in ["state", "nonce"] {
            let sent = format!("{query}&{name}={bytes}");
            server.writes_nothing(&[], || server.get(&format!("/authorize?{sent}")).shows(400));
            let form = Request::new("POST", server.url("/authorize"))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(sent);
            server.writes_nothing(&[], || server.send(&form).shows(400));
        }
    }
}
