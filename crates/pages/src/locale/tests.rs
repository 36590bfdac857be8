use super::*;

fn chosen(ui_locales: Option<&str>, enabled: &[&str], accept_language: &str) -> String {
    let enabled: Vec<String> = enabled.iter().map(|tag| (*tag).to_owned()).collect();
    choose(ui_locales, &enabled, accept_language, &["en", "de"]).as_str().to_owned()
}

#[test]
fn the_first_entry_of_ui_locales_is_used_if_it_is_enabled() {
    assert_eq!(chosen(Some("de en"), &["en", "de"], "en"), "de");
    assert_eq!(chosen(Some("DE"), &["en", "de"], ""), "de");
    assert_eq!(chosen(Some("de-AT"), &["en", "de-AT"], ""), "de");
}

#[test]
fn else_the_tenants_default_is_used_whatever_comes_after_it_or_the_browser_says() {
    assert_eq!(chosen(Some("fr de"), &["en", "de"], "de"), "en");
    assert_eq!(chosen(Some("en"), &["de"], "en"), "de");
    assert_eq!(chosen(Some("<script>"), &["de", "en"], "en"), "de");
}

/// RFC 9110 §12.5.4, RFC 4647 §3.4.
#[test]
fn without_ui_locales_the_browser_decides_among_the_enabled_ones() {
    let both = ["en", "de"];
    assert_eq!(chosen(None, &both, "de-AT,de;q=0.9,en;q=0.5"), "de");
    assert_eq!(chosen(None, &both, "en;q=0.5, de;q=0.9"), "de");
    assert_eq!(chosen(None, &both, "fr, de;q=0.1"), "de");
    assert_eq!(chosen(None, &both, "de;q=0"), "en");
    assert_eq!(chosen(None, &["en"], "de"), "en");
    assert_eq!(chosen(Some("  "), &both, "de"), "de");
}

#[test]
fn nonsense_in_the_header_falls_back_to_the_default() {
    for nonsense in ["", "*", "q=1", ";;;,,,", "de;q=nan", "de;q=2", "de;q=-1", "-", "--", "\u{fffd}"] {
        assert_eq!(chosen(None, &["en", "de"], nonsense), "en", "{nonsense:?}");
    }
}

#[test]
fn a_language_without_texts_is_never_promised() {
    assert_eq!(chosen(Some("fr"), &["fr", "de"], ""), "de");
    assert_eq!(chosen(None, &["fr"], "fr"), "en");
    assert_eq!(chosen(None, &[], "de"), "de");
}
