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
    for policy in [form(&target("https://app.example.test/")), plain(), message("bm9uY2U")] {
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.contains("; base-uri 'none'"), "{policy}");
        assert!(policy.contains("; object-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{policy}");
    }
}

#[test]
fn only_the_message_page_runs_a_script_and_only_the_one_with_its_nonce() {
    assert!(message("bm9uY2U").contains("; script-src 'nonce-bm9uY2U';"));
    assert!(!plain().contains("script-src"));
    assert!(!form(&target("https://app.example.test/")).contains("script-src"));
}
