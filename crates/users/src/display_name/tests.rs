use countersign_testkit::{USER_ID, user};

use super::*;

#[test]
fn a_user_is_named_by_address_else_username_else_name_else_id() {
    let mut jane = user();
    assert_eq!(display_name(&jane), "jane@example.com");
    jane.email = None;
    jane.username = Some("jane".to_owned());
    assert_eq!(display_name(&jane), "jane");
    jane.username = None;
    assert_eq!(display_name(&jane), "Jane Doe");
    jane.profile.claims.clear();
    assert_eq!(display_name(&jane), USER_ID);
}
