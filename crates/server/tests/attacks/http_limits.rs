//! HTTP itself: sizes, methods, paths, bodies of the wrong kind (SP-160, SP-164 to SP-168).

use countersign_testkit::AUDIENCE;
use serde_json::json;

use crate::kit::asking;
use crate::support::{Harness, MACHINE_ID, MACHINE_SECRET, Request, Response, WEB_ID};

const MACHINE: [(&str, &str); 4] = [
    ("grant_type", "client_credentials"),
    ("client_id", MACHINE_ID),
    ("client_secret", MACHINE_SECRET),
    ("audience", AUDIENCE),
];

fn form_of(server: &Harness, body: impl Into<Vec<u8>>) -> Response {
    let request = Request::new("POST", server.url("/oauth/token"));
    server.send(&request.header("content-type", "application/x-www-form-urlencoded").body(body))
}

fn json_of(server: &Harness, body: impl Into<Vec<u8>>) -> Response {
    let request = Request::new("POST", server.url("/oauth/token"));
    server.send(&request.header("content-type", "application/json").body(body))
}

#[test]
fn sp_164_a_url_of_16_kib_passes_and_one_byte_more_does_not() {
    let server = Harness::new();
    let query = serde_urlencoded::to_string(asking(WEB_ID, &[])).unwrap();
    let start = format!("/authorize?{query}&x=");
    let at_limit = format!("{start}{}", "x".repeat(16 * 1024 - start.len()));
    server.get(&at_limit).shows(200);
    let answer = server.get(&format!("{at_limit}x")).expect(414);
    assert_eq!(answer.header("location"), None);
    assert!(answer.body.len() < 1000);
}

#[test]
fn sp_164_headers_have_a_limit_in_size_and_number() {
    let server = Harness::new();
    let fits = format!("X-Fill: {}\r\n", "x".repeat(30 * 1024));
    assert_eq!(server.send_head("GET /healthz", &fits, "").status, 200);
    let large = format!("X-Fill: {}\r\n", "x".repeat(33 * 1024));
    assert!(matches!(server.send_head("GET /healthz", &large, "").status, 400 | 431));
    // `Host` and `Connection` count too.
    let many = |count: usize| (0..count).map(|number| format!("X-{number}: x\r\n")).collect::<String>();
    assert_eq!(server.send_head("GET /healthz", &many(90), "").status, 200);
    assert!(matches!(server.send_head("GET /healthz", &many(101), "").status, 400 | 431));
    assert!(matches!(server.send_head("GET /healthz", &many(2000), "").status, 400 | 431));
}

#[test]
fn sp_164_a_body_of_64_kib_passes_and_one_byte_more_does_not() {
    let server = Harness::new();
    let start = serde_urlencoded::to_string(MACHINE).unwrap() + "&x=";
    let body = format!("{start}{}", "x".repeat(64 * 1024 - start.len()));
    form_of(&server, body.clone()).expect(200);
    let text = "The request body is larger than 64 KiB";
    form_of(&server, format!("{body}x")).expect_error(413, "invalid_request", text);
    let object = json!({
        "grant_type": "client_credentials", "client_id": MACHINE_ID, "client_secret": MACHINE_SECRET,
        "audience": AUDIENCE, "x": "",
    });
    let short = object.to_string();
    let body = short.replace("\"x\":\"\"", &format!("\"x\":\"{}\"", "x".repeat(64 * 1024 - short.len())));
    json_of(&server, body.clone()).expect(200);
    json_of(&server, format!("{body} ")).expect_error(413, "invalid_request", text);
    let request = Request::new("POST", server.url("/authorize"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("x".repeat(64 * 1024 + 1));
    server.send(&request).shows(413);
    // More parameters than anybody needs.
    let many: String = (0..201).map(|number| format!("p{number}=x&")).collect();
    form_of(&server, many).expect(400);
}

#[test]
fn sp_164_a_body_that_never_ends_is_refused_without_being_read() {
    let server = Harness::new();
    let head = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000000\r\n";
    let answer = server.send_head("POST /oauth/token", head, &"x".repeat(200_000));
    assert!(matches!(answer.status, 0 | 400 | 413), "{answer:?}");
    let head = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n";
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000));
    let answer = server.send_head("POST /oauth/token", head, &chunk.repeat(4));
    assert!(matches!(answer.status, 0 | 400 | 413), "{answer:?}");
}

#[test]
fn sp_165_json_that_means_two_things_is_refused() {
    let server = Harness::new();
    let good =
        MACHINE.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect::<Vec<_>>().join(",");
    let deep = |depth: usize| format!("{{{good},\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    for body in [
        format!("{{{good},\"client_id\":\"{MACHINE_ID}\"}}"),
        format!("{{{good},\"client_id\":null}}"),
        format!("{{{good},\"client\\u005fid\":\"other\"}}"),
        format!("{{{good}}} {{}}"),
        format!("{{{good}}}x"),
        format!("{{{good},}}"),
        format!("\u{feff}{{{good}}}"),
        format!("[{{{good}}}]"),
        format!("{{{good},\"x\":\"\\ud800\"}}"),
        format!("{{{good},\"x\":1e400}}"),
        format!("{{{good},\"x\":NaN}}"),
        format!("{{{good},'x':1}}"),
        deep(1000),
        deep(20_000),
        "\"x\"".to_owned(),
        "null".to_owned(),
        "1".to_owned(),
        String::new(),
        "{".to_owned(),
    ] {
        let answer = json_of(&server, body.clone());
        assert_eq!(answer.status, 400, "{body:.300}");
        answer.expect_error(400, "invalid_request", "Invalid request body");
    }
    let utf_16: Vec<u8> = format!("{{{good}}}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    json_of(&server, utf_16).expect_error(400, "invalid_request", "Invalid request body");
    json_of(&server, b"{\"x\":\"\xff\"}".to_vec()).expect_error(
        400,
        "invalid_request",
        "Invalid request body",
    );
    // Values of the wrong type are no credentials.
    for wrong in ["true", "1", "[\"test-machine-secret\"]", "{\"$ne\":\"\"}"] {
        let body = format!("{{{}}}", good.replace(&format!("\"{MACHINE_SECRET}\""), wrong));
        assert_eq!(json_of(&server, body).expect(401).text("error"), "access_denied");
    }
    json_of(&server, format!("{{{good}}}")).expect(200);
}

#[test]
fn sp_166_a_body_of_another_type_is_refused() {
    let server = Harness::new();
    let form = serde_urlencoded::to_string(MACHINE).unwrap();
    let json = json!({
        "grant_type": "client_credentials", "client_id": MACHINE_ID, "client_secret": MACHINE_SECRET,
        "audience": AUDIENCE,
    });
    let send = |content_type: &str, encoding: Option<&str>, body: &str| {
        let request = Request::new("POST", server.url("/oauth/token")).body(body);
        let request =
            if content_type.is_empty() { request } else { request.header("content-type", content_type) };
        server.send(&encoding.into_iter().fold(request, |r, encoding| r.header("content-encoding", encoding)))
    };
    for content_type in [
        "",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/jwt",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
        "application/json, application/x-www-form-urlencoded",
        "*/*",
    ] {
        let answer = send(content_type, None, &form);
        answer.expect_error(415, "invalid_request", "Unsupported media type");
    }
    for encoding in ["gzip", "br", "deflate", "identity, gzip", "x"] {
        let answer = send("application/x-www-form-urlencoded", Some(encoding), &form);
        answer.expect_error(415, "invalid_request", "Unsupported media type");
    }
    send("application/x-www-form-urlencoded", None, &json.to_string()).expect(400);
    send("application/json", None, &form).expect(400);
    send("application/json; charset=\"UTF-8\"", None, &json.to_string()).expect(200);
    send("APPLICATION/X-WWW-FORM-URLENCODED;charset=utf-8", Some("identity"), &form).expect(200);
    let twice = "Content-Type: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let head = format!("{twice}Content-Length: {}\r\n", form.len());
    assert!(matches!(server.send_head("POST /oauth/token", &head, &form).status, 400 | 415));
}

#[test]
fn sp_167_other_methods_are_405_with_allow_and_overrides_count_for_nothing() {
    let server = Harness::new();
    let routes = [
        ("/authorize", "GET, POST"),
        ("/u/login", "GET, POST"),
        ("/u/consent", "GET, POST"),
        ("/u/confirmation", "GET, POST"),
        ("/oauth/token", "POST, OPTIONS"),
        ("/oauth/revoke", "POST, OPTIONS"),
        ("/userinfo", "GET, POST, OPTIONS"),
        ("/.well-known/openid-configuration", "GET"),
        ("/.well-known/oauth-authorization-server", "GET"),
        ("/.well-known/jwks.json", "GET"),
        ("/v2/logout", "GET"),
        ("/logout", "GET"),
        ("/oidc/logout", "GET, POST"),
        ("/u/logout", "GET, POST"),
        ("/healthz", "GET"),
        ("/readyz", "GET"),
    ];
    for (path, allow) in routes {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "get"] {
            if allow.split(", ").any(|known| known == method) {
                continue;
            }
            let answer = server.send_head(&format!("{method} {path}"), "Content-Length: 0\r\n", "");
            assert_eq!(answer.status, 405, "{method} {path} {answer:?}");
            let sent = format!("\r\nallow: {}\r\n", allow.to_lowercase());
            assert!(answer.text.to_lowercase().contains(&sent), "{method} {path} {answer:?}");
            assert!(!answer.text.contains("X-Smuggled"), "TRACE echoes");
        }
        assert!(matches!(server.send_head(&format!("HEAD {path}"), "", "").status, 200..=499), "{path}");
    }
    let overridden = Request::get(server.url("/oauth/token"))
        .header("x-http-method-override", "POST")
        .header("x-http-method", "POST")
        .header("x-method-override", "POST");
    server.send(&overridden).expect(405);
    server.get("/oauth/token?_method=POST").expect(405);
    assert!(matches!(
        server.send_raw(b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n").status,
        400..=405
    ));
}

#[test]
fn sp_167_head_has_no_effect() {
    let server = Harness::new();
    let mut browser = server.signed_in_browser();
    let query = serde_urlencoded::to_string(asking(WEB_ID, &[])).unwrap();
    for path in [format!("/authorize?{query}"), "/v2/logout".to_owned()] {
        let answer = browser.send(Request::new("HEAD", server.url(&path)));
        assert_eq!(answer.header("location"), None, "{answer:?}");
    }
    let silent = crate::support::authorize_url(&server.https, &asking(WEB_ID, &[("prompt", "none")]));
    assert!(browser.get(&silent).expect(302).header("location").unwrap().contains("code="));
}

#[test]
fn sp_168_only_the_exact_path_is_served() {
    let server = Harness::new();
    for path in [
        "/oauth/token/",
        "/OAuth/token",
        "/oauth//token",
        "//oauth/token",
        "/oauth/./token",
        "/x/../oauth/token",
        "/oauth/token;x=1",
        "/oauth%2ftoken",
        "/oauth/token%00",
        "/oauth/token.",
        "/oauth/token%20",
        "/oauth\\token",
        "/.well-known/../healthz",
        "/assets/../healthz",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/healthz",
        "/",
        "/.env",
        "/api/v2/users",
    ] {
        for method in ["GET", "POST"] {
            let answer = server.send_head(&format!("{method} {path}"), "Content-Length: 0\r\n", "");
            // Of a file's place only the name counts, and no file is called so.
            let named = path.starts_with("/assets/") && method == "POST";
            assert!(matches!(answer.status, 400 | 404) || named, "{method} {path} {answer:?}");
            assert!(answer.status >= 400, "{method} {path} {answer:?}");
            assert!(!answer.text.to_lowercase().contains("\r\nlocation:"), "{answer:?}");
        }
    }
    // A host of somebody else, in the line or in the header, is nobody's issuer.
    let elsewhere = "GET http://evil.example/.well-known/openid-configuration HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let ours = server.http_authority().to_owned();
    let two = format!(
        "GET http://evil.example/.well-known/openid-configuration HTTP/1.1\r\nHost: {ours}\r\nConnection: close\r\n\r\n"
    );
    let hosts = format!(
        "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: {ours}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    let none = "GET /.well-known/openid-configuration HTTP/1.1\r\nConnection: close\r\n\r\n";
    for request in [elsewhere, &two, &hosts, none] {
        let answer = server.send_raw(request.as_bytes());
        assert_eq!(answer.status, 400, "{request} {answer:?}");
        assert!(!answer.text.contains("token_endpoint"));
    }
    let forwarded =
        "X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nX-Forwarded-Proto: https\r\n";
    let answer = server.send_head("GET /.well-known/openid-configuration", forwarded, "");
    assert!(answer.status == 200 && !answer.text.contains("evil.example"), "{answer:?}");
}
