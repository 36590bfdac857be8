//! Values that would like to be more than values.

use super::*;

const CANARY: &str = "\"'><script>canary()</script><img src=x onerror=canary()>&amp;{{ 7 * 7 }}{ $client }";

#[test]
fn sp_156_markup_in_any_value_is_shown_as_text() {
    let escaped = CANARY
        .replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;");
    for page in all(CANARY) {
        assert!(!page.html.contains("<script") && !page.html.contains("<img"), "{}", page.html);
        // Without the escaped ones, none is left: no value went by another way.
        assert!(!page.html.replace(&escaped, "").contains("canary"), "{}", page.html);
    }
    let login = english(&login(CANARY, None)).html;
    // The transaction, the identifier, the tenant, and the client in title and lead.
    assert_eq!(login.matches(&escaped).count(), 5, "{login}");
    let consent = english(&consent(CANARY)).html;
    assert_eq!(consent.matches(&escaped).count(), 9, "{consent}");
}

#[test]
fn sp_156_no_value_leaves_the_message() {
    let response = [("code", CANARY), ("state", "</script>\u{2028}<!--"), ("</script>", "x")];
    let page = message(&response);
    assert_eq!(page.html.matches("</script").count(), 1, "{}", page.html);
    assert_eq!(page.html.matches("<!--").count(), 0);
    let json = page.html.split_once("postMessage(").unwrap().1.split_once(", \"https:").unwrap().0;
    let sent: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(sent["type"], "authorization_response");
    for (name, value) in response {
        assert_eq!(sent["response"][name], value);
    }
    assert_eq!(sent["response"].as_object().unwrap().len(), response.len());
}

#[test]
fn sp_156_no_value_leaves_the_form_that_is_posted() {
    let page = posted(&[("code", CANARY), ("state", "</script></form><form action=\"https://evil.test\">")]);
    let html = &page.html;
    assert_eq!((html.matches("<script").count(), html.matches("</script").count()), (1, 1), "{html}");
    assert_eq!((html.matches("<form").count(), html.matches("<img").count()), (1, 0), "{html}");
    assert_eq!(tags(html, "<input").len(), 2);
    let target = RedirectUri::parse("https://app.example.test/").unwrap();
    let page = pages().form_post(&target, &[("state", "s")], "a'; script-src *\">", &locale("en"));
    assert!(page.content_security_policy.contains("script-src 'nonce-ascript-src';"));
    assert!(page.html.contains("<script nonce=\"ascript-src\">"), "{}", page.html);
}

#[test]
fn sp_156_no_value_leaves_the_page_that_goes_elsewhere() {
    let url = "https://terms.example.test/?a=1&state=s\"><script>canary()</script>";
    let page = pages().leaving(url, &locale("en"));
    let html = &page.html;
    assert!(!html.contains("<script") && !html.contains("state=s\""), "{html}");
    let escaped =
        "https://terms.example.test/?a=1&#38;state=s&#34;&#62;&#60;script&#62;canary()&#60;/script&#62;";
    assert!(html.contains(&format!("<meta http-equiv=\"refresh\" content=\"0; url={escaped}\">")), "{html}");
    assert!(html.contains(&format!("href=\"{escaped}\"")), "{html}");
    assert_eq!(page.frame, Framing::Denied);
    assert!(page.content_security_policy.contains("form-action 'none'"));
}

#[test]
fn a_nonce_cannot_bring_a_directive_or_markup() {
    let target = Origin::parse("https://app.example.test").unwrap();
    let page = pages().web_message(&target, &[("state", "s")], "a+/-_=b'; script-src *\">");
    assert!(page.content_security_policy.contains("script-src 'nonce-a+/-_=bscript-src';"));
    assert!(page.html.contains("<script nonce=\"a+/-_=bscript-src\">"), "{}", page.html);
}

#[test]
fn sp_032_no_page_loads_or_names_anything_of_others() {
    let own = pages().assets().map(|asset| format!("href=\"{}\"", asset.path));
    for page in all("https://elsewhere.example.test/") {
        assert_eq!(page.html.matches("href=").count(), 2);
        assert!(own.iter().all(|own| page.html.contains(own)), "{}", page.html);
        for loads in ["src=", "srcset=", "url(", "<a ", "<iframe", "<object", "<embed", "<base", "http-equiv"]
        {
            assert!(!page.html.contains(loads), "{loads} in {}", page.html);
        }
    }
}

#[test]
fn no_page_has_a_script_or_a_style_or_a_handler_inline() {
    for page in all("value") {
        for inline in ["<script", "<style", " style=", " onclick=", " onload=", " onerror=", "javascript:"] {
            assert!(!page.html.contains(inline), "{inline} in {}", page.html);
        }
    }
}

#[test]
fn sp_155_every_form_page_forbids_framing() {
    for page in all("value") {
        assert_eq!(page.frame, Framing::Denied);
        assert!(page.content_security_policy.ends_with("; frame-ancestors 'none'"));
    }
}

#[test]
fn the_message_page_may_be_framed_and_has_nothing_to_click() {
    let page = message(&[("error", "login_required")]);
    assert_eq!(page.frame, Framing::Allowed);
    assert!(!page.content_security_policy.contains("frame-ancestors"));
    assert_eq!(text(&page.html), "");
}

#[test]
fn sp_019_the_transaction_stands_in_one_hidden_field_and_in_no_url() {
    for interaction in [login("", None), consent(""), confirmation("")] {
        let mut interaction = interaction;
        let (Interaction::Login(LoginForm { frame, .. })
        | Interaction::Consent(ConsentForm { frame, .. })
        | Interaction::Confirmation(ConfirmationForm { frame, .. })) = &mut interaction;
        frame.transaction = "s3aled".to_owned();
        let html = english(&interaction).html;
        assert_eq!(html.matches("s3aled").count(), 1, "{html}");
        assert!(html.contains(r#"<input type="hidden" name="transaction" value="s3aled""#), "{html}");
    }
}

#[test]
fn sp_020_the_questions_have_no_field_for_what_is_granted() {
    for interaction in [consent("read:photos"), confirmation("value")] {
        let html = english(&interaction).html;
        assert_eq!(tags(&html, "<input").len(), 1, "{html}");
        assert_eq!(tags(&html, "<select").len() + tags(&html, "<textarea").len(), 0);
    }
}
