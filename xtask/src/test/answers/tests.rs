use serde_json::json;

use super::*;

fn description() -> Value {
    json!({
        "paths": {
            "/token": { "post": { "responses": {
                "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Token" } } } },
                "400": { "content": { "application/json": { "schema": { "type": "object" } } } },
            } } },
            "/things/{id}": { "get": { "responses": { "302": { "description": "elsewhere" } } } },
        },
        "components": { "schemas": { "Token": {
            "type": "object",
            "required": ["token", "kind"],
            "properties": {
                "token": { "type": "string", "minLength": 3, "maxLength": 5 },
                "kind": { "type": "string", "enum": ["Bearer"], "example": "Bearer" },
                "until": { "type": ["integer", "null"] },
                "at": { "type": "string", "format": "date-time" },
                "tags": { "type": "array", "items": { "type": "string", "format": "uri" } },
            },
        } } },
    })
}

fn answer(method: &str, path: &str, status: u16, body: Value) -> Answer {
    let content_type = Some("application/json; charset=utf-8".to_owned());
    Answer { method: method.to_owned(), path: path.to_owned(), status, content_type, body }
}

fn faults(answers: &[Answer], departures: &[Departure]) -> Vec<String> {
    compare(&description(), answers, departures).unwrap().faults.into_iter().collect()
}

fn token(body: Value) -> Vec<String> {
    faults(&[answer("POST", "/token", 200, body)], &[])
}

#[test]
fn an_answer_of_the_described_shape_passes() {
    let full = json!({
        "token": "abc", "kind": "Bearer", "until": null, "at": "2026-01-02T03:04:05.678Z",
        "tags": ["https://a.test"], "more": { "is": "fine" },
    });
    assert!(token(full).is_empty());
    assert!(token(json!({ "token": "abcde", "kind": "Bearer", "until": 7 })).is_empty());
    assert!(faults(&[answer("GET", "/things/7", 302, Value::Null)], &[]).is_empty());
}

#[test]
fn each_word_of_a_schema_is_held() {
    for (body, expected) in [
        (json!([]), "POST /token 200 (body): is not \"object\""),
        (json!({ "kind": "Bearer" }), "POST /token 200 (body): token is missing"),
        (json!({ "token": 1, "kind": "Bearer" }), "POST /token 200 (/token): is not \"string\""),
        (json!({ "token": "ab", "kind": "Bearer" }), "POST /token 200 (/token): is shorter than 3"),
        (json!({ "token": "abcdef", "kind": "Bearer" }), "POST /token 200 (/token): is longer than 5"),
        (
            json!({ "token": "abc", "kind": "DPoP" }),
            "POST /token 200 (/kind): \"DPoP\" is none of [\"Bearer\"]",
        ),
        (
            json!({ "token": "abc", "kind": "Bearer", "until": 1.5 }),
            "POST /token 200 (/until): is not [\"integer\",\"null\"]",
        ),
        (
            json!({ "token": "abc", "kind": "Bearer", "at": "2026-01-02" }),
            "POST /token 200 (/at): \"2026-01-02\" has not the format \"date-time\"",
        ),
        (
            json!({ "token": "abc", "kind": "Bearer", "tags": ["x"] }),
            "POST /token 200 (/tags/0): \"x\" has not the format \"uri\"",
        ),
    ] {
        assert!(token(body).contains(&expected.to_owned()), "{expected}");
    }
}

#[test]
fn a_status_or_content_type_that_is_not_described_is_a_fault_and_so_is_a_server_error_anywhere() {
    let teapot = answer("POST", "/token", 418, json!({}));
    assert_eq!(faults(&[teapot], &[]), ["POST /token 418 (status): no such status, body {}"]);
    assert!(faults(&[answer("POST", "/token", 429, json!({}))], &[]).is_empty());
    let mut page = answer("POST", "/token", 400, json!({}));
    page.content_type = Some("text/html".to_owned());
    assert_eq!(faults(&[page], &[]), ["POST /token 400 (content type): Some(\"text/html\")"]);
    let broken = answer("GET", "/elsewhere", 500, Value::Null);
    assert_eq!(faults(&[broken], &[]), ["GET /elsewhere 500 (status): a server error, body null"]);
    let unknown = [answer("GET", "/elsewhere", 200, Value::Null), answer("GET", "/token", 405, Value::Null)];
    assert!(faults(&unknown, &[]).is_empty());
}

#[test]
fn a_departure_is_allowed_where_it_is_listed_and_must_happen() {
    let departure = Departure { operation: "POST /token", status: 418, what: "status", because: "core §0" };
    let teapot = answer("POST", "/token", 418, json!({}));
    assert!(faults(&[teapot], &[departure]).is_empty());
    assert_eq!(faults(&[], &[departure]), ["POST /token 418 (status): core §0 departs, and no answer did"]);
}

#[test]
fn a_word_that_is_not_known_fails() {
    let mut description = description();
    description["components"]["schemas"]["Token"]["oneOf"] = json!([]);
    let error = compare(&description, &[answer("POST", "/token", 200, json!({}))], &[]).unwrap_err();
    assert_eq!(error, "the schema word oneOf is not known here");
}
