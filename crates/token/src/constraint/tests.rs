use countersign_testkit::vectors::RFC9449_THUMBPRINT;
use serde_json::json;

use super::*;

fn bound() -> SenderConstraint {
    SenderConstraint::Dpop(Thumbprint::parse(RFC9449_THUMBPRINT).unwrap())
}

/// RFC 7800 §3.1, RFC 9449 §6.1: `cnf` holds the thumbprint of the key.
#[test]
fn a_bound_token_confirms_its_key_and_an_unbound_one_nothing() {
    assert_eq!(bound().confirmation(), Some(json!({ "jkt": RFC9449_THUMBPRINT })));
    assert_eq!(bound().jkt().map(Thumbprint::as_str), Some(RFC9449_THUMBPRINT));
    assert_eq!(SenderConstraint::None.confirmation(), None);
    assert_eq!(SenderConstraint::None.jkt(), None);
    assert_eq!(SenderConstraint::default(), SenderConstraint::None);
}

/// RFC 9449 §5.
#[test]
fn the_token_type_says_whether_a_proof_is_needed() {
    assert_eq!(SenderConstraint::None.token_type(), "Bearer");
    assert_eq!(bound().token_type(), "DPoP");
}

#[test]
fn a_row_gives_back_what_was_put_in() {
    for constraint in [SenderConstraint::None, bound()] {
        let row = serde_json::to_value(&constraint).unwrap();
        assert_eq!(serde_json::from_value::<SenderConstraint>(row).unwrap(), constraint);
    }
    assert_eq!(serde_json::to_value(bound()).unwrap(), json!({ "dpop": RFC9449_THUMBPRINT }));
}
