//! The tenant's own code against the server that runs it (SP-184, SP-142).

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use countersign_actions::ActionsOptions;
use countersign_testkit::AUDIENCE;
use serde_json::json;

use crate::support::{Backend, Harness, Request, Response, Tenant, WEB, WEB_ID, WEB_SECRET};

const SCOPE: &str = "openid offline_access read:things";

fn server(backend: Backend, actions: ActionsOptions) -> Harness {
    Harness::start(backend, Tenant { actions, ..Tenant::default() })
}

/// An exchange of a refresh token by a client of this name.
fn refresh_as(server: &Harness, agent: &str, token: &str) -> Response {
    let pairs = [
        ("grant_type", "refresh_token"),
        ("client_id", WEB_ID),
        ("client_secret", WEB_SECRET),
        ("refresh_token", token),
    ];
    server.send(&Request::post_form(server.url("/oauth/token"), &pairs).header("user-agent", agent))
}

#[test]
fn ext_159_sp_184_an_endless_loop_ends_in_time_and_costs_nobody_else_anything() {
    let actions = ActionsOptions { threads: 2, timeout: Duration::from_secs(6), ..ActionsOptions::default() };
    for backend in Backend::chosen() {
        let server = server(backend, actions.clone());
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.bind_action("loop", "if (event.request.user_agent === 'loop') for (;;) {}");
        std::thread::scope(|scope| {
            let looping = scope.spawn(|| refresh_as(&server, "loop", &token));
            let others: Vec<_> =
                (0..16).map(|_| scope.spawn(|| refresh_as(&server, "other", &token))).collect();
            for other in others {
                other.join().unwrap().expect(200);
            }
            let text = "The code that runs at a login took too long";
            looping.join().unwrap().expect_error(403, "access_denied", text);
        });
        refresh_as(&server, "loop again", &token).expect(200);
    }
}

#[test]
fn sp_184_whatever_a_script_does_to_itself_is_an_error_and_writes_nothing() {
    for backend in Backend::chosen() {
        let server = server(backend, ActionsOptions::default());
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        let bad = [
            ("const all = []; for (;;) all.push({});", "The code that runs at a login took too much memory"),
            ("const f = () => f() + 1; f();", "The code that runs at a login calls itself too deep"),
            ("throw new Error('thrown');", "thrown"),
            ("await Promise.reject(new Error('rejected'));", "rejected"),
            ("await new Promise(() => {});", "The code that runs at a login waits for what never comes"),
            ("api.multifactor.enable('any');", "api.multifactor.enable is not supported"),
            ("throw new Error(event.secrets.KEY);", "The text is not shown, because it holds a secret"),
            ("}", "The code that runs at a login cannot be compiled"),
        ];
        for (number, (body, text)) in bad.into_iter().enumerate() {
            let body = format!("api.user.setAppMetadata('touched', 1); {body}");
            server.change_settings(|settings| settings.triggers.clear());
            server.bind_action(&format!("bad{number}"), &body);
            let answer = server.in_vain(|| server.refresh(WEB, &token).expect(403));
            let expected = json!({ "error": "access_denied", "error_description": text });
            assert_eq!(answer.json(), expected, "{body}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        server.change_settings(|settings| settings.triggers.clear());
        server.refresh(WEB, &token).expect(200);
    }
}

#[test]
fn sp_184_a_full_queue_is_503_with_retry_after() {
    let actions =
        ActionsOptions { threads: 1, queue: 0, timeout: Duration::from_secs(3), ..ActionsOptions::default() };
    for backend in Backend::chosen() {
        // Each process has a thread of its own.
        let threads = if matches!(backend, Backend::PostgresPair) { 2 } else { 1 };
        let server = server(backend, actions.clone());
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.bind_action("loop", "for (;;) {}");
        let answers: Vec<Response> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| refresh_as(&server, "any", &token))).collect();
            asked.into_iter().map(|asked| asked.join().unwrap()).collect()
        });
        let (busy, timed_out): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 503);
        assert_eq!((busy.len(), timed_out.len()), (4 - threads, threads), "{answers:?}");
        assert!(busy.iter().all(|answer| answer.header("retry-after").is_some()));
    }
}

/// Answers every request with a plan, until the test ends.
fn plans() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let body = "{\"plan\":\"gold\"}";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
        }
    });
    port
}

#[test]
fn sp_142_a_script_calls_a_listed_host_and_no_other() {
    let (listed, other) = (plans(), plans());
    let allowed_hosts = vec![format!("localhost:{listed}")];
    let actions = ActionsOptions { allowed_hosts, ..ActionsOptions::default() };
    for backend in Backend::chosen() {
        let server = server(backend, actions.clone());
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.bind_action(
            "fetch",
            &format!(
                "const answer = await fetch('http://localhost:{listed}/plans');
                 api.accessToken.setCustomClaim('plan', (await answer.json()).plan);
                 const refused = await fetch('http://localhost:{other}/plans').catch((error) => error.message);
                 api.accessToken.setCustomClaim('refused', refused);"
            ),
        );
        let claims = server.refresh(WEB, &token).expect(200).claims("access_token");
        assert_eq!(claims["plan"], "gold");
        let refused = format!("fetch: localhost:{other} is not among the hosts of actions_allowed_hosts");
        assert_eq!(claims["refused"], refused);
    }
}
