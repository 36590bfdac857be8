//! Secrets sent to every endpoint, and a subscriber that hears every line (SP-186, SP-187).

use std::io::Write;
use std::sync::{Arc, Mutex};

use countersign_testkit::{EMAIL, PASSWORD, block_on};

use crate::kit::{asking, redeeming, refreshing};
use crate::support::{Backend, Form, Harness, Request, Tenant, WEB_ID, WEB_SECRET, authorize_url};

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn sp_186_sp_187_no_line_at_any_level_holds_a_secret_or_breaks() {
    let heard = Heard::default();
    let writer = heard.clone();
    // The one subscriber of this process. Lines of crates that are not ours are cut off below `warn` by the
    // server itself; ours are held to it at every level.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("countersign=trace")
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut secrets: Vec<String> = Vec::new();
    for backend in Backend::chosen() {
        secrets.extend(sent_and_got(&Harness::start(backend, Tenant::default())));
    }
    let text = String::from_utf8_lossy(&heard.0.lock().unwrap()).into_owned();
    assert!(text.contains("request_id"), "nothing was heard");
    for secret in &secrets {
        let found = text.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(found, None, "{secret} is in a line");
    }
    assert!(!text.lines().any(|line| line.starts_with("FORGED")), "a line was forged");
}

/// Sends canaries through every field, and answers them with all that the server gave out.
fn sent_and_got(server: &Harness) -> Vec<String> {
    let canary = |name: &str| format!("canary-{name}-\nFORGED INFO countersign: line\x1b[31m");
    let mut secrets = vec![PASSWORD.to_owned(), WEB_SECRET.to_owned(), "canary-".to_owned()];
    let mut browser = server.browser();
    let state = canary("state");
    let url = authorize_url(&server.https, &asking(WEB_ID, &[("state", &state), ("login_hint", &state)]));
    let form = Form::find(&browser.get(&url).body).unwrap();
    secrets.push(form.hidden["transaction"].clone());
    let wrong = canary("password");
    let page = browser.submit(&url, &form, &[("username", EMAIL), ("password", &wrong)], "default");
    let form = Form::find(&page.body).unwrap();
    let callback = browser.submit(&url, &form, &[("username", EMAIL), ("password", PASSWORD)], "default");
    let callback = crate::support::Callback::parse(callback.expect(303).header("location").unwrap());
    secrets.push(callback.code().to_owned());
    secrets.extend(browser.cookies.values().map(|(value, _)| value.clone()));
    let tokens = server.token(&redeeming(WEB_ID, callback.code(), &[])).expect(200);
    secrets.extend(["access_token", "id_token", "refresh_token"].map(|name| tokens.text(name)));
    server.userinfo_of(&tokens.text("access_token")).expect(200);
    server.get(&format!("/userinfo?access_token={}", tokens.text("access_token")));
    server.token(&refreshing(WEB_ID, &tokens.text("refresh_token"), &[])).expect(200);
    server.token(&redeeming(WEB_ID, callback.code(), &[])).expect(403);
    for name in ["code", "client_secret", "code_verifier", "refresh_token", "client_assertion", "scope"] {
        server.token(&redeeming(WEB_ID, "x", &[(name, &canary(name))]));
        server.token(&refreshing(WEB_ID, "x", &[(name, &canary(name))]));
        server
            .post("/oauth/revoke", &[("client_id", WEB_ID), ("token", &canary(name)), (name, &canary(name))]);
    }
    for header in ["authorization", "dpop", "cookie", "user-agent", "origin", "x-forwarded-for"] {
        let request = Request::post_form(server.url("/oauth/token"), &refreshing(WEB_ID, "x", &[]));
        server.send(&request.header(header, "canary-header FORGED"));
    }
    // The log in the store holds them neither.
    let rows = format!("{:?}", block_on(server.storage.log_events(1000)).unwrap());
    for secret in &secrets {
        assert!(!rows.contains(secret.as_str()), "{secret} is in the log rows: {rows}");
    }
    secrets
}
