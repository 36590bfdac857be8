use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::http::Request;
use crate::process::Process;

/// A request in flight: its head and the beginning of its body.
struct InFlight {
    stream: TcpStream,
    rest: String,
}

impl InFlight {
    /// Begins a request that would get a token.
    fn begin(server: &Process) -> Self {
        let base = server.text("http");
        let host = base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host.replace("localhost", "127.0.0.1")).unwrap();
        let machine = server.application("non_interactive");
        let body = serde_urlencoded::to_string([
            ("grant_type", "client_credentials"),
            ("client_id", machine["client_id"].as_str().unwrap()),
            ("client_secret", machine["client_secret"].as_str().unwrap()),
            ("audience", server.ready["apis"][0]["identifier"].as_str().unwrap()),
        ])
        .unwrap();
        let (early, rest) = body.split_at(20);
        let head = format!(
            "POST /oauth/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nExpect: 100-continue\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // The server asks for the body: it has begun with the request.
        let mut asked = [0; 25];
        stream.read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(early.as_bytes()).unwrap();
        Self { stream, rest: rest.to_owned() }
    }

    /// Sends the rest and reads the answer.
    fn finish(mut self) -> String {
        self.stream.write_all(self.rest.as_bytes()).unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn rp_25_sigterm_and_ctrl_c_drain() {
    for name in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Process::dev(folder.path(), &[]);
        server.signal(name);
        assert_eq!(server.wait(), Some(0));
    }
}

#[test]
fn rp_25_sigterm_lets_a_request_in_flight_finish() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::dev(folder.path(), &[]);
    let request = InFlight::begin(&server);
    server.signal("TERM");
    let (client, ready) = (server.client(), Request::get(format!("{}/readyz", server.text("http"))));
    // The drain has begun when nobody is let in any more.
    while client.try_send(&ready).is_ok() {}
    let answer = request.finish();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"access_token\""), "{answer}");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn rp_25_a_hung_client_is_cut_when_the_drain_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::dev(folder.path(), &["--drain-seconds", "1"]);
    let _stream = InFlight::begin(&server);
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn rp_25_a_second_signal_does_not_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::dev(folder.path(), &["--drain-notice-seconds", "600"]);
    let _stream = InFlight::begin(&server);
    server.signal("TERM");
    // Signals of one kind may be taken together, so the second is of the other.
    server.signal("INT");
    assert_eq!(server.wait(), Some(3));
}
