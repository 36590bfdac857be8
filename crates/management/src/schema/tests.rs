use serde_json::json;

use super::*;
use crate::node::Node;

const KEYS: &[Key] = &[
    used("flag", Shape::Flag),
    used("whole", Shape::Whole(1, 9)),
    used("choice", Shape::Choice(&["a"], &["b"])),
    unused("later_*", Shape::Any),
    ignored("read_only", "it is read-only"),
];

fn read(value: Value) -> (Value, Reader) {
    let mut reader = Reader::default();
    let object = reader.object("it", &Node::made(value), KEYS);
    (Value::Object(object), reader)
}

#[test]
fn null_is_kept_as_the_wish_for_the_default() {
    let (object, reader) = read(json!({"flag": null, "whole": null}));
    assert_eq!(object, json!({"flag": null, "whole": null}));
    assert!(reader.problems.is_empty());
}

#[test]
fn a_star_stands_for_any_rest_of_a_name() {
    let (object, reader) = read(json!({"later_x": 1, "late": 2, "read_only": 3}));
    assert_eq!(object, json!({"later_x": 1}));
    assert_eq!((reader.problems.len(), reader.warnings.len()), (1, 2));
}

#[test]
fn what_is_wrong_is_left_out_and_named() {
    let (object, reader) = read(json!({"flag": 1, "whole": 10, "choice": "b"}));
    assert_eq!(object, json!({}));
    let mut paths: Vec<&str> = reader.problems.iter().map(|problem| problem.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["it.choice", "it.flag", "it.whole"]);
}

#[test]
fn a_path_without_a_line_has_that_of_what_it_stands_in() {
    let mut lines = Lines::default();
    lines.note("a[0]", Some(3));
    assert_eq!(lines.of("a[0].b.c[1]"), Some(3));
    assert_eq!(lines.of("b"), None);
}
