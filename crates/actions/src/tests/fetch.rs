use countersign_oauth::{FetchBody, FetchMethod};

use super::*;

fn answering(body: &str) -> Arc<FakeHttp> {
    let answer = FetchResponse {
        status: 201,
        content_type: "application/json".to_owned(),
        headers: vec![("x-request-id".to_owned(), "7".to_owned())],
        body: body.as_bytes().to_vec(),
    };
    Arc::new(FakeHttp { answer: Some(answer), ..FakeHttp::default() })
}

fn run_with(http: &Arc<FakeHttp>, body: &str) -> Result<Verdict, Error> {
    let allowed_hosts = vec!["api.example.com".to_owned()];
    let engine = Actions::new(parts(http.clone()), ActionsOptions { allowed_hosts, ..options() });
    block_on(engine.run_scripts(vec![action(body)], &login()))
}

#[test]
fn an_allowed_host_is_called() {
    let http = answering("{\"plan\":\"gold\"}");
    let verdict = run_with(
        &http,
        "const answer = await fetch('https://API.example.com/v1?x=1', { method: 'post', body: JSON.stringify({ a: 1 }),
             headers: { 'Content-Type': 'application/json', Authorization: 'Bearer t' } });
         api.idToken.setCustomClaim('x', [answer.ok, answer.status, answer.headers.get('X-Request-Id'),
             (await answer.json()).plan, await answer.text()])",
    );
    assert_eq!(verdict.unwrap().id_token_claims["x"], json!([true, 201, "7", "gold", "{\"plan\":\"gold\"}"]));
    let asked = http.asked.lock().unwrap();
    let [request] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(request.method, FetchMethod::Post);
    assert_eq!(request.url.expose(), "https://API.example.com/v1?x=1");
    assert_eq!(request.headers.len(), 1);
    assert_eq!(
        (request.headers[0].0.as_ref(), request.headers[0].1.expose().as_str()),
        ("authorization", "Bearer t")
    );
    let FetchBody::Other(media_type, body) = &request.body else { panic!("{request:?}") };
    assert_eq!((media_type.as_str(), body.expose().as_str()), ("application/json", "{\"a\":1}"));
}

#[test]
fn a_form_is_sent_as_one() {
    let http = answering("");
    let body =
        "const form = new URLSearchParams({ grant_type: 'x', 'a b': '~&=\\u00e4' }); form.append('a b', '2');
         await fetch('https://api.example.com/', { method: 'POST', body: form })";
    run_with(&http, body).unwrap();
    let asked = http.asked.lock().unwrap();
    let FetchBody::Other(media_type, body) = &asked[0].body else { panic!("{asked:?}") };
    assert_eq!(media_type, "application/x-www-form-urlencoded;charset=UTF-8");
    assert_eq!(body.expose(), "grant_type=x&a+b=%7E%26%3D%C3%A4&a+b=2");
}

#[test]
fn parameters_and_base64_are_read_and_written() {
    let read = "const p = new URLSearchParams('?a=1&b=x+y%26&a=2&c=d=e&f');
         api.idToken.setCustomClaim('x', [p.get('a'), p.getAll('a'), p.get('b'), p.get('c'), p.get('f'), p.get('g'),
             p.has('a'), [...new URLSearchParams(p)].length])";
    assert_eq!(claim(read), json!(["1", ["1", "2"], "x y&", "d=e", "", null, true, 5]));
    let base64 = "const texts = ['', 'a', 'ab', 'abc', 'abcd', 'id:secret', '\\xff\\x00\\x80'];
         api.idToken.setCustomClaim('x', [texts.map(btoa), texts.every((text) => atob(btoa(text)) === text)])";
    let encoded = json!(["", "YQ==", "YWI=", "YWJj", "YWJjZA==", "aWQ6c2VjcmV0", "/wCA"]);
    assert_eq!(claim(base64), json!([encoded, true]));
    for wrong in ["btoa('\\u20ac')", "atob('a')", "atob('a-b_')"] {
        assert_eq!(failure(wrong).rule, "actions.failed", "{wrong}");
    }
}

#[test]
fn sp_142_another_host_is_not_called_and_the_error_names_the_setting() {
    let http = answering("");
    for url in [
        "https://evil.example/",
        "https://api.example.com.evil.example/",
        "https://api.example.com:444/",
        "https://169.254.169.254/latest",
        "https://api.example.com@evil.example/",
        "file:///etc/passwd",
        "/relative",
    ] {
        let error = refused(run_with(&http, &format!("await fetch('{url}')"))).describe();
        assert!(error.contains("actions_allowed_hosts") || error.contains("absolute URL"), "{url}: {error}");
    }
    let none = refused(run_all(vec![action("await fetch('https://api.example.com/')")], &login()));
    assert!(none.describe().contains("actions_allowed_hosts"));
    assert!(http.asked.lock().unwrap().is_empty());
}

#[test]
fn sp_143_why_a_call_failed_is_not_told() {
    let http = Arc::new(FakeHttp::default());
    let error = refused(run_with(&http, "await fetch('https://api.example.com/')"));
    assert_eq!(error.describe(), "fetch failed");
    let caught = run_with(
        &http,
        "await fetch('https://api.example.com/').catch(() => api.idToken.setCustomClaim('x', 1))",
    );
    assert_eq!(caught.unwrap().id_token_claims["x"], 1);
}

#[test]
fn a_header_of_the_connection_is_not_the_scripts() {
    let http = answering("");
    for headers in [
        "{ Host: 'evil.example' }",
        "{ 'x\\r\\ny': 'z' }",
        "{ x: 'a\\r\\nHost: b' }",
        "[['transfer-encoding', 'chunked']]",
    ] {
        let error = refused(run_with(
            &http,
            &format!("await fetch('https://api.example.com/', {{ headers: {headers} }})"),
        ));
        assert_eq!(error.describe(), "fetch: a header field may not be sent", "{headers}");
    }
    assert!(http.asked.lock().unwrap().is_empty());
}

#[test]
fn a_call_takes_no_longer_than_the_run_may() {
    struct Never;
    impl HttpFetch for Never {
        fn fetch<'a>(&'a self, _: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
            Box::pin(std::future::pending())
        }
    }
    let options = ActionsOptions {
        timeout: Duration::from_millis(200),
        allowed_hosts: vec!["api.example.com".to_owned()],
        ..options()
    };
    let engine = Actions::new(parts(Arc::new(Never)), options);
    let body = "try { await fetch('https://api.example.com/') } catch {}";
    let outcome = block_on(engine.run_scripts(vec![action(body)], &login()));
    assert_eq!(refused(outcome).rule, "actions.timed_out");
}
