use std::io::Write as _;
use std::net::TcpStream;

use crate::process::Process;

/// Opens a connection and sends the beginning of a request: in flight from then on.
fn hang(server: &Process) -> TcpStream {
    let base = server.text("http");
    let address = base.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=";
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

#[test]
fn rp_025_sigterm_and_ctrl_c_drain() {
    for name in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Process::dev(folder.path(), &[]);
        server.signal(name);
        assert_eq!(server.wait(), Some(0));
    }
}

#[test]
fn rp_025_a_hung_client_is_cut_when_the_drain_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::dev(folder.path(), &["--drain-seconds", "1"]);
    let _stream = hang(&server);
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn rp_025_a_second_signal_does_not_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Process::dev(folder.path(), &["--drain-notice-seconds", "600"]);
    let _stream = hang(&server);
    server.signal("TERM");
    // Signals of one kind may be taken together, so the second is of the other.
    server.signal("INT");
    assert_eq!(server.wait(), Some(3));
}
