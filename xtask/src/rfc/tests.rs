use super::*;
use names::{Item, List};

fn item(list: List, number: u16) -> Item {
    Item { list, number }
}

fn file(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

fn spelled(text: &str) -> Vec<String> {
    links::in_comments(text).iter().map(|link| format!("{} in {}", link.section, link.line)).collect()
}

#[test]
fn a_name_carries_one_or_several_numbers() {
    assert_eq!(names::items("core_034_is_refused"), [item(List::Core, 34)]);
    assert_eq!(names::items("core_039_040"), [item(List::Core, 39), item(List::Core, 40)]);
    assert_eq!(
        names::items("core_102_103_sp_024_rp_09_one_winner"),
        [item(List::Core, 102), item(List::Core, 103), item(List::Sp, 24), item(List::Rp, 9)]
    );
    assert_eq!(names::items("spa_ext_007_x"), [item(List::Ext, 7)]);
}

#[test]
fn other_numbers_in_a_name_count_for_nothing() {
    for name in
        ["core_34", "core_answers_034", "score_034", "core_000", "core_400", "rp_012", "sp_1e2", "core"]
    {
        assert_eq!(names::items(name), [], "{name}");
    }
    assert_eq!(names::items("core_034_answers_035"), [item(List::Core, 34)]);
}

const RUST: &str = "
#[test]
/// RFC 7636 §4.6
fn core_001_first() {
    // RFC 7636 §4.1
}

fn helper_core_004() {}

#[actix_web::test]
#[should_panic]
pub(crate) async fn core_002() {}

#[test]
#[ignore = \"slow\"]
fn core_003_never_run() {}

// fn core_005() {}
fn core_006_clause() {}
";

#[test]
fn test_functions_are_found() {
    let found = |clauses| names::in_rust(RUST, clauses).into_iter().map(|test| test.name).collect::<Vec<_>>();
    assert_eq!(found(false), ["core_001_first", "core_002"]);
    assert_eq!(found(true), ["core_001_first", "helper_core_004", "core_002", "core_006_clause"]);
}

#[test]
fn a_test_covers_its_comment_and_body() {
    let tests = names::in_rust(RUST, false);
    let links = links::in_comments(RUST);
    assert_eq!(links.len(), 2);
    assert!(links.iter().all(|link| tests[0].covers(link.line)));
    assert!(links.iter().all(|link| !tests[1].covers(link.line)));
}

#[test]
fn titles_of_client_tests_carry_numbers() {
    let found = names::in_script(
        "test('core 34, 35: silent login', async () => {\n  // a score 3: none, core values\n  \
         await step(`core_102_103 sp 24: twice`);\n",
    );
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0, "core 34, 35: silent login");
    assert_eq!(found[0].1, [item(List::Core, 34), item(List::Core, 35)]);
    assert_eq!(found[1].1, [item(List::Core, 102), item(List::Core, 103), item(List::Sp, 24)]);
}

#[test]
fn sections_are_read_in_their_spellings() {
    assert_eq!(
        spelled("/// Compares the hash (RFC 7636 §4.6).\nlet a = 1; // RFC 9449 section 4.3, and §5\n"),
        ["RFC 7636 §4.6 in 0", "RFC 9449 §4.3 in 1", "RFC 9449 §5 in 1"]
    );
    assert_eq!(
        spelled("//! See OpenID Connect Core 1.0,\n//! §3.1.2.1. And [RFC 7636] §A, RFC 6749.\n"),
        ["OpenID Connect Core §3.1.2.1 in 0", "RFC 7636 §A in 1"]
    );
    assert_eq!(spelled("let text = \"RFC 7636 §4.6\";\n/// RFC 1 §2 and §x\n"), Vec::<String>::new());
}

#[test]
fn sections_sort_by_number() {
    let mut links = links::in_comments("// RFC 6749 §10.2, §4.1, §A.1; RFC 6749 §4\n");
    links.sort_by(|one, other| one.section.cmp(&other.section));
    let numbers: Vec<_> = links.iter().map(|link| link.section.to_string()).collect();
    assert_eq!(numbers, ["RFC 6749 §4", "RFC 6749 §4.1", "RFC 6749 §10.2", "RFC 6749 §A.1"]);
}

#[test]
fn the_checklist_is_strict() {
    assert_eq!(
        checklist::parse("# the first ones\ncore 1\n\nsp 24 # race\n").unwrap(),
        [item(List::Core, 1), item(List::Sp, 24)]
    );
    assert!(checklist::parse("core 1\ncore 1\n").unwrap_err().contains("line 2"));
    assert!(checklist::parse("core 277\n").is_err());
    assert!(checklist::parse("core1\n").is_err());
}

#[test]
fn the_nearest_test_is_linked() {
    let found = find(
        &[
            file(
                "crates/pkce/src/challenge.rs",
                "/// RFC 7636 §4.2\nfn f() {}\n/// RFC 7636 §4.3\nfn g() {}\n",
            ),
            file(
                "crates/pkce/src/challenge/tests.rs",
                "#[test]\nfn first() {}\n// RFC 7636 §4.2\n#[test]\nfn b() {}\n",
            ),
            file("crates/http/src/routes.rs", "// RFC 6749 §3.2\n"),
            file("crates/server/tests/flows/token.rs", "// RFC 6749 §3.2\n#[test]\nfn core_001_a() {}\n"),
            file("crates/http/src/other.rs", "// RFC 6749 §3.3\n"),
        ],
        &[
            file("tests/clients/spa.mjs", "test('core 2: b')\n"),
            file("tests/clients/suite_test.py", "    def test_core_004_c(self):\n"),
        ],
    );
    let sections = report::sections(&found);
    let row = |row: &str| assert!(sections.contains(&format!("| {row} |\n")), "{row} not in {sections}");
    row("RFC 7636 §4.2 | `crates/pkce/src/challenge.rs` | `b` in `crates/pkce/src/challenge/tests.rs`");
    row("RFC 7636 §4.3 | `crates/pkce/src/challenge.rs` | `first` in `crates/pkce/src/challenge/tests.rs`");
    row("RFC 6749 §3.2 | `crates/http/src/routes.rs` | `core_001_a` in `crates/server/tests/flows/token.rs`");
    row("RFC 6749 §3.3 | `crates/http/src/other.rs` | none");
    let numbers = report::numbers(&found);
    assert!(numbers.ends_with(
        "| core 1 | `core_001_a` | `crates/server/tests/flows/token.rs` |\n\
         | core 2 | `core 2: b` | `tests/clients/spa.mjs` |\n\
         | core 4 | `test_core_004_c` | `tests/clients/suite_test.py` |\n"
    ));
    let promised = checklist::parse("core 1\ncore 3\n").unwrap();
    assert_eq!(
        report::without_test(&found, &promised),
        [
            "1 promised items of core have no test: 3",
            "crates/http/src/other.rs names RFC 6749 §3.3, and no test does"
        ]
    );
}
