use super::*;

const DOCUMENT: &str = "# A\n<!-- code: a.rs#one -->\n```rust\nold\n```\nb\n";

#[test]
fn the_code_under_a_marker_is_renewed() {
    let new = renew(DOCUMENT, &|name| Ok(format!("{name}\n"))).unwrap();
    assert_eq!(new, "# A\n<!-- code: a.rs#one -->\n```rust\na.rs#one\n```\nb\n");
    assert_eq!(renew(&new, &|name| Ok(format!("{name}\n"))).unwrap(), new);
}

#[test]
fn a_marker_that_leads_nowhere_is_a_fault() {
    let gone = renew(DOCUMENT, &|name| Err(format!("there is no {name}")));
    assert_eq!(gone.unwrap_err(), "there is no a.rs#one");
    let ok = |_: &str| Ok(String::new());
    assert!(renew("<!-- code: a.rs#one -->\ntext\n", &ok).is_err());
    assert!(renew("<!-- code: a.rs#one -->\n```rust\n", &ok).is_err());
}

#[test]
fn a_part_is_cut_without_its_indent_and_without_other_marks() {
    let text = "x\n    // docs:begin one\n    a\n    // docs:begin two\n      b\n\n    // docs:end two\n    \
                // docs:end one\ny\n";
    assert_eq!(between(text, "one").unwrap(), "a\n  b\n\n");
    assert_eq!(between(text, "two").unwrap(), "b\n\n");
    assert_eq!(between(text, "three"), None);
    assert_eq!(between("// docs:begin one\na\n", "one"), None);
}

#[test]
fn a_document_ends_with_its_proof() {
    assert!(proves("# A\n\n## Prove it\n\n```console\n$ cargo test\n```\n"));
    assert!(!proves("# A\n\n## Prove it\n\ntry it\n"));
    assert!(!proves("# A\n\n## Prove it\n\n```console\n$ cargo test\n```\n\n## More\n"));
}
