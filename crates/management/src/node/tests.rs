use super::*;

const YAML: &str = "\
tenant:
  friendly_name: Acme
  enabled: no

clients:
  - name: 'Web'
    callbacks: [
      https://a.test/cb,
      https://b.test/cb
    ]
  - &base
    name: Two
    leeway: 007
    lifetime: 3.5
    nothing:
  - *base
";

#[test]
fn a_yaml_file_keeps_the_line_of_every_key_and_value() {
    let node = parse_yaml(YAML).unwrap();
    let clients = node.find("clients").unwrap();
    let Content::List(items) = &clients.content else { panic!("{clients:?}") };
    assert_eq!(items[0].line, Some(6));
    let callbacks = items[0].find("callbacks").unwrap();
    let Content::List(urls) = &callbacks.content else { panic!("{callbacks:?}") };
    assert_eq!((urls[1].line, &urls[1].content), (Some(9), &Content::Text("https://b.test/cb".to_owned())));
    let Content::Object(members) = &items[1].content else { panic!() };
    assert_eq!(members.iter().map(|m| m.line.unwrap()).collect::<Vec<_>>(), [12, 13, 14, 15]);
    assert_eq!(items[1].find("nothing").unwrap().content, Content::Null);
    assert_eq!(items[1].find("leeway").unwrap().content, Content::Text("007".to_owned()));
    let aliased = items[2].find("name").unwrap();
    assert_eq!((aliased.line, aliased.to_value()), (Some(16), "Two".into()));
    assert_eq!(node.find("tenant").unwrap().find("enabled").unwrap().content, Content::Text("no".to_owned()));
}

#[test]
fn a_key_that_stands_twice_is_kept_twice() {
    let node = parse_yaml("a: 1\nb: 2\na: 3\n").unwrap();
    let Content::Object(members) = &node.content else { panic!() };
    assert_eq!(
        members.iter().map(|m| (m.name.as_str(), m.line)).collect::<Vec<_>>(),
        [("a", Some(1)), ("b", Some(2)), ("a", Some(3)),]
    );
}

#[test]
fn malformed_yaml_names_its_line() {
    let problem = parse_yaml("tenant:\n  friendly_name: 'x\nclients: ]\n").unwrap_err();
    assert!(problem.line.is_some(), "{problem:?}");
    assert!(problem.message.starts_with("is no valid YAML: "), "{problem}");
    assert!(!problem.message.contains('\n'), "{problem}");
}

#[test]
fn an_empty_file_is_null() {
    assert!(parse_yaml("").unwrap().is_null());
    assert!(parse_yaml("# nothing\n").unwrap().is_null());
}

#[test]
fn a_json_file_keeps_the_line_of_every_value() {
    let node =
        parse_json("[\n\t{\n\t\t\"email\": \"a\\ud83d\\ude00@b.test\",\n\t\t\"n\": 1e2\n\t}\n]").unwrap();
    let Content::List(items) = &node.content else { panic!() };
    assert_eq!(items[0].line, Some(2));
    let Content::Object(members) = &items[0].content else { panic!() };
    assert_eq!((members[0].line, members[1].line), (Some(3), Some(4)));
    assert_eq!(members[0].value.content, Content::Text("a😀@b.test".to_owned()));
}

#[test]
fn json_that_is_nested_too_deeply_is_refused() {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(parse_json(&deep).unwrap_err().message.contains("deep"));
    assert!(parse_json("[1,").unwrap_err().line.is_some());
}

#[test]
fn values_make_nodes_and_nodes_make_values() {
    let value = serde_json::json!({"a": [1, true, null, "x", {"b": 1.5}]});
    assert_eq!(Node::made(value.clone()).to_value(), value);
}
