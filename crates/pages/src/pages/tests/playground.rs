//! The playground, which alone has a script of its own.

use serde_json::Value;

use super::*;
use crate::{PlaygroundApi, PlaygroundClient, PlaygroundView};

fn view(value: &str) -> PlaygroundView {
    PlaygroundView {
        callback: "https://localhost:3443/playground".to_owned(),
        discovery: "https://localhost:3443/.well-known/openid-configuration".to_owned(),
        clients: vec![PlaygroundClient { client_id: value.to_owned(), name: value.to_owned() }],
        apis: vec![PlaygroundApi {
            identifier: value.to_owned(),
            name: value.to_owned(),
            scopes: vec![value.to_owned()],
        }],
        answer: Some(vec![("state".to_owned(), value.to_owned())]),
    }
}

fn page(value: &str, tag: &str) -> Page {
    pages().playground(&view(value), &locale(tag), "bm9uY2U")
}

fn facts(html: &str) -> Value {
    let (_, rest) = html.split_once(r#"id="facts">"#).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn sp_156_the_playground_runs_one_script_and_talks_to_us_alone() {
    let page = page("value", "en");
    let policy = &page.content_security_policy;
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for directive in [
        "script-src 'nonce-bm9uY2U'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|found| found == directive), "{directive} in {policy}");
    }
    for unsafe_word in ["unsafe", "*", "data:", "blob:"] {
        assert!(!policy.contains(unsafe_word), "{policy}");
    }
    assert_eq!(page.frame, Framing::Denied);
    assert_eq!(page.html.matches("<script").count(), 2);
    assert!(!page.html.contains(" onclick=") && !page.html.contains(" onsubmit="), "no inline handler");
    assert!(!page.html.contains(" style="), "no inline style");
}

#[test]
fn what_comes_from_outside_ends_neither_an_element_nor_the_facts() {
    let hostile = "</script><script>alert(1)</script>\"'<!--";
    let html = page(hostile, "en").html;
    assert_eq!(html.matches("<script").count(), 2, "{html}");
    assert_eq!(facts(&html)["answer"]["state"], hostile);
    assert_eq!(facts(&html)["apis"][0]["scopes"][0], hostile);
    let nonce = pages().playground(&view(""), &locale("en"), "a\"><script>'; script-src *");
    assert!(nonce.html.contains(r#"nonce="ascriptscript-src""#), "{}", nonce.html);
}

#[test]
fn every_step_is_named_and_explained_in_every_language() {
    for tag in ["en", "de"] {
        let html = page("value", tag).html;
        for once in ["<title>", "<main", "<h1>", "<body"] {
            assert_eq!(html.matches(once).count(), 1, "{once}");
        }
        let empty =
            ["<h2 id=\"request-title\"></h2>", "<p class=\"about\"></p>", "></button>", "<label></label>"];
        assert!(empty.iter().all(|empty| !html.contains(empty)), "{html}");
        assert!(!html.contains("{$") && !html.contains("{ $"));
        let texts = facts(&html)["texts"].as_object().unwrap().clone();
        assert!(texts.len() > 100 && texts.values().all(|text| !text.as_str().unwrap().is_empty()));
    }
}

#[test]
fn the_script_names_no_text_that_is_missing() {
    let pages = pages();
    let [script, _] = pages.playground_assets() else { unreachable!() };
    let script = std::str::from_utf8(script.bytes).unwrap();
    let texts = facts(&page("value", "en").html)["texts"].clone();
    let named = script.split("say('").skip(1).map(|rest| rest.split_once('\'').unwrap().0);
    let missing: Vec<&str> = named.filter(|name| texts[*name].is_null()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
