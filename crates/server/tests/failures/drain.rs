use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use countersign_server::ServeOptions;

use crate::support::{Backend, Harness, MACHINE_ID, MACHINE_SECRET, Request, Tenant};

#[test]
fn rp_25_a_drain_says_not_ready_while_it_still_accepts_and_then_closes() {
    let options = ServeOptions { drain_notice: Duration::from_secs(2), ..ServeOptions::default() };
    let mut server = Harness::start_with(Backend::first(), Tenant::default(), options);
    server.get("/readyz").expect(200);
    let (client, ready) = (server.client(), Request::get(server.url("/readyz")));
    let asks = std::thread::spawn(move || {
        // Asked as fast as it answers: first yes, then no, then nobody is there.
        let mut seen = Vec::new();
        while let Ok(response) = client.try_send(&ready) {
            if seen.last() != Some(&response.status) {
                seen.push(response.status);
            }
        }
        seen
    });
    server.stop();
    assert_eq!(asks.join().unwrap().last(), Some(&503));
}

#[test]
fn rp_25_a_request_in_flight_is_answered_after_the_drain_began() {
    let mut server = Harness::new();
    let address = server.http.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).unwrap();
    let body = format!(
        "grant_type=client_credentials&client_id={MACHINE_ID}&client_secret={MACHINE_SECRET}&audience={}",
        "https%3A%2F%2Fapi.example.com%2F"
    );
    let (early, late) = body.split_at(20);
    let host = server.http.trim_start_matches("http://");
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{early}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let ready = Request::get(server.url("/readyz"));
    let client = server.client();
    // A whole request on another connection: by then the first one's head was read, too.
    assert_eq!(client.send(&ready).status, 200);
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| server.stop());
        // The drain has begun when nobody is let in any more.
        while client.try_send(&ready).is_ok() {}
        stream.write_all(late.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("\"access_token\""), "{answer}");
        stopping.join().unwrap();
    });
}
