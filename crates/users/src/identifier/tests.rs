use super::*;

#[test]
fn every_way_to_type_an_identifier_gives_one_form() {
    for typed in ["jane@example.com", "Jane@Example.COM", " jane@example.com\n", "\u{a0}JANE@example.com\t"] {
        assert_eq!(normalise_identifier(typed).as_deref(), Some("jane@example.com"), "{typed:?}");
    }
    assert_eq!(normalise_identifier("JÖRG").as_deref(), Some("jörg"));
}

#[test]
fn what_differs_in_more_than_case_and_margins_stays_different() {
    for other in ["jane @example.com", "jane+shop@example.com", "j.ane@example.com", "jane@example.com."] {
        assert_eq!(normalise_identifier(other).as_deref(), Some(other));
    }
}

#[test]
fn nothing_and_too_much_are_no_identifier() {
    for blank in ["", " ", "\t\n", "\u{3000}"] {
        assert_eq!(normalise_identifier(blank), None, "{blank:?}");
    }
    let longest = "a".repeat(320);
    assert_eq!(normalise_identifier(&longest).as_deref(), Some(longest.as_str()));
    assert_eq!(normalise_identifier(&format!(" {longest} ")).as_deref(), Some(longest.as_str()));
    assert_eq!(normalise_identifier(&"a".repeat(321)), None);
    assert_eq!(normalise_identifier(&"é".repeat(161)), None, "bytes count, not letters");
}
