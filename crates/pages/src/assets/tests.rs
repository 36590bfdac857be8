use super::*;

#[test]
fn a_path_changes_with_the_content() {
    // The test vectors of the FNV draft.
    assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    let path = stylesheet().path;
    assert!(path.starts_with("/assets/countersign-") && path.ends_with(".css"), "{path}");
    assert_eq!(path.len(), "/assets/countersign-0123456789abcdef.css".len());
}

#[test]
fn sp_032_no_asset_names_a_foreign_place() {
    for asset in [stylesheet(), icon()].into_iter().chain(playground()) {
        let text = String::from_utf8(asset.bytes.to_vec()).unwrap();
        // The script looks at our own links, and has functions whose names end so.
        let text = if asset.path.ends_with(".js") {
            text.replace("a[href=", "").replace("64url(", "")
        } else {
            text
        };
        let text = text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for forbidden in ["://", "@import", "@font-face", "url(", "<script", "href"] {
            assert!(!text.contains(forbidden), "{} has {forbidden}", asset.path);
        }
    }
}

#[test]
fn the_stylesheets_serve_dark_still_and_forced_colours() {
    for sheet in [STYLESHEET, PLAYGROUND_STYLESHEET] {
        let text = std::str::from_utf8(sheet).unwrap();
        for query in
            ["prefers-color-scheme: dark", "prefers-reduced-motion: no-preference", "forced-colors: active"]
        {
            assert!(text.contains(query), "{query}");
        }
        for physical in ["-left", "-right", " left:", " right:", "text-align: left"] {
            assert!(!text.contains(physical), "{physical} does not turn with the writing direction");
        }
    }
}
