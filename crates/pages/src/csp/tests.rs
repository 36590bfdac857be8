use super::*;

fn target(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap()
}

fn form_action(policy: &str) -> &str {
    policy.split("; ").find_map(|directive| directive.strip_prefix("form-action ")).unwrap()
}

#[test]
fn sp_156_a_form_leads_to_us_and_to_the_callback_alone() {
    for (uri, allowed) in [
        ("https://app.example.test/callback?x=1", "'self' https://app.example.test"),
        ("http://localhost:4000/", "'self' http://localhost:4000"),
        ("com.example.app://login/done", "'self' com.example.app:"),
        ("com.example.app:/done", "'self' com.example.app:"),
    ] {
        assert_eq!(form_action(&form(&target(uri))), allowed, "{uri}");
    }
}

#[test]
fn an_ipv6_callback_is_named_by_its_scheme_because_a_policy_cannot_spell_it() {
    assert_eq!(form_action(&form(&target("http://[::1]:4000/callback"))), "'self' http:");
}

#[test]
fn a_callback_cannot_bring_a_directive_of_its_own() {
    for uri in ["https://app.example.test/;script-src%20*", "com.example.app://;script-src"] {
        let Ok(uri) = RedirectUri::parse(uri) else { continue };
        assert!(!form(&uri).contains("script-src"));
    }
}

#[test]
fn sp_156_no_policy_is_unsafe_anywhere() {
    let to = target("https://app.example.test/");
    for policy in [form(&to), own_form(), form_post("bm9uY2U", &to), plain(), message("bm9uY2U")] {
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.contains("; base-uri 'none'"), "{policy}");
        assert!(policy.contains("; object-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{policy}");
    }
}

#[test]
fn sp_156_the_posted_answer_leads_to_its_target_alone() {
    for (uri, allowed) in [
        ("https://app.example.test:8443/callback?x=1", "https://app.example.test:8443"),
        ("com.example.app://login/done", "com.example.app:"),
        ("http://[::1]:4000/callback", "http:"),
    ] {
        assert_eq!(form_action(&form_post("bm9uY2U", &target(uri))), allowed, "{uri}");
    }
    assert_eq!(form_action(&own_form()), "'self'");
    assert!(!form_post("bm9uY2U", &target("https://a.test/")).contains("frame-ancestors"));
}

#[test]
fn only_the_answers_run_a_script_and_only_the_one_with_its_nonce() {
    assert!(message("bm9uY2U").contains("; script-src 'nonce-bm9uY2U';"));
    let posted = form_post("bm9uY2U", &target("https://app.example.test/"));
    assert!(posted.contains("; script-src 'nonce-bm9uY2U';"));
    assert!(!plain().contains("script-src") && !own_form().contains("script-src"));
    assert!(!form(&target("https://app.example.test/")).contains("script-src"));
}
