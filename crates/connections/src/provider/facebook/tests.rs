use countersign_testkit::NOW;
use serde_json::{Value, json};

use super::check;

fn rule(data: &Value) -> Result<String, &'static str> {
    let checked = check(data.as_object().unwrap(), "138", NOW);
    checked.map(|inspected| inspected.user_id).map_err(|error| error.rule())
}

#[test]
fn sp_087_only_the_very_app_id_is_ours_whatever_its_type() {
    let of = |app_id: Value| json!({ "app_id": app_id, "is_valid": true, "expires_at": 0, "user_id": "7" });
    for ours in [json!("138"), json!(138)] {
        assert_eq!(rule(&of(ours)), Ok("7".to_owned()));
    }
    let others = [
        json!("1380"),
        json!("013"),
        json!(" 138"),
        json!(1380),
        json!(138.0),
        json!(-138),
        json!(["138"]),
        json!({ "id": "138" }),
        json!(true),
        Value::Null,
    ];
    for other in others {
        assert_eq!(rule(&of(other.clone())), Err("connections.other_application"), "{other}");
    }
    assert_eq!(rule(&json!({ "is_valid": true, "user_id": "7" })), Err("connections.other_application"));
}

#[test]
fn what_is_not_said_to_be_valid_is_not() {
    for is_valid in [json!(false), json!("true"), json!(1), Value::Null] {
        let data = json!({ "app_id": "138", "is_valid": is_valid, "user_id": "7" });
        assert_eq!(rule(&data), Err("connections.token_refused"), "{data}");
    }
    let expired = json!({ "app_id": "138", "is_valid": true, "expires_at": NOW.seconds(), "user_id": "7" });
    assert_eq!(rule(&expired), Err("connections.token_expired"));
    let nobody = json!({ "app_id": "138", "is_valid": true, "expires_at": 0 });
    assert_eq!(rule(&nobody), Err("connections.token_refused"), "an application's own token");
}
