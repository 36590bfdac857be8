use countersign_oauth::FetchResponse;
use serde_json::{Value, json};

use super::{id_text, require_json, seconds};

/// RFC 6839 §3.1.
#[test]
fn sp_144_json_alone_is_read() {
    let of = |kind: &str| {
        let content_type = kind.to_owned();
        require_json(&FetchResponse { status: 200, content_type, headers: Vec::new(), body: Vec::new() })
            .is_ok()
    };
    assert!(of("application/json") && of("application/jwk-set+json"));
    for kind in
        ["", "text/html", "text/json", "application/jsonp", "application/jwt", "image/svg+json", "json"]
    {
        assert!(!of(kind), "{kind}");
    }
}

#[test]
fn an_id_is_a_text_or_a_whole_number() {
    assert_eq!(id_text(Some(&json!("007"))).as_deref(), Some("007"));
    assert_eq!(id_text(Some(&json!(1_152_921_504_606_846_976_u64))).as_deref(), Some("1152921504606846976"));
    for other in [json!(-1), json!(1.5), json!(["1"]), json!({}), json!(true), Value::Null] {
        assert_eq!(id_text(Some(&other)), None, "{other}");
    }
    assert_eq!(id_text(None), None);
}

#[test]
fn seconds_are_a_number_or_its_text() {
    assert_eq!((seconds(Some(&json!(-5))), seconds(Some(&json!("3600")))), (Some(-5), Some(3600)));
    for other in [json!("soon"), json!(1.5), json!([1]), Value::Null] {
        assert_eq!(seconds(Some(&other)), None, "{other}");
    }
}
