use crate::http::Request;
use crate::process::{Process, countersign};
use crate::serve::{configure, free_port};

#[test]
fn in_development_the_playground_is_there_with_its_files_and_in_production_nothing_of_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Process::dev(folder.path(), &[]);
    let client = dev.client();
    let page = client.send(&Request::get(dev.text("playground"))).expect(200);
    let files: Vec<&str> = page
        .body
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .filter(|path| client.send(&Request::get(format!("{}{path}", dev.text("https")))).status == 200)
        .collect();
    assert_eq!(files.len(), 4, "stylesheets, icon and script: {files:?}");
    assert!(page.body.contains("CountersignPlayground00000000001"), "{}", page.body);

    let production = tempfile::tempdir().unwrap();
    let port = free_port();
    let file = configure(production.path(), port, "");
    let _serve = Process::start_logged(countersign(&["serve", "--config", &file]), "serving");
    let at = |path: &str| format!("http://localhost:{port}{path}");
    let shape = |request: &Request| {
        let response = client.send(request);
        let mut headers: Vec<_> =
            response.headers.into_iter().filter(|(name, _)| name != "x-request-id").collect();
        headers.retain(|(name, _)| name != "date");
        (response.status, headers, response.body)
    };
    for method in ["GET", "POST", "PUT", "OPTIONS"] {
        let (playground, unknown) =
            (Request::new(method, at("/playground")), Request::new(method, at("/no-such-path")));
        assert_eq!(shape(&playground), shape(&unknown), "{method}");
        assert_eq!(shape(&unknown).0, 404);
    }
    let missing = files.iter().filter(|path| client.send(&Request::get(at(path))).status == 404).count();
    assert_eq!(missing, 2, "the playground's script and stylesheet");
}

#[test]
fn the_playground_shows_a_form_that_another_site_posted_and_believes_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Process::dev(folder.path(), &[]);
    let hostile = "</script><script>alert(1)</script>";
    let post = Request::post_form(dev.text("playground"), &[("code", hostile), ("state", "theirs")]);
    let page = dev.client().send(&post.header("origin", "https://evil.example")).expect(200);
    assert_eq!(page.body.matches("<script").count(), 2, "{}", page.body);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'nonce-") && !policy.contains("unsafe"), "{policy}");
    let json = Request::post_json(dev.text("playground"), &serde_json::json!({ "code": "x" }));
    dev.client().send(&json).expect(415);
}
